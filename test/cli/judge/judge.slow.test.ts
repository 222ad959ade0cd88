// fwspec judge on a real tree: Debian's linux-source-6.1, which tools/linux-tree.sh unpacks. The patches are
// made here, of lines that every kernel of that series has; nothing of Linux is in this repository.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { wrongIn } from '../child/documents.ts';
import { fwspec, type Result, root, scratch } from '../fwspec.ts';
import { clang } from '../linux/fake.ts';

const tree = join(root, '.cache/linux-tree/6.1');
const isThere = clang !== '' && existsSync(join(tree, 'Makefile'));

test(isThere ? 'the tree is there' : 'NOT RUN: tools/linux-tree.sh has not run', () => {
  expect(existsSync(join(tree, 'drivers/iommu/iommu.c'))).toBe(isThere);
});

describe.skipIf(!isThere)('judge', () => {
  const env = { XDG_CACHE_HOME: scratch() };
  const judge = (...args: readonly string[]): Promise<Result> =>
    fwspec(['judge', ...args, '--linux', tree, '--llvm', '14'], { env });
  const scenario = ['--scenario', 'cover-letter'];
  const file = 'drivers/iommu/of_iommu.c';

  /** A patch that changes the file so. */
  function patch(
    name: string,
    from: (text: string) => string,
    to: (text: string) => string,
  ): string {
    const folder = scratch();
    for (const [side, change] of [
      ['a', from],
      ['b', to],
    ] as const) {
      mkdirSync(join(folder, side, 'drivers/iommu'), { recursive: true });
      writeFileSync(join(folder, side, file), change(readFileSync(join(tree, file), 'utf8')));
    }
    const path = join(folder, `${name}.patch`);
    const args = ['diff', '--no-index', '--no-prefix', '--output', path, 'a', 'b'];
    // A difference is its exit code 1.
    expect(() => execFileSync('git', args, { cwd: folder })).toThrow();
    return path;
  }

  const same = (text: string): string => text;
  const withoutLock = (text: string): string =>
    text.replaceAll(/\n.*mutex_(?:un)?lock\(&iommu_probe_device_lock\);/g, '');
  // Nobody makes them where there is no tree.
  const takesOut = (): string => patch('takes-out', same, withoutLock);
  const putsBack = (): string => patch('puts-back', withoutLock, same);

  test('a patch that takes the probe lock out brings the crash of the cover letter', async () => {
    const { code, stdout, stderr } = await judge(takesOut(), ...scenario, '--json');
    expect(stderr).toBe('');
    const document = JSON.parse(stdout);
    expect(wrongIn('judge', document)).toEqual([]);
    expect(document).toMatchObject({ verdict: 'brings', complete: true });
    const [step] = document.steps;
    expect(step.not_judged).toEqual([]);
    const [one] = step.scenarios;
    expect(one.removes).toEqual({ causes: [], data_races: [] });
    const [first] = one.brings.causes;
    const [bug] = first.bugs;
    expect(bug).toMatchObject({
      kind: 'null-deref',
      function: 'iommu_fwspec_init',
      object: 'dev->iommu',
      preemptions: 1,
    });
    expect(bug.steps.at(-1).place).toMatch(/^include\/linux\/iommu\.h:\d+$/);
    expect(one.functions).toContainEqual({ name: 'of_iommu_configure', run: true });
    expect(code).toBe(1);
  });

  test('what it shows runs again, with the patch on the tree and not without', async () => {
    const path = takesOut();
    const { stdout } = await judge(path, ...scenario);
    const [, token = ''] =
      /^replay: fwspec replay (\S+) --linux \S+ --patched \S+$/m.exec(stdout) ?? [];
    const again = (...args: readonly string[]) =>
      fwspec(['replay', token, '--linux', tree, ...args], { env });
    const { code, stdout: witness } = await again('--patched', path);
    expect(code).toBe(1);
    expect(stdout).toContain(witness.slice(witness.indexOf('BUG'), witness.indexOf('why:')));
    expect(await again()).toMatchObject({ code: 2, stdout: '' });
    // The tree without what it has of this one is the same code.
    expect(await again('--patched', putsBack())).toMatchObject({ code: 1 });
  });

  test('one that looks around in the devicetree finds what a kernel finds there', async () => {
    const holds = [
      'of_get_parent(dev->of_node) == of_find_node_by_path("/")',
      'of_find_node_by_path("/nothing") == NULL',
      'of_device_is_compatible(dev->of_node, "FWSPEC,client")',
      '!of_device_is_compatible(dev->of_node, "nobody,none")',
      '!of_machine_is_compatible("fwspec,client")',
    ];
    const checks = holds.map((what) => `\n\tif (!(${what}))\n\t\tBUG();`).join('');
    const looks = patch('looks', same, (text) =>
      text.replace(/\n.*mutex_lock\(&iommu_probe_device_lock\);/, `$&${checks}\n\tmsleep(1);`),
    );
    const { code, stdout } = await judge(looks, ...scenario, '--json');
    const { verdict, complete, steps } = JSON.parse(stdout);
    expect(steps[0].scenarios[0].functions).toContainEqual({
      name: 'of_iommu_configure',
      run: true,
    });
    expect({ verdict, complete, code }).toEqual({ verdict: 'nothing', complete: true, code: 0 });
  });

  test('one that the tree has is taken back, and removes it', async () => {
    const { code, stdout } = await judge(putsBack(), ...scenario);
    expect(stdout).toContain('The tree has them already: before is without them.');
    expect(stdout).toMatch(/^REMOVES {4}\d+ causes/m);
    expect(stdout).not.toMatch(/^(?:BRINGS|PERHAPS)/m);
    expect(stdout).toContain('What it removes:');
    expect(code).toBe(0);
  });

  test('patch by patch, the one that brings and the one that removes', async () => {
    const { code, stdout } = await judge(takesOut(), putsBack(), ...scenario, '--each');
    expect(stdout).toMatch(/^BRINGS {11}takes-out\.patch$/m);
    expect(stdout).toMatch(/^REMOVES {10}puts-back\.patch$/m);
    expect(code).toBe(1);
    const both = await judge(takesOut(), putsBack(), ...scenario);
    expect(both.stdout).toMatch(/^NOTHING {4}changes: it compiles to the same code$/m);
    expect(both.code).toBe(0);
  });

  test('a call of what the environment has not is named, with who calls it', async () => {
    const calling = patch('calls', same, (text) =>
      text.replace(
        'mutex_lock(&iommu_probe_device_lock);',
        'mutex_lock(&iommu_probe_device_lock); { extern void unheard_of(void); unheard_of(); }',
      ),
    );
    const { code, stdout } = await judge(calling, ...scenario);
    expect(stdout).toMatch(/^INCOMPLETE/m);
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /not judged cover-letter: after: .*unheard_of\(\)/,
    );
    expect(stdout).toContain('of_iommu_configure');
    expect(code).toBe(3);
  });

  test('the answer has lines of 72 columns', async () => {
    const { stdout } = await judge(takesOut(), ...scenario, '--format', 'mail');
    const lines = stdout.split('\n');
    expect(lines[0]).toBe('Subject: Re: takes-out.patch');
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(72);
    expect(stdout).toContain('CPU1  iommu_device_register()');
  });
});
