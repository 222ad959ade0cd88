// fwspec judge as people call it, on a tree that nothing has to be compiled of.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scenariosBehind } from '../../../src/cli/judge/scenarios.ts';
import { fwspec, type RunOptions, scratch } from '../fwspec.ts';
import { change, counter, listing, mail, treeOf } from '../judge/series.ts';
import { wrongIn } from './documents.ts';

const tree = treeOf({
  Makefile: 'VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 9\nEXTRAVERSION =\n',
  'lib/count.c': counter,
  'drivers/iommu/iommu.c': counter,
  'drivers/iommu/of_iommu.c': counter,
  'drivers/iommu/virtio-iommu.c': counter,
});

function file(text: string): string {
  const path = join(scratch(), 'a.mbox');
  writeFileSync(path, text);
  return path;
}

const hostile = '\u001b]0;owned\u0007 \u202egnp';
const headers = ['Message-ID: <one@example.org>', `Cc: ${hostile} <cc@example.org>`];
const diff = change('count++;', 'count--;');
const patch = mail({ subject: `[PATCH] count: ${hostile} down`, diff, headers });

/** Run it with a folder for temporary files of its own, which is to be empty afterwards. */
async function judge(args: readonly string[], options: RunOptions = {}) {
  const TMPDIR = scratch();
  const before = listing(tree);
  const env = { TMPDIR, XDG_CACHE_HOME: join(TMPDIR, 'cache'), ...options.env };
  const result = await fwspec(['judge', ...args], { ...options, env });
  expect(readdirSync(TMPDIR).filter((name) => name.startsWith('fwspec-judge'))).toEqual([]);
  expect(listing(tree)).toEqual(before);
  return result;
}

/** The command that the last lines ask for. */
const last = (stdout: string): string =>
  stdout.slice(stdout.indexOf('\nnext ')).replaceAll(/(?:\s|\\\n)+/g, ' ');

describe.concurrent('a patch that no scenario runs', () => {
  test('is not judged, and says so: exit code 3', async () => {
    const { code, stdout, stderr } = await judge([file(patch), '--linux', tree]);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^1 patch, 1 file {3}Linux 6\.1\.9\n/);
    expect(stdout).toMatch(/^NOT JUDGED no scenario runs what it changes$/m);
    expect(stdout).toMatch(/^not judged lib\/count\.c: no scenario links it$/m);
    expect(stdout).not.toMatch(/(?!\n)\p{Cc}|\u202e/u);
    expect(code).toBe(3);
  });

  test('by one scenario is perhaps judged by the others, which the last line asks', async () => {
    const args = [file(patch), '--linux', tree];
    const one = await judge([...args, '--scenario', 'hotplug']);
    expect(last(one.stdout)).toBe(` next fwspec judge ${args.join(' ')} `);
    expect(last((await judge(args)).stdout)).toBe(' next fwspec list scenarios ');
  });

  test('is perhaps of a driver whose C can be run, and then judged behind that', async () => {
    const of = file(change('count++;', 'count--;', 'drivers/iommu/virtio-iommu.c'));
    const { stdout, code } = await judge([of, '--linux', tree, '--scenario', 'hotplug']);
    expect(stdout).toMatch(/^not judged drivers\/iommu\/virtio-iommu\.c: no scenario links it$/m);
    expect(last(stdout)).toBe(` next fwspec judge ${of} --linux ${tree} --driver virtio-iommu `);
    expect(code).toBe(3);
    expect(scenariosBehind(null).flatMap(({ files }) => files)).not.toContain(
      'drivers/iommu/virtio-iommu.c',
    );
    const behind = scenariosBehind('virtio-iommu');
    expect(behind.map(({ name }) => name)).not.toContain('bind-iort');
    for (const { name, files } of behind)
      expect(files, name).toContain('drivers/iommu/virtio-iommu.c');
  });

  test('comes on standard input, as a document', async () => {
    const input = Buffer.from(patch);
    const { code, stdout } = await judge(['-', '--linux', tree, '--json'], { input });
    const document = JSON.parse(stdout);
    expect(wrongIn('judge', document)).toEqual([]);
    expect(document).toMatchObject({
      verdict: 'not-judged',
      complete: false,
      patches: [{ author: 'A Writer', message_id: '<one@example.org>', files: ['lib/count.c'] }],
    });
    const { required } = { required: Object.keys(document) };
    for (const key of required) {
      const { [key]: _, ...rest } = document;
      expect(wrongIn('judge', rest), key).not.toEqual([]);
    }
    expect(code).toBe(3);
  });

  test('is answered in a mail, with no header that it makes up', async () => {
    const { stdout } = await judge([file(patch), '--linux', tree, '--format', 'mail']);
    const [head = '', ...body] = stdout.split('\n\n');
    expect(head.split('\n').map((line) => line.replace(/:.*/, ''))).toEqual([
      'To',
      'Cc',
      'Subject',
      'In-Reply-To',
      'References',
      'MIME-Version',
      'Content-Type',
      'Content-Transfer-Encoding',
    ]);
    expect(stdout).not.toMatch(/(?!\n)\p{Cc}/u);
    expect(body.join('\n\n')).toContain('- lib/count.c: no scenario links it');
  });
});

