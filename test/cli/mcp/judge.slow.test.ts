// The tool judge on a real tree: Debian's linux-source-6.1, which tools/linux-tree.sh unpacks.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { build, root, scratch } from '../fwspec.ts';
import { clang } from '../linux/fake.ts';
import { clientOf } from './client.ts';

const tree = join(root, '.cache/linux-tree/6.1');
const file = 'drivers/iommu/of_iommu.c';
const isThere = clang !== '' && existsSync(join(tree, file));

test(isThere ? 'the tree is there' : 'NOT RUN: tools/linux-tree.sh has not run', () => {
  expect(existsSync(join(tree, 'drivers/iommu/iommu.c'))).toBe(isThere);
});

describe.skipIf(!isThere)('judge', async () => {
  build();
  const folder = scratch();
  const { ask } = await clientOf({ folders: [folder], linux: tree, maxSeconds: 500 });
  const scenario = ['cover-letter'];
  const time = { timeout: 550_000 };

  /** A patch that puts another line for the first that is so, or none. */
  function patch(line: RegExp, instead: readonly string[]): string {
    const lines = readFileSync(join(tree, file), 'utf8').split('\n');
    const at = lines.findIndex((text) => line.test(text));
    const count = 3 + instead.length - 1;
    const context = [lines[at - 1], lines[at + 1]].map((text) => ` ${text}`);
    const added = instead.map((text) => `+${text}`);
    const hunk = [context[0], `-${lines[at]}`, ...added, context[1], ''];
    return [`--- a/${file}`, `+++ b/${file}`, `@@ -${at},3 +${at},${count} @@`, ...hunk].join('\n');
  }

  test('what a patch brings has a token, and replay of it gives the same witness', async () => {
    const patches = [patch(/mutex_lock\(&iommu_probe_device_lock\)/, ['\tif (0) return NULL;'])];
    const more = { scenario, max_seconds: 500 };
    const { document, text, isError } = await ask('judge', { patches, ...more }, time);
    expect(isError, text).toBe(false);
    const [bug] = document.steps[0].scenarios[0].brings.causes[0].bugs;
    const again = await ask('replay', { token: bug.token, patches }, time);
    expect(again.document.bug.steps).toEqual(bug.steps);
    expect(again.document.bug.message).toBe(bug.message);
  });

  test('the C of the tree is explored, and replay of what was found gives the same', async () => {
    const question = { scenario: 'cover-letter', linux: true, max_seconds: 500 };
    const { document, text, isError } = await ask('explore', question, time);
    expect(isError, text).toBe(false);
    expect(document.linux.release).toMatch(/^6\.1\./);
    const [bug] = document.bugs;
    const again = await ask('replay', { token: bug.token, max_seconds: 500 }, time);
    expect(again.document.bug.steps).toEqual(bug.steps);
  });

  test.each([
    [
      'a file of this machine',
      ['#include "/etc/passwd"'],
      /is not compiled here: it has "#include/,
    ],
    ['what does not compile', ['\tno_such_thing;'], /cannot compile drivers\/iommu\/of_iommu\.c/],
  ])('a patch with %s is refused in a line', async (_what, lines, why) => {
    const text = patch(/mutex_lock\(&iommu_probe_device_lock\)/, lines);
    writeFileSync(join(folder, 'a.patch'), text);
    for (const given of [{ patches: [text] }, { patch_files: ['a.patch'] }]) {
      const answer = await ask('judge', { ...given, scenario, max_seconds: 500 }, time);
      expect(answer.text).toMatch(why);
      expect(answer.text).not.toContain('root:');
    }
  });
});
