// Which parts a driver binds to, by kernel.
import { describe, expect, test } from 'vitest';
import { defaultKconfig } from '../../src/linux/index.ts';
import { inspect, type Machine } from '../../src/machine/index.ts';
import { designOf } from '../../src/series/index.ts';
import { be32, node, prop } from '../firmware/fdt-builder.ts';
import { compatible, machineOf, phandle, reg64 } from '../machine/trees.ts';

function machineWith(part: string, iommus: number): Machine {
  const word = be32(1, iommus);
  return machineOf([
    node('iommu@1000', [
      compatible(part),
      reg64(0x1000),
      phandle(1),
      prop('#iommu-cells', be32(1)),
    ]),
    node('dev@2000', [compatible('test,client'), reg64(0x2000), prop('iommus', word)]),
  ]);
}

const all = ['v6.1', 'v6.7', 'v6.8', 'v6.12', 'v7.3'];

test.each<[string, string, string]>([
  ['apple,t8103-dart', 'apple-dart', 'v6.1'],
  ['apple,t8110-dart', 'apple-dart', 'v6.7'],
  ['apple,t8103-usb4-dart', 'apple-dart', 'v6.8'],
  ['allwinner,sun50i-h6-iommu', 'sun50i-iommu', 'v6.1'],
  ['allwinner,sun50i-h616-iommu', 'sun50i-iommu', 'v6.12'],
  ['mediatek,mt8195-iommu-vdo', 'mtk_iommu', 'v6.1'],
  ['mediatek,mt8188-iommu-vpp', 'mtk_iommu', 'v6.7'],
  ['mediatek,mt8365-m4u', 'mtk_iommu', 'v6.7'],
  ['mediatek,mt8189-iommu-mm', 'mtk_iommu', 'v7.3'],
  ['mediatek,mt6893-iommu-mm', 'mtk_iommu', 'v7.3'],
  ['qcom,msm-iommu-v1', 'qcom_iommu', 'v6.1'],
  ['qcom,msm-iommu-v2', 'qcom_iommu', 'v6.7'],
])('%s has %s from %s on, and before that its clients wait', (part, driver, since) => {
  for (const kernel of all) {
    const { iommus, devices } = inspect(machineWith(part, 0), designOf(kernel), defaultKconfig);
    const known = all.indexOf(kernel) >= all.indexOf(since);
    const found = [iommus[0]?.driver ?? null, iommus[0]?.state, devices.at(-1)?.outcome];
    expect([kernel, ...found]).toEqual([
      kernel,
      ...(known ? [driver, 'registered', 'translated'] : [null, 'no-driver', 'deferred']),
    ]);
  }
});

describe('ports of two local arbiters', () => {
  const firstOfSecondArbiter = 1 << 5;

  test.each([
    ['mediatek,mt8192-m4u', 'deferred'], // the IOMMU itself fails for it
    ['mediatek,mt8189-iommu-mm', 'translated'],
    ['mediatek,mt8189-iommu-apu', 'translated'], // behind no arbiter at all
  ])('%s: %s', (part, outcome) => {
    const { devices } = inspect(
      machineOf([
        node('iommu@1000', [
          compatible(part),
          reg64(0x1000),
          phandle(1),
          prop('#iommu-cells', be32(1)),
        ]),
        node('dev@2000', [
          compatible('test,client'),
          reg64(0x2000),
          prop('iommus', be32(1, 0, 1, firstOfSecondArbiter)),
        ]),
      ]),
      designOf('v7.3'),
      defaultKconfig,
    );
    expect(devices.at(-1)?.outcome).toBe(outcome);
  });
});
