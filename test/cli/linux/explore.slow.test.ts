// explore --linux on a real tree: Debian's linux-source-6.1, which tools/linux-tree.sh unpacks.
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { wrongIn } from '../child/documents.ts';
import { fwspec, type Result, root, scratch } from '../fwspec.ts';
import { clang, fakeTools } from './fake.ts';

const tree = join(root, '.cache/linux-tree/6.1');
const isThere = clang !== '' && existsSync(join(tree, 'Makefile'));

/** A digest of all that is in a folder. */
function contents(folder: string): string {
  const script =
    'cd "$0/." && find . -printf "%p %m %T@\\n" -type f -print0 | sort -z | md5sum; find . -type f -print0 | sort -z | xargs -0 md5sum | md5sum';
  const { stdout, status } = spawnSync('sh', ['-c', script, folder], { encoding: 'utf8' });
  expect(status).toBe(0);
  return stdout;
}

test(isThere ? 'the tree is there' : 'NOT RUN: tools/linux-tree.sh has not run', () => {
  expect(existsSync(join(tree, 'drivers/iommu/iommu.c'))).toBe(isThere);
});

describe.skipIf(!isThere)('explore --linux', () => {
  const cache = scratch();
  // The compiler with a log, everything else as it is installed.
  const tools = fakeTools(14, ['ld.lld', 'llvm-objcopy', 'llvm-nm', 'llvm-ar', 'opt']);
  const env = { XDG_CACHE_HOME: cache, PATH: `${tools.folder}:${process.env.PATH}` };
  const explore = (of: string, ...more: readonly string[]): Promise<Result> =>
    fwspec(['explore', 'cover-letter', '--linux', of, '--llvm', '14', ...more], { env });

  test('finds the race of the cover letter in 6.1, with lines of the tree, and writes nothing to it', async () => {
    const before = contents(tree);
    const { code, stdout } = await explore(tree, '--json');
    expect(code).toBe(1);
    const document = JSON.parse(stdout);
    expect(wrongIn('explore', document)).toEqual([]);
    expect(document.kernel).toMatch(/^Linux 6\.1\.\d+ \(arm64, clang 14, source\)$/);
    expect(document.linux).toMatchObject({ arch: 'arm64', compiler: 'clang 14', level: 'source' });
    expect(document.linux.files).toContain('drivers/iommu/of_iommu.c');
    const [bug] = document.bugs;
    expect(bug).toMatchObject({ kind: 'property', preemptions: 1 });
    const places = bug.steps.map((step: { place?: string }) => step.place ?? '');
    expect(
      places.filter((place: string) => /^drivers\/iommu\/iommu\.c:\d+$/.test(place)).length,
    ).toBeGreaterThan(5);
    expect(places.filter((place: string) => place.startsWith('/'))).toEqual([]);
    expect(contents(tree)).toBe(before);

    const again = await fwspec(['replay', bug.token, '--linux', tree, '--json'], { env });
    expect(again.code).toBe(1);
    const replayed = JSON.parse(again.stdout);
    expect(wrongIn('replay', replayed)).toEqual([]);
    expect(replayed.bug.id).toBe(bug.id);
  }, 600_000);

  test('finds the same on x86, as it is configured by default, and replays it there', async () => {
    const [arm, x86] = [
      await explore(tree, '--json'),
      await explore(tree, '--json', '--arch', 'x86_64'),
    ];
    const found = ({ stdout }: Result) => {
      const { executions, bugs } = JSON.parse(stdout);
      const rows = bugs.map((bug: Record<string, unknown>) => [
        bug.kind,
        bug.function,
        bug.preemptions,
      ]);
      return { executions, rows };
    };
    expect(x86.code).toBe(1);
    const document = JSON.parse(x86.stdout);
    expect(document.kernel).toMatch(/^Linux 6\.1\.\d+ \(x86, clang 14, source\)$/);
    expect(found(x86)).toEqual(found(arm));
    const [{ token, id }] = document.bugs;
    expect(token).toContain('/x86/');
    const again = await fwspec(['replay', token, '--linux', tree, '--json'], { env });
    expect([again.code, JSON.parse(again.stdout).bug.id]).toEqual([1, id]);
  }, 600_000);

  test('needs no compiler the second time, and says in full what is not looked at', async () => {
    await explore(tree);
    const before = tools.calls().length;
    const { stdout } = await explore(tree, '--full');
    expect(tools.calls()).toHaveLength(before);
    expect(stdout).toMatch(
      /^cover-letter {3}Linux 6\.1\.\d+ \(arm64, clang 14, source\) {3}2 tasks/,
    );
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('Not looked at: weak memory');
    expect(stdout).toContain(`--linux ${tree}`);
  }, 600_000);

  test('names a function that nobody gives, and who calls it', async () => {
    const { code, stdout, stderr } = await explore(tree, '--files', 'lib/kobject.c');
    expect(stderr).toMatch(
      /^fwspec: (\w+)\(\) is called, which no file given defines.*: kobject_\w+\(\), lib\/kobject\.c:\d+, "%call/m,
    );
    expect([code, stdout]).toEqual([2, '']);
  }, 600_000);

  test('refuses a file that would find the nodes of the devicetree empty', async () => {
    const { code, stdout, stderr } = await explore(tree, '--files', 'drivers/of/base.c');
    expect(stderr).toMatch(/^fwspec: drivers\/of\/base\.c cannot take part as C: .*\n$/);
    expect([code, stdout]).toEqual([2, '']);
  }, 600_000);

  test('takes the driver core as C where it is asked to', async () => {
    const { stdout } = await explore(tree, '--files', 'driver-core', '--json', '--full');
    const { linux, bugs, notes } = JSON.parse(stdout);
    expect(linux.files).toContain('drivers/base/dd.c');
    expect(bugs.map(({ kind }: { kind: string }) => kind)).toEqual(['property', 'data-race']);
    expect(
      bugs[0].steps.some(({ place }: { place?: string }) =>
        place?.startsWith('drivers/base/dd.c:'),
      ),
    ).toBe(true);
    expect(notes).toHaveLength(1);
  }, 600_000);

  test('shows the line of C that crashes once the probe lock is taken out, and refuses the token elsewhere', async () => {
    const unlocked = join(scratch(), 'tree');
    // Links to all that there is, never to a folder that is then written to.
    expect(spawnSync('cp', ['-rs', `${realpathSync(tree)}/.`, unlocked]).status).toBe(0);
    const file = join(unlocked, 'drivers/iommu/of_iommu.c');
    const text = readFileSync(file, 'utf8').replaceAll(
      /\n.*mutex_(un)?lock\(&iommu_probe_device_lock\);/g,
      '',
    );
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(lstatSync(join(file, '..')).isSymbolicLink()).toBe(false);
    rmSync(file);
    writeFileSync(file, text);
    const { stdout } = await explore(unlocked);
    const flat = stdout.replaceAll(/\s+/g, ' ');
    expect(flat).toContain('dev->iommu is NULL in iommu_fwspec_init()');
    expect(flat).toMatch(
      /include\/linux\/iommu\.h:\d+ .*\*\*\* NULL pointer dereference: dev->iommu->fwspec = fwspec;/,
    );
    const mail = await explore(unlocked, '--format', 'mail');
    expect(mail.stdout).toContain('dev->iommu->fwspec = fwspec;');
    for (const line of mail.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(72);
    const html = await explore(unlocked, '--format', 'html');
    expect(html.stdout).toContain('drivers/iommu/iommu.c:');
    const [, token = ''] = /fwspec replay (l1\S+)/.exec(stdout) ?? [];
    const elsewhere = await fwspec(['replay', token, '--linux', tree], { env });
    expect(elsewhere.stderr).toMatch(/is not what it was when the token was printed/);
    expect(elsewhere.code).toBe(2);
  }, 600_000);
});
