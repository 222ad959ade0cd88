import { field, read, type Step, type Task, write } from '../../explore/index.ts';
import { type DmaRange, dmaRangeOf } from '../../firmware/index.ts';
import {
  armSmmuDefDomainType,
  type DriverName,
  type device,
  EINVAL,
  ENODEV,
  type ErrPtr,
  type errno,
  exynosAttachDevice,
  IS_ERR,
  type iommu_device,
  type iommu_domain,
  type iommu_group,
  type iommu_ops,
  ipmmuNeedsOptIn,
  ipmmuNotListed,
  type kernel,
  type of_phandle_args,
  type Patch,
  qcomV6_1,
} from '../../linux/index.ts';
import { FormatError, hex, present } from '../../util/index.ts';
import { deviceLeaks, repeatedStreams, smmuClientsWait } from './v6.12.ts';

// What IOMMU drivers did otherwise in v6.1. The groups that an instance brings along are here as
// later kernels have them: made when its first device comes.

/** `mtk_iommu` is set up when it registers, by what came back to 6.1.y; `exynos-iommu` not yet. */
function* registerThenSetUp(
  _k: kernel,
  driver: DriverName,
  register: () => Step<errno> | Task<errno>,
  setUp: () => Step<void> | Task,
): Task<errno> {
  if (driver === 'mtk_iommu') {
    yield* setUp();
    return yield* register();
  }
  const err = yield* register();
  if (!err) yield* setUp();
  return err;
}

const registration: Patch = {
  subject: 'exynos-iommu registers first',
  replaces: { registerThenSetUp },
};

/** @linux drivers/iommu/rockchip-iommu.c rk_iommu_device_group */
function* rk_iommu_device_group(k: kernel, dev: device): Task<iommu_group | ErrPtr> {
  return yield* k.generic_single_device_group(dev);
}

/** @linux drivers/iommu/sun50i-iommu.c sun50i_iommu_device_group */
function* sun50i_iommu_device_group(k: kernel, dev: device): Task<iommu_group | ErrPtr> {
  return yield* k.generic_single_device_group(dev);
}

/** @linux drivers/iommu/sprd-iommu.c sprd_iommu_device_group */
function* sprd_iommu_device_group(k: kernel, dev: device): Task<iommu_group | ErrPtr> {
  return yield* k.generic_single_device_group(dev);
}

/** @linux drivers/iommu/omap-iommu.c omap_iommu_device_group */
function* omap_iommu_device_group(k: kernel, dev: device): Task<iommu_group | ErrPtr> {
  return yield* k.generic_single_device_group(dev);
}

/**
 * The pointer is kept without a reference, and is still there when the last device has taken the
 * group along.
 *
 * @linux drivers/iommu/ipmmu-vmsa.c ipmmu_find_group
 */
function* ipmmu_find_group(k: kernel, dev: device): Task<iommu_group | ErrPtr> {
  const mmu = (yield* k.dev_iommu_priv_get(dev)) as iommu_device | null;
  const kept = field(k.world, mmu, 'singleton_group', 'mmu');
  const known = yield* read(kept);
  if (known !== null) return yield* k.iommu_group_ref_get(known);
  const group = yield* k.iommu_group_alloc();
  if (!IS_ERR(group)) yield* write(kept, group);
  return group;
}

/** @linux drivers/iommu/ipmmu-vmsa.c ipmmu_ops */
function* ipmmuGroup(k: kernel, dev: device): Task<iommu_group | ErrPtr> {
  const ownMapping = k.config.CONFIG_ARM && !k.config.CONFIG_IOMMU_DMA;
  return ownMapping ? yield* k.generic_device_group(dev) : yield* ipmmu_find_group(k, dev);
}

const groupsOfInstances: Patch = {
  subject: 'drivers keep the group of an instance themselves',
  drivers: (drivers) => ({
    'rockchip-iommu': { ...drivers['rockchip-iommu'], device_group: rk_iommu_device_group },
    'sun50i-iommu': { ...drivers['sun50i-iommu'], device_group: sun50i_iommu_device_group },
    'sprd-iommu': { ...drivers['sprd-iommu'], device_group: sprd_iommu_device_group },
    'omap-iommu': { ...drivers['omap-iommu'], device_group: omap_iommu_device_group },
    'ipmmu-vmsa': { ...drivers['ipmmu-vmsa'], device_group: ipmmuGroup },
  }),
};

/** A domain takes one device, the first. @linux drivers/iommu/sprd-iommu.c sprd_iommu_attach_device */
function* sprd_iommu_attach_device(k: kernel, domain: iommu_domain, dev: device): Task<errno> {
  if ((yield* read(domain.instance)) !== null) return -EINVAL;
  yield* write(domain.instance, (yield* k.dev_iommu_priv_get(dev)) as iommu_device | null);
  return 0;
}

const asksForOwner: Patch = {
  subject: 'exynos-iommu asks for an owner before it attaches',
  drivers: ({ 'exynos-sysmmu': ops }) => ({
    'exynos-sysmmu': { ...ops, attach_dev: exynosAttachDevice(true) },
  }),
};

