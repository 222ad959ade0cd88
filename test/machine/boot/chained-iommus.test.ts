// An IOMMU whose own memory accesses go through another one.
import { describe, expect, test } from 'vitest';
import { defaultKconfig } from '../../../src/linux/index.ts';
import { explain, inspect } from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { be32, node, prop } from '../../firmware/fdt-builder.ts';
import { compatible, interrupts, machineOf, phandle, reg64 } from '../trees.ts';

const iommu = (at: number, is: string, ...props: ReturnType<typeof prop>[]) =>
  node(`iommu@${at.toString(16)}`, [
    compatible(is),
    reg64(at),
    phandle(at),
    prop('#iommu-cells', be32(is.startsWith('rockchip') ? 0 : 1)),
    ...interrupts(),
    ...props,
  ]);
const client = (at: number, of: number) =>
  node(`client@${at.toString(16)}`, [
    compatible('test,client'),
    reg64(at),
    prop('iommus', be32(of, 1)),
  ]);

/** One is behind the other, and each has a client. */
function chain(inner: string, outer: string): ReturnType<typeof machineOf> {
  return machineOf([
    iommu(0x1000, inner, prop('iommus', be32(0x2000, 7))),
    iommu(0x2000, outer),
    client(0x3000, 0x1000),
    client(0x4000, 0x2000),
  ]);
}

function outcomes(machine: ReturnType<typeof machineOf>, kernel: string) {
  const { devices, iommus } = inspect(machine, designOf(kernel), defaultKconfig);
  return {
    ...Object.fromEntries(iommus.map(({ name, state }) => [name, state])),
    ...Object.fromEntries(
      devices.filter(({ name }) => name.endsWith('client')).map((of) => [of.name, of.outcome]),
    ),
  };
}

const collision = {
  '1000.iommu': 'failed',
  '2000.iommu': 'registered',
  '3000.client': 'deferred',
  '4000.client': 'translated',
};

describe('two names "iommu" in one directory of sysfs', () => {
  test.each([
    ['arm,mmu-500', 'arm,mmu-500', 'v6.1'],
    ['arm,mmu-500', 'arm,mmu-500', 'v6.7-rc1'],
    ['arm,mmu-500', 'arm,mmu-500', 'v6.12'],
    ['arm,mmu-500', 'arm,mmu-500', 'v7.3'],
    ['arm,smmu-v3', 'arm,mmu-500', 'v6.8'],
    ['rockchip,iommu', 'arm,smmu-v3', 'v6.12'],
    ['arm,mmu-500', 'arm,smmu-v3', 'v7.3'],
  ])(
    '%s behind %s, under %s: the one behind fails, and its clients wait',
    (inner, outer, kernel) => {
      expect(outcomes(chain(inner, outer), kernel)).toEqual(collision);
    },
  );

  test('before v6.8 a second driver is refused earlier, with all that are behind it', () => {
    const found = outcomes(chain('arm,smmu-v3', 'arm,mmu-500'), 'v6.1');
    expect(Object.values(found).filter((one) => one === 'registered')).toHaveLength(1);
  });

  test('explain says which names collide', () => {
    const machine = chain('arm,mmu-500', 'arm,mmu-500');
    const { steps } = explain(machine, '3000.client', designOf('v7.3'), defaultKconfig);
    expect(steps.find(({ failed }) => failed)?.text).toMatch(/-EEXIST: in sysfs .*link "iommu"/);
  });
});
