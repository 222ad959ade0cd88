// Which range of I/O addresses a client of a MediaTek IOMMU has, by its local arbiter and its ports:
// the tables of drivers/iommu/mtk_iommu.c. Arbiters are numbered as specifiers number them.

import type { Task } from '../../../explore/index.ts';
import type { device } from '../../include/linux/device.ts';
import { EINVAL, type errno } from '../../include/linux/errno.ts';
import type { kernel } from '../../kernel.ts';

/** Arbiters, and which ports of each: a bit for each port, all where there is no number. */
type Ports = readonly (readonly [larbs: readonly number[], ports?: number])[];
export type Regions = readonly Ports[];

const BIT = (...bits: readonly number[]): number =>
  bits.reduce((mask, bit) => mask | (1 << bit), 0);

const mt8186: Regions = [
  [[[0, 1, 2]]],
  [[[4, 7]]],
  [[[8, 9, 11, 16, 17, 19, 20]], [[13], ~BIT(9, 10)]],
  [],
  [[[13], BIT(9, 10)]],
  [[[14]]],
];

const mt8188: Regions = [
  [[[0, 1, 2, 3]]],
  [[[21, 22, 23]]],
  [[[4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 25]]],
  [],
  [[[24], BIT(0, 1)]],
  [[[24], BIT(2, 3)]],
];

const mt8189: Regions = [
  [[[0, 1, 2]], [[22], BIT(0)]],
  [[[3, 4]]],
  [[[5, 6, 7, 8, 9, 10, 11, 12, 21]]],
];

const mt8189Apu: Regions = [[[[0], BIT(2)]], [[[0], BIT(1)]], [[[0], BIT(3)]], [[[0], BIT(0)]]];

const mt8192: Regions = [
  [[[0, 1]]],
  [[[4, 5, 7]]],
  [[[2, 9, 11, 16, 17, 18, 19, 20]], [[13], ~BIT(9, 10)], [[14], ~BIT(4, 5)]],
  [],
  [[[13], BIT(9, 10)]],
  [[[14], BIT(4, 5)]],
];

const mt8195: Regions = [
  [[[0, 1, 2, 3]]],
  [[[19, 20, 21, 22, 23, 24]]],
  [[[4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 25, 26, 27, 28]]],
  [],
  [[[18], BIT(0, 1)]],
  [[[18], BIT(2, 3)]],
];

/** The regions of each part that has several. @linux drivers/iommu/mtk_iommu.c iova_region_larb_msk */
const iova_region_larb_msk: Readonly<Record<string, Regions>> = {
  'mediatek,mt6893-iommu-mm': mt8192,
  'mediatek,mt8186-iommu-mm': mt8186,
  'mediatek,mt8188-iommu-vdo': mt8188,
  'mediatek,mt8188-iommu-vpp': mt8188,
  'mediatek,mt8189-iommu-apu': mt8189Apu,
  'mediatek,mt8189-iommu-mm': mt8189,
  'mediatek,mt8192-m4u': mt8192,
  'mediatek,mt8195-iommu-vdo': mt8195,
  'mediatek,mt8195-iommu-vpp': mt8195,
};

/** Where the part of an IOMMU has several regions. */
export function regionsOf(compatible: readonly string[]): Regions | null {
  const part = compatible.find((name) => Object.hasOwn(iova_region_larb_msk, name));
  return part === undefined ? null : (iova_region_larb_msk[part] ?? null);
}

/**
 * The region that holds all ports of a client, or an error.
 *
 * @param larbid the arbiter of its first ID
 * @linux drivers/iommu/mtk_iommu.c mtk_iommu_get_iova_region_id
 */
export function* mtkRegionOf(
  k: kernel,
  dev: device,
  regions: Regions,
  larbid: number,
  ports: number,
): Task<number | errno> {
  const found = regions.findIndex((region) =>
    region.some(([larbs, of = ~0]) => larbs.includes(larbid) && (of & ports) === ports),
  );
  if (found >= 0) return found;
  k.dev_err(dev, `Can NOT find the region for larb(${larbid}-${(ports >>> 0).toString(16)}).`);
  return -EINVAL;
}
