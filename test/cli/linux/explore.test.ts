// explore --linux and replay as a person runs them, where they refuse; explore.slow.test.ts has the rest.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { linuxScenarioNames } from '../../../src/cli/arguments/options/linux.ts';
import { sourceLines } from '../../../src/cli/linux/source-lines.ts';
import { furtherNotes } from '../../../src/cli/search/linux.ts';
import { abbreviate } from '../../../src/explore/index.ts';
import {
  decodeTokenLinux,
  driverCoreFiles,
  encodeTokenLinux,
  type LinuxShape,
  linuxScenarios,
} from '../../../src/linux-c/index.ts';
import { UsageError } from '../../../src/util/index.ts';
import { fwspec, scratch } from '../fwspec.ts';
import { fakeTree, put } from './fake.ts';

const tree = fakeTree();
const token = 'l1/cover-letter/arm64/14/source/-/-/0123abcd/1:kctyp+0:rmlem/umu10';
const explore = ['explore', 'cover-letter', '--linux', tree];

test.each<[what: string, args: string[], says: RegExp]>([
  ['no tree', ['explore', 'cover-letter', '--linux', 'README.md'], /README\.md is no kernel tree/],
  [
    'a scenario in the model only',
    ['explore', 'unload', '--linux', tree],
    /unload cannot be run with --linux \(.*cover-letter/,
  ],
  [
    'no scenario',
    ['explore', 'cover-leter', '--linux', tree],
    /cover-leter cannot be run .*did you mean cover-letter\?/,
  ],
  [
    'an architecture that is not known',
    [...explore, '--arch', 'riscv'],
    /--arch takes arm64, x86, not "riscv"/,
  ],
  [
    'a version that is not read',
    [...explore, '--llvm', '13'],
    /--llvm takes a number from 14 to 19, not "13"/,
  ],
  [
    'a level that is none',
    [...explore, '--level', 'o3'],
    /--level takes source, merged, o2, not "o3"/,
  ],
  [
    'a driver that is not run as C',
    [...explore, '--driver', 'msm_iommu'],
    /does not run behind msm_iommu with --linux \(it does behind arm-smmu-v3, .*, and without --driver behind one by hand\)/,
  ],
  [
    'a kernel of the model',
    [...explore, '--kernel', 'v6.1'],
    /--kernel and --linux exclude each other/,
  ],
  [
    'a group of the model',
    [...explore, '--functions', '2'],
    /several functions in one group cannot be had with --linux \(the model has it: .*\)/,
  ],
  [
    'a bridge of the model',
    [...explore, '--bridge', 'pcie-to-pci', '--bus', 'pci'],
    /pcie-to-pci cannot be had with --linux/,
  ],
  [
    'a bus of the model',
    ['explore', 'partial-fwspec', '--linux', tree, '--bus', 'cdx'],
    /the cdx bus cannot be had with --linux/,
  ],
  [
    'a function of PCI in a table',
    ['explore', 'bind-iort', '--linux', tree, '--bus', 'pci'],
    /pci in iort cannot be had with --linux/,
  ],
  [
    'a shape that the scenario does not fit',
    ['explore', 'two-iommus', '--linux', tree, '--iommus', '1'],
    /two-iommus does not fit the device: the device has one IOMMU only/,
  ],
  ['a machine without a device', [...explore, '--machine', 'live'], /--machine needs a --device/],
  [
    'a shape in a token that is none',
    ['replay', `${token}/pci.devicetree.2.0=8`, '--linux', tree],
    /this is not a token: "pci\.devicetree\.2\.0=8" is no shape of a device/,
  ],
  [
    '--level without a tree',
    ['explore', 'cover-letter', '--level', 'o2'],
    /--level is for a tree of Linux: --linux TREE/,
  ],
  ['a token without its tree', ['replay', token], /this token is of a tree of Linux: --linux TREE/],
  [
    'a token that was cut',
    ['replay', token.slice(0, 40), '--linux', tree],
    /this is not a token: it may have been cut/,
  ],
  [
    'a token of another version',
    ['replay', token.replace('l1', 'l2'), '--linux', tree],
    /does not start with "l1\/"/,
  ],
  [
    'a level in a token',
    ['replay', token.replace('source', 'o9'), '--linux', tree],
    /there is no level "o9"/,
  ],
  [
    'a tree for another token',
    ['replay', 'c1/a.c/-/0123abcd/0:kctyp/umu10', '--linux', tree],
    /leave out --linux/,
  ],
])('%s is one line and exit code 2', async (_what, args, says) => {
  const { code, stdout, stderr } = await fwspec(args, { env: { XDG_CACHE_HOME: scratch() } });
  expect(stderr).toMatch(says);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect([code, stdout]).toEqual([2, '']);
});

test('the help of explore names what runs with --linux', async () => {
  expect([...linuxScenarioNames].sort()).toEqual([...linuxScenarios.keys()].sort());
  const { stdout } = await fwspec(['help', 'explore']);
  for (const name of linuxScenarios.keys()) expect(stdout).toContain(name);
});

test('of further files it is said that the machine is not made for them, but of those that it is', () => {
  expect(furtherNotes([])).toEqual([]);
  expect(furtherNotes(['driver-core', ...driverCoreFiles])).toEqual([]);
  expect(furtherNotes(['driver-core', 'a.c', 'b.c'])).toEqual([
    'What a.c, b.c define is called as C. The machine is by hand and may lack what that looks at.',
  ]);
});

test('a token of a tree says all that is needed, whatever files and drivers are called', () => {
  const what = {
    scenario: 'cover-letter',
    arch: 'arm64',
    llvm: '14',
    level: 'source',
    files: ['a/b+c.c', 'd/e,f.c'],
    driver: 'arm,smmu/v3',
    shape: null,
    digest: '0123abcd',
    schedule: [{ task: 'CPU0', until: 'read x', nth: 2 }],
    bug: '#umu10',
  };
  const decoded = decodeTokenLinux(encodeTokenLinux(what, ['CPU0']));
  const [{ nth } = { nth: 0 }] = decoded.schedule;
  const { schedule, bug } = what;
  expect(decoded).toEqual({ ...what, schedule: decoded.schedule, bug: abbreviate(bug) });
  expect(nth).toBe(schedule[0]?.nth);
  expect(decodeTokenLinux(encodeTokenLinux({ ...what, schedule: [] }, [])).schedule).toEqual([]);
  expect(() => decodeTokenLinux(token.replace('/-/-/', '/%/-/'))).toThrow(UsageError);
});

const shapes = fc
  .record({
    bus: fc.constantFrom<LinuxShape['bus'][]>('platform', 'amba'),
    firmware: fc.constant<LinuxShape['firmware']>('devicetree'),
    cells: fc.array(fc.nat(3), { minLength: 1, maxLength: 4 }),
    ids: fc.array(fc.tuple(fc.nat(3), fc.nat(0xffff_ffff)), { minLength: 1, maxLength: 4 }),
  })
  .map(({ ids, ...shape }): LinuxShape => {
    const specifiers = ids.map(([index, id]) => {
      const iommu = index % shape.cells.length;
      return { iommu, args: Array.from({ length: shape.cells[iommu] ?? 0 }, () => id) };
    });
    return { ...shape, specifiers };
  });

test('a token keeps the shape of a device, and says where it is none', () => {
  const what = { ...decodeTokenLinux(token), schedule: [] };
  const readBack = (shape: LinuxShape): LinuxShape | null =>
    decodeTokenLinux(encodeTokenLinux({ ...what, shape }, [])).shape;
  fc.assert(fc.property(shapes, (shape) => void expect(readBack(shape)).toEqual(shape)));
  fc.assert(
    fc.property(fc.stringMatching(/^[\w.+=]{0,30}$/), (text) => {
      try {
        decodeTokenLinux(`${token}/${text}`);
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError);
      }
    }),
  );
});

test('the line of a place is read from the first folder that has the file, and from nowhere else', () => {
  const below = put(scratch(), { 'a.c': 'one\n\ttwo\n', 'b.c': 'three\n' });
  const above = put(scratch(), { 'a.c': 'ONE\n\tTWO\n' });
  const lineOf = sourceLines([above, below]);
  expect(
    ['a.c:2', 'b.c:1', 'a.c:9', 'c.c:1', `../${below.split('/').at(-1)}/a.c:1`, 'a.c'].map(lineOf),
  ).toEqual(['\tTWO', 'three', null, null, null, null]);
});
