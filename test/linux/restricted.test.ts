// A restricted pool is for a device that no IOMMU keeps in bounds.
import { describe, expect, test } from 'vitest';
import { sequentially } from '../../src/explore/index.ts';
import { defaultKconfig } from '../../src/linux/index.ts';
import { buildKernel } from '../../src/machine/index.ts';
import { designOf } from '../../src/series/index.ts';
import { be32, node, prop, text } from '../firmware/fdt-builder.ts';
import { compatible, machineOf, phandle, reg64 } from '../machine/trees.ts';

const pool = (status = 'okay', n = 2) =>
  node(`pool@${n}`, [compatible('restricted-dma-pool'), phandle(n), prop('status', text(status))]);
const other = node('region@3', [phandle(3)]);

/** Where DMA of a device goes through when firmware has been read for it. */
function poolOf(
  kernel: string,
  behind: boolean,
  regions: number[],
  status = 'okay',
): string | null {
  const machine = machineOf([
    node('iommu@1000', [
      compatible('arm,smmu-v3'),
      reg64(0x1000),
      phandle(1),
      prop('#iommu-cells', be32(1)),
    ]),
    pool(status),
    other,
    node('dev@9000', [
      compatible('test,client'),
      reg64(0x9000),
      prop('memory-region', be32(...regions)),
      ...(behind ? [prop('iommus', be32(1, 7))] : []),
    ]),
  ]);
  return sequentially((world) => {
    const { k, devices } = buildKernel(world, designOf(kernel), defaultKconfig, machine);
    const found = [...devices.values()];
    const iommu = found.find(({ name }) => name === '1000.iommu');
    const client = found.find(({ name }) => name === '9000.dev');
    if (iommu === undefined || client === undefined) throw new Error('no such device');
    world.runAlone('boot', function* () {
      for (const dev of found) yield* k.device_add(dev);
      for (const dev of [iommu, client])
        if (dev.matches !== null) yield* k.__driver_attach(dev, dev.matches);
    });
    return client.dma_io_tlb_mem.value;
  });
}

describe.each(['v6.1', 'v6.7-rc1', 'fwspec-v2/1', 'fwspec-v2', 'v6.12', 'v7.3'])(
  'on %s',
  (kernel) => {
    test.each<[string, boolean, number[], string, string | null]>([
      ['has the pool that its node names', false, [2], 'okay', '/pool@2'],
      ['has the first pool among its regions', false, [3, 2], 'okay', '/pool@2'],
      ['has none behind an IOMMU', true, [2], 'okay', null],
      ['has none where the pool is disabled', false, [2], 'disabled', null],
      ['has none where no region is one', false, [3], 'okay', null],
      ['has none where a phandle leads nowhere', false, [9], 'okay', null],
    ])('a device %s', (_, behind, regions, status, expected) => {
      expect(poolOf(kernel, behind, regions, status)).toBe(expected);
    });
  },
);
