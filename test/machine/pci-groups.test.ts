// Which PCI functions share a group, from configuration space to the end of a boot.
import { expect, test } from 'vitest';
import { defaultKconfig } from '../../src/linux/index.ts';
import { inspect } from '../../src/machine/index.ts';
import { designOf } from '../../src/series/index.ts';
import { be32, node, prop } from '../firmware/fdt-builder.ts';
import { compatible, host, machineOf, phandle, reg64 } from './trees.ts';

interface Config {
  readonly ids?: readonly [vendor: number, device: number];
  /** Device/port type; conventional PCI when there is none. */
  readonly type?: number;
  readonly multifunction?: boolean;
  /** Secondary bus of a bridge. */
  readonly secondary?: number;
  /** Capability and control of ACS. */
  readonly acs?: readonly [number, number];
  /** Number, offset and stride of virtual functions. */
  readonly vfs?: readonly [number, number, number];
}

function config({ ids = [0x1b36, 0x000c], type, multifunction, secondary, acs, vfs }: Config) {
  const view = new DataView(new ArrayBuffer(4096));
  view.setUint16(0, ids[0], true);
  view.setUint16(2, ids[1], true);
  view.setUint8(0x0e, (secondary === undefined ? 0 : 1) | (multifunction === true ? 0x80 : 0));
  if (secondary !== undefined) {
    view.setUint8(0x0b, 0x06);
    view.setUint8(0x0a, 0x04);
    view.setUint8(0x19, secondary);
    view.setUint8(0x1a, secondary);
  }
  if (type !== undefined) {
    view.setUint16(0x06, 0x10, true);
    view.setUint8(0x34, 0x40);
    view.setUint16(0x40, 0x0010, true);
    view.setUint16(0x42, (type << 4) | 2, true);
  }
  if (acs !== undefined) {
    view.setUint32(0x100, 0x0001_000d, true);
    view.setUint16(0x104, acs[0], true);
    view.setUint16(0x106, acs[1], true);
  }
  if (vfs !== undefined) {
    view.setUint32(0x100, 0x0001_0010, true);
    view.setUint16(0x10e, vfs[0], true);
    view.setUint16(0x110, vfs[0], true);
    view.setUint16(0x114, vfs[1], true);
    view.setUint16(0x116, vfs[2], true);
  }
  return new Uint8Array(view.buffer);
}

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