describe.concurrent('is refused in one line', () => {
  const elsewhere = scratch();
  mkdirSync(join(elsewhere, 'empty'));
  test.each<[what: string, args: string[], says: RegExp, env?: Record<string, string>]>([
    ['no tree', [file(patch)], /judge needs --linux TREE/],
    ['no patches', ['--linux', tree], /judge needs a patch/],
    ['a patch that is not there', ['none.mbox', '--linux', tree], /none\.mbox: it does not exist/],
    ['a tree that is not there', [file(patch), '--linux', 'none'], /none/],
    ['a tree that is none', [file(patch), '--linux', elsewhere], /is no kernel tree/],
    ['an empty folder', [join(elsewhere, 'empty'), '--linux', tree], /holds no patch/],
    ['nothing on standard input', ['-', '--linux', tree], /- holds no patch/],
    [
      'a patch that does not apply',
      [file(mail({ subject: '[PATCH] x', diff: change('count--;', 'x;') })), '--linux', tree],
      /"\[PATCH\] x" does not apply: lib\/count\.c, line 3 \(the tree has to be what it was made for\)/,
    ],
    [
      'a patch out of the tree',
      [file(diff.replaceAll('lib/count.c', '../../etc/passwd')), '--linux', tree],
      /does not apply/,
    ],
    [
      'a scenario that is none of C',
      [file(patch), '--linux', tree, '--scenario', 'bind-iortt'],
      /no scenario "bind-iortt" runs C of Linux/,
    ],
    [
      'a driver whose C is not run',
      [file(patch), '--linux', tree, '--driver', 'msm_iommu'],
      /does not run behind msm_iommu with --linux/,
    ],
    [
      'a driver that the scenario does not have',
      [file(patch), '--linux', tree, '--driver', 'virtio-iommu', '--scenario', 'bind-iort'],
      /bind-iort does not run behind virtio-iommu/,
    ],
    ['a format that is none', [file(patch), '--linux', tree, '--format', 'html'], /text, mail/],
    ['the document as a format', [file(patch), '--linux', tree, '--format', 'json'], /--json/],
    ['no git', [file(patch), '--linux', tree], /git is not installed/, { PATH: elsewhere }],
    ['commits of no repository', ['A..B', '--linux', tree], /cannot read the commits A\.\.B/],
    [
      'an architecture that is not read',
      [file(patch), '--linux', tree, '--arch', 'mips'],
      /--arch takes/,
    ],
  ])('%s', async (_what, args, says, env = {}) => {
    const { code, stdout, stderr } = await judge(args, { env });
    expect(stderr).toMatch(/^fwspec: [^\n]+\n$/);
    expect(stderr).toMatch(says);
    expect(stderr).not.toMatch(/internal error| at .*\.(?:js|ts):/);
    expect([stdout, code]).toEqual(['', 2]);
  });
});
