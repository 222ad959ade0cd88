// What drivers/iommu/arm/arm-smmu/arm-smmu.c wants of firmware before it registers.
import { expect, test } from 'vitest';
import { defaultKconfig, type IommuHardware } from '../../../src/linux/index.ts';
import { inspect } from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { be32, node, type Prop, prop } from '../../firmware/fdt-builder.ts';
import { compatible, interrupts, machineOf, phandle, reg64 } from '../../machine/trees.ts';

/** A controller with 3 cells, and what becomes of an SMMU and of a device behind it. */
function outcomes(smmu: readonly Prop[], hardware: IommuHardware = {}, kind = 'arm,smmu-v2') {
  const machine = machineOf([
    node('intc@8000', [
      compatible('arm,gic-400'),
      reg64(0x8000),
      phandle(2),
      prop('#interrupt-cells', be32(3)),
    ]),
    node('iommu@1000', [
      compatible(kind),
      reg64(0x1000),
      phandle(1),
      prop('#iommu-cells', be32(1)),
      ...smmu,
    ]),
    node('dma@9000', [compatible('x'), reg64(0x9000), prop('iommus', be32(1, 7))]),
  ]);
  const known = { ...machine, hardware: new Map([['1000.iommu', hardware]]) };
  const { iommus, devices } = inspect(known, designOf('v6.12'), defaultKconfig);
  return [iommus[0]?.state, devices.find(({ name }) => name === '9000.dma')?.outcome];
}

const works = ['registered', 'translated'];
const fails = ['failed', 'deferred'];
const global = (count: number): Prop => prop('#global-interrupts', be32(count));
const gic = prop('interrupt-parent', be32(2));

test.each<[string, Prop[], string[]]>([
  ['without #global-interrupts', [prop('interrupts', be32(1, 2, 3))], fails],
  ['without interrupts', [global(1)], fails],
  ['with no interrupt but its own', [global(1), prop('interrupts', be32(1))], fails],
  ['with one for contexts', [global(1), prop('interrupts', be32(1, 2))], works],
  ['with none of its own', [global(0), prop('interrupts', be32(1))], works],
  ['whose interrupts have 3 cells', [global(1), gic, prop('interrupts', be32(0, 1, 4))], fails],
  [
    'with two interrupts of 3 cells',
    [global(1), gic, prop('interrupts', be32(0, 1, 4, 0, 2, 4))],
    works,
  ],
  [
    'with interrupts of several controllers',
    [global(1), prop('interrupts-extended', be32(2, 0, 1, 4, 2, 0, 2, 4))],
    works,
  ],
  [
    'with interrupts of a controller that is not there',
    [global(1), prop('interrupts-extended', be32(2, 0, 1, 4, 99, 0, 2, 4))],
    fails,
  ],
])('an SMMU %s', (_which, props, expected) => {
  expect(outcomes(props)).toEqual(expected);
});

test('an SMMUv2 has an interrupt for each context bank, an SMMUv1 shares them', () => {
  expect(outcomes(interrupts(3), { contextBanks: 4 })).toEqual(fails);
  expect(outcomes(interrupts(4), { contextBanks: 4 })).toEqual(works);
  expect(outcomes(interrupts(3), { contextBanks: 4 }, 'arm,mmu-401')).toEqual(works);
});

test.each(['arm,smmu-v2', 'arm,smmu-v3'])('an %s without registers does not come up', (kind) => {
  const registers = (props: readonly Prop[]): unknown => {
    const cells = prop('#iommu-cells', be32(1));
    const smmu = node('iommu', [compatible(kind), phandle(1), cells, ...interrupts(), ...props]);
    const { iommus } = inspect(machineOf([smmu]), designOf('v6.12'), defaultKconfig);
    return iommus[0]?.state;
  };
  expect(registers([reg64(0x1000)])).toBe('registered');
  expect(registers([])).toBe('failed');
});
