// Which PCI functions share a group, from configuration space to the end of a boot.
import { expect, test } from 'vitest';
import { defaultKconfig } from '../../../src/linux/index.ts';
import { inspect } from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { be32, node, prop } from '../../firmware/fdt-builder.ts';
import { compatible, host, machineOf, phandle, reg64 } from '../trees.ts';
import { configSpace as config } from './config-space.ts';

const port = (secondary: number, control = 0) =>
  config({ type: 4, secondary, acs: [0x5f, control] });
const nic = config({ ids: [0x8086, 0x10d3], type: 0 });
const virtual = config({ ids: [0xffff, 0xffff], type: 0 });

const smmu = node('iommu@1000', [
  compatible('arm,smmu-v3'),
  reg64(0x1000),
  phandle(1),
  prop('#iommu-cells', be32(1)),
]);
const throughSmmu = prop('iommu-map', be32(0, 1, 0, 0x10000));

/** The groups on a kernel, each as the names in it without segment. */
function groupsOf(
  kernel: string,
  functions: Readonly<Record<string, Uint8Array>>,
  hostProps = [throughSmmu],
): string[] {
  const named = Object.entries(functions).map(([name, bytes]) => [`0000:${name}`, bytes]);
  const machine = machineOf([smmu, host(0x4000, hostProps)], Object.fromEntries(named));
  const { groups } = inspect(machine, designOf(kernel), defaultKconfig);
  return groups.map(({ devices }) => devices.map((name) => name.slice(5)).join(' ')).sort();
}

const twoPorts = { '00:01.0': port(1), '00:02.0': port(2), '01:00.0': nic, '02:00.0': nic };

test.each([
  // Asked for when the first driver binds: every function is initialized by then.
  ['v6.7-rc1', ['00:01.0 01:00.0', '00:02.0 02:00.0']],
  ['v6.12', ['00:01.0 01:00.0', '00:02.0 02:00.0']],
  // Asked for when the first function is added: in time for all but that one.
  ['v6.15', ['00:01.0 01:00.0', '00:02.0', '02:00.0']],
  // Enabled where each function is configured.
  ['v7.3', ['00:01.0', '00:02.0', '01:00.0', '02:00.0']],
])('on a devicetree, %s enables ACS on these ports in time: %j', (kernel, groups) => {
  expect(groupsOf(kernel, twoPorts)).toEqual(groups);
});

test('what firmware had enabled stays enabled', () => {
  const functions = { '00:01.0': port(1, 0x1d), '01:00.0': nic };
  expect(groupsOf('v6.12', functions)).toEqual(['00:01.0', '01:00.0']);
});

test.each([
  [0xc001, ['00:1c.0', '00:1f.0', '01:00.0']],
  [0xc000, ['00:1c.0 01:00.0', '00:1f.0']],
])('a port of an old PCH beside an LPC bridge with RCBA %j', (rcba, groups) => {
  const functions = {
    '00:1c.0': config({ ids: [0x8086, 0x1c10], type: 4, secondary: 1 }),
    '00:1f.0': config({ ids: [0x8086, 0x1c4e], code: 0x060100, words: [[0xf0, rcba]] }),
    '01:00.0': nic,
  };
  expect(groupsOf('v7.3', functions)).toEqual(groups);
});

test('functions of a card are together, however late the host bridge is scanned', () => {
  const card = {
    '00:01.0': port(1, 0x1d),
    '01:00.0': config({ ids: [0x1af4, 0x1041], type: 0, multifunction: true }),
    '01:00.1': config({ ids: [0x1af4, 0x1041], type: 0 }),
  };
  expect(groupsOf('v6.12', card)).toEqual(['00:01.0', '01:00.0 01:00.1']);
  expect(groupsOf('v7.3', card)).toEqual(['00:01.0', '01:00.0 01:00.1']);
});

test('v7.3 parts them when the IOMMU is there before they are', () => {
  const card = {
    '00:01.0': port(1, 0x1d),
    '01:00.0': config({ ids: [0x1af4, 0x1041], type: 0, multifunction: true }),
    '01:00.1': config({ ids: [0x1af4, 0x1041], type: 0 }),
  };
  const waits = [throughSmmu, prop('iommus', be32(1, 0x20000))];
  expect(groupsOf('v7.3', card, waits)).toEqual([
    '00:01.0',
    '01:00.0',
    '01:00.1',
    '4000.pcie'.slice(5),
  ]);
});

test('virtual functions on a bus of their own are isolated by the port above', () => {
  const functions = (control: number) => ({
    '00:01.0': config({ type: 4, secondary: 1, acs: [0x5f, control] }),
    '01:00.0': config({ ids: [0x8086, 0x10c9], type: 0, vfs: [2, 0x100, 1] }),
    '02:00.0': virtual,
    '02:00.1': virtual,
  });
  expect(groupsOf('v6.12', functions(0x1d))).toEqual(['00:01.0', '01:00.0', '02:00.0', '02:00.1']);
  expect(groupsOf('v6.12', functions(0))).toEqual(['00:01.0 01:00.0 02:00.0 02:00.1']);
});

test('functions that stand for others get a group each', () => {
  const map = prop('iommu-map', be32(0x8, 1, 0x8, 1, 0x9, 1, 0x9, 1, 0x100, 1, 0x100, 1));
  expect(groupsOf('v6.12', {}, [map])).toEqual(['00:01.0', '00:01.1', '01:00.0']);
});
