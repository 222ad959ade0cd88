// Functions whose DMA a Volume Management Device does.
import { describe, expect, test } from 'vitest';
import { readAcpi } from '../../../src/firmware/index.ts';
import {
  explain,
  inspect,
  kconfigFor,
  type Machine,
  machineFromAcpi,
  machineFromFunctions,
} from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { dmarOf, drhd } from '../../firmware/acpi-builder.ts';
import { type Config, configSpace } from './config-space.ts';

const vmd: Config = { ids: [0x8086, 0x467f], type: 9 };
/** What a VMD has below it, in a domain. */
const below = (domain: string): [string, Config][] => [
  [`${domain}:e0:06.0`, { type: 4, secondary: 0xe1, primary: 0xe0, acs: [0x1d, 0x1d] }],
  [`${domain}:e1:00.0`, { type: 0 }],
];

const spaces = (functions: readonly (readonly [string, Config])[]): Map<string, Uint8Array> =>
  new Map(functions.map(([name, of]) => [name, configSpace(of)]));

/** One unit has the VMD at 0e.0 in its scope, and a second one all the rest. */
function machineWith(functions: readonly (readonly [string, Config])[]): Machine {
  const scope = Uint8Array.from([1, 8, 0, 0, 0, 0, 0x0e, 0]);
  const bytes = dmarOf(drhd(0, 0xfed9_0000, scope), drhd(1, 0xfed9_1000));
  return machineFromAcpi(readAcpi([{ name: 'DMAR', bytes }]), spaces(functions));
}

function answers(machine: Machine, kernel = 'v7.3') {
  const config = kconfigFor(machine, { kconfig: {}, cmdline: 'intel_iommu=on' });
  return new Map(
    inspect(machine, designOf(kernel), config).devices.map((device) => [device.name, device]),
  );
}

test.each(['v6.1', 'v6.8', 'v6.12', 'v7.3'])('are in its group, with its ID, in %s', (kernel) => {
  const machine = machineWith([['0000:00:0e.0', vmd], ...below('10000')]);
  const found = answers(machine, kernel);
  const own = found.get('0000:00:0e.0');
  expect(own).toMatchObject({ outcome: 'translated', iommus: [{ iommu: 'dmar0' }] });
  for (const name of ['10000:e0:06.0', '10000:e1:00.0']) {
    const { outcome, iommus, group, path, assumes } = found.get(name) ?? {};
    expect({ outcome, iommus, group }).toEqual({
      outcome: 'translated',
      iommus: own?.iommus,
      group: own?.group,
    });
    expect(path).toContain('/0000:00:0e.0/pci10000:e0/10000:e0:06.0');
    expect(assumes?.filter((one) => one.startsWith('vmd'))).toEqual([]);
  }
});

test('a domain of firmware is nobody else’s, whatever functions there are', () => {
  const found = answers(machineWith([['0000:00:0e.0', vmd], ...below('0001')]));
  expect(found.get('0001:e1:00.0')?.outcome).toBe('direct');
});

describe('several VMDs', () => {
  const other: Config = { ids: [0x8086, 0x28c0], type: 9 };
  const found = answers(
    machineWith([
      ['0000:00:0e.0', vmd],
      ['0000:5d:05.5', other],
      ...below('10001'),
      ...below('10000'),
    ]),
  );

  test('have their domains in their own order', () => {
    expect(found.get('10000:e1:00.0')?.group).toBe(found.get('0000:00:0e.0')?.group);
    expect(found.get('10001:e1:00.0')?.group).toBe(found.get('0000:5d:05.5')?.group);
    expect(found.get('10001:e1:00.0')?.group).not.toBe(found.get('10000:e1:00.0')?.group);
  });

  test('which is assumed', () => {
    expect(found.get('10001:e1:00.0')?.assumes?.join()).toContain('vmd-order');
    expect(found.get('0000:00:0e.0')?.assumes?.join()).not.toContain('vmd-order');
  });
});

test.each<[what: string, functions: [string, Config][], assumed: boolean]>([
  [
    'on one root bus are found in its order',
    [
      ['0000:00:0e.0', vmd],
      ['0000:00:0f.0', vmd],
    ],
    false,
  ],
  [
    'may be more than there are domains',
    [
      ['0000:00:0e.0', vmd],
      ['0000:00:0f.0', vmd],
      ['0000:00:10.0', vmd],
    ],
    true,
  ],
])('VMDs that %s', (_what, vmds, assumed) => {
  const found = answers(machineWith([...vmds, ...below('10001')]));
  const child = found.get('10001:e1:00.0');
  // What is first, and empty, has a domain all the same.
  expect(child?.group).toBe(found.get('0000:00:0f.0')?.group);
  expect(child?.assumes?.join().includes('vmd-order')).toBe(assumed);
});

test('a domain that nothing could have made is not known, and says so', () => {
  const found = answers(machineWith(below('10000')));
  const { outcome, assumes } = found.get('10000:e1:00.0') ?? {};
  expect(outcome).toBe('direct');
  expect(assumes?.join()).toContain('vmd-unknown');
});

test('the functions alone are enough', () => {
  const found = answers(machineFromFunctions(spaces([['0000:00:0e.0', vmd], ...below('10000')])));
  expect(found.get('10000:e1:00.0')?.group).toBe(found.get('0000:00:0e.0')?.group);
});

test('explain says whose ID it is', () => {
  const machine = machineWith([['0000:00:0e.0', vmd], ...below('10000')]);
  const config = kconfigFor(machine, { kconfig: {}, cmdline: null });
  const { steps } = explain(machine, '10000:e1:00.0', designOf('v7.3'), config);
  expect(steps.find(({ what }) => what === 'alias')?.text).toMatch(/0000:00:0e.0 .* does its DMA/);
  expect(steps.find(({ what }) => what === 'map')?.text).toContain('which does its DMA');
});