const oneDeviceADomain: Patch = {
  subject: 'sprd-iommu: a domain is for one device',
  drivers: (drivers) => ({
    'sprd-iommu': { ...drivers['sprd-iommu'], attach_dev: sprd_iommu_attach_device },
  }),
};

function without(ops: iommu_ops, name: keyof iommu_ops): iommu_ops {
  return Object.fromEntries(Object.entries(ops).filter(([key]) => key !== name)) as never;
}

const noWishes: Patch = {
  subject: 'tegra-smmu has no default domain to wish for, s390-iommu no part in the DMA API',
  drivers: (drivers) => ({
    'tegra-smmu': without(drivers['tegra-smmu'], 'def_domain_type'),
    's390-iommu': without(drivers['s390-iommu'], 'probe_finalize'),
  }),
};

const noFunctions: Patch = {
  // Before "iommu/ipmmu-vmsa: Allow PCIe devices", v6.6.
  subject: 'iommu/ipmmu-vmsa: PCI functions are on no list, either',
  drivers({ 'ipmmu-vmsa': ops }) {
    const later = present(ops.of_xlate, 'of_xlate of ipmmu-vmsa');
    /** @linux drivers/iommu/ipmmu-vmsa.c ipmmu_of_xlate */
    function* ipmmu_of_xlate(k: kernel, dev: device, spec: of_phandle_args): Task<errno> {
      if (dev.pci === null || !ipmmuNeedsOptIn(spec.np)) return yield* later(k, dev, spec);
      k.unsaid(dev, ipmmuNotListed);
      return -ENODEV;
    }
    return { 'ipmmu-vmsa': { ...ops, of_xlate: ipmmu_of_xlate } };
  },
};

const lacks = (ops: iommu_ops, ...compatible: readonly string[]): iommu_ops => ({
  ...ops,
  not_for: [...(ops.not_for ?? []), ...compatible],
});

const fewerParts: Patch = {
  subject: 'parts that were added up to v6.7',
  drivers: (drivers) => ({
    'apple-dart': lacks(drivers['apple-dart'], 'apple,t8110-dart'),
    mtk_iommu: lacks(
      drivers.mtk_iommu,
      'mediatek,mt8188-iommu-infra',
      'mediatek,mt8188-iommu-vdo',
      'mediatek,mt8188-iommu-vpp',
      'mediatek,mt8365-m4u',
    ),
    qcom_iommu: lacks(drivers.qcom_iommu, 'qcom,msm-iommu-v2'),
    'arm-smmu': { ...drivers['arm-smmu'], def_domain_type: armSmmuDefDomainType(qcomV6_1) },
  }),
};

/** Ranges of I/O addresses: four of 4 GiB, and two for cameras. @linux drivers/iommu/mtk_iommu.c mt8192_multi_dom */
const mt8192_multi_dom: readonly DmaRange[] = [
  ...[0n, 1n, 2n, 3n].map((n) => ({ address: n << 32n, size: 1n << 32n })),
  { address: 0x2_4000_0000n, size: 0x400_0000n },
  { address: 0x2_4400_0000n, size: 0x400_0000n },
];

/** By what `dma-ranges` lets the device reach. @linux drivers/iommu/mtk_iommu.c mtk_iommu_get_iova_region_id */
function* mtkRegionOf(k: kernel, dev: device): Task<number | errno> {
  const range = reachOf(dev);
  if (range === null) return 0;
  const last = range.address + range.size;
  const inside = mt8192_multi_dom.map(
    ({ address, size }) => range.address >= address && last <= address + size,
  );
  const exact = mt8192_multi_dom.findIndex(
    ({ address, size }) => address === range.address && size === range.size,
  );
  const found = exact >= 0 ? exact : inside.lastIndexOf(true);
  if (found >= 0) return found;
  const text = `${hex(Number(range.address))} ${hex(Number(range.size))}`;
  k.dev_err(dev, `Can NOT find the iommu domain id(${text}).`);
  return -EINVAL;
}

/** `dev->dma_range_map`, its first entry. */
function reachOf({ of_node }: device): DmaRange | null {
  try {
    return of_node === null ? null : dmaRangeOf(of_node);
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

const regionsByReach: Patch = {
  // Before "iommu/mediatek: Set region by larb and port", v6.4.
  subject: 'iommu/mediatek: regions go by dma-ranges',
  replaces: { mtkRegionOf },
};

/** As long as there is a fwspec, whatever is in it. */
function* contextIsMapped(k: kernel, dev: device): Task<boolean> {
  const fwspec = yield* k.dev_iommu_fwspec_get(dev);
  return fwspec !== null && (yield* read(dev.iommu_group)) !== null;
}

/** All of them are given up, without a word to the probe. */
function* contextWithoutIommu(): Task<errno> {
  return 0;
}

const optionalContexts: Patch = {
  subject: 'gpu: host1x: does without contexts that have no IOMMU',
  replaces: { contextIsMapped, contextWithoutIommu },
};

export const oldDrivers: readonly Patch[] = [
  fewerParts,
  noFunctions,
  registration,
  regionsByReach,
  groupsOfInstances,
  oneDeviceADomain,
  asksForOwner,
  noWishes,
  smmuClientsWait,
  repeatedStreams,
  deviceLeaks,
  optionalContexts,
];
