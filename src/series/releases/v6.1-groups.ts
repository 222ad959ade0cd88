import { mutex_lock, mutex_unlock, read, type Task, write } from '../../explore/index.ts';
import {
  type bus_type,
  type DomainType,
  type DriverName,
  type device,
  EINVAL,
  ENODEV,
  ENOMEM,
  ERR_PTR,
  type ErrPtr,
  type errno,
  errnoName,
  group_device,
  IOMMU_DOMAIN_DMA,
  IOMMU_DOMAIN_DMA_FQ,
  IOMMU_DOMAIN_IDENTITY,
  IS_ERR,
  indirect,
  iommu_domain,
  type iommu_group,
  type kernel,
  type Patch,
  type Patched,
} from '../../linux/index.ts';

// How v6.1 groups devices and gives the groups their domains: whoever looks at the group of a device
// takes a reference, a device joins a group before the group has a domain, and a driver makes the
// domains that it can.

// ---- groups ------------------------------------------------------------------------------------

/** The device's group, with a reference for the caller. @linux drivers/iommu/iommu.c iommu_group_get_for_dev */
function* iommu_group_get_for_dev(k: Grouping, dev: device): Task<iommu_group | ErrPtr> {
  const ops = yield* k.dev_iommu_ops(dev);
  const known = yield* k.iommu_group_get(dev);
  if (known !== null) return known;
  const group = ops === null ? null : yield* indirect(k, ops.device_group, dev);
  if (k.WARN_ON(group === null, 'device_group() returned NULL') || group === null)
    return ERR_PTR(-EINVAL);
  if (IS_ERR(group)) return group;
  const ret = yield* k.iommu_group_add_device(group, dev);
  if (!ret) return group;
  yield* k.iommu_group_put(group);
  return ERR_PTR(ret);
}

/**
 * A group that has a domain already gives it to the device at once. `dev->iommu_group` is there
 * before the device is on the list of members.
 *
 * @linux drivers/iommu/iommu.c iommu_group_add_device
 */
function* iommu_group_add_device(k: Grouping, group: iommu_group, dev: device): Task<errno> {
  const gdev = yield* k.kzalloc(group_device);
  if (gdev === null) return -ENOMEM;
  gdev.dev = dev;
  yield* k.iommu_group_ref_get(group);
  yield* write(dev.iommu_group, group);
  yield* mutex_lock(group.mutex);
  yield* write(group.devices, (yield* read(group.devices)).concat(gdev));
  const domain = yield* read(group.domain);
  const ret = domain === null ? 0 : yield* k.__iommu_attach_device(domain, dev);
  yield* mutex_unlock(group.mutex);
  if (!ret) {
    k.dev_info(dev, `Adding to iommu group ${group.id}`);
    return 0;
  }
  yield* mutex_lock(group.mutex);
  yield* k.takeFrom(group, dev);
  yield* mutex_unlock(group.mutex);
  yield* write(dev.iommu_group, null);
  yield* k.iommu_group_put(group);
  yield* k.kfree(gdev);
  k.dev_err(dev, `Failed to add to iommu group ${group.id}: ${errnoName(ret)}`);
  return ret;
}

/** @linux drivers/iommu/iommu.c iommu_group_remove_device */
function* iommu_group_remove_device(k: Grouping, dev: device): Task {
  const group = yield* read(dev.iommu_group);
  if (group === null) return;
  yield* mutex_lock(group.mutex);
  const gdev = yield* k.takeFrom(group, dev);
  yield* mutex_unlock(group.mutex);
  if (gdev === null) return;
  yield* k.kfree(gdev);
  yield* write(dev.iommu_group, null);
  yield* k.iommu_group_put(group);
}

/** `list_del()` of the member that the device is, with the group's lock held. */
function* takeFrom(_k: kernel, group: iommu_group, dev: device): Task<group_device | null> {
  const members = yield* read(group.devices);
  const gdev = members.find((member) => member.dev === dev);
  if (gdev === undefined) return null;
  yield* write(
    group.devices,
    members.filter((member) => member !== gdev),
  );
  return gdev;
}

// ---- domains -----------------------------------------------------------------------------------

const all: readonly DomainType[] = [IOMMU_DOMAIN_IDENTITY, IOMMU_DOMAIN_DMA, IOMMU_DOMAIN_DMA_FQ];
const strict: readonly DomainType[] = [IOMMU_DOMAIN_IDENTITY, IOMMU_DOMAIN_DMA];
const dmaOnly: readonly DomainType[] = [IOMMU_DOMAIN_DMA];
const none: readonly DomainType[] = [];

/** The default domains that each driver's `domain_alloc` makes. Others are for whoever asks. */
const domain_alloc: Readonly<Record<DriverName, readonly DomainType[]>> = {
  'arm-smmu': all,
  'arm-smmu-v3': all,
  'intel-iommu': all,
  'amd-iommu': all,
  'virtio-iommu': strict,
  'apple-dart': strict,
  'exynos-sysmmu': dmaOnly,
  'ipmmu-vmsa': dmaOnly,
  mtk_iommu: dmaOnly,
  qcom_iommu: dmaOnly,
  'rockchip-iommu': dmaOnly,
  'sprd-iommu': dmaOnly,
  'sun50i-iommu': dmaOnly,
  msm_iommu: none,
  mtk_iommu_v1: none, // one of its own, for the mapping that all its clients share
  'omap-iommu': none,
  's390-iommu': none,
  'tegra-smmu': none,
  'riscv-iommu': none,
  'vsi-iommu': none,
};

/** A DMA domain needs the DMA API of the IOMMU core besides. @linux drivers/iommu/iommu.c __iommu_domain_alloc */
function* __iommu_domain_alloc(
  k: kernel,
  bus: bus_type,
  type: DomainType,
): Task<iommu_domain | null> {
  const ops = yield* read(bus.iommu_ops);
  if (ops === null || !domain_alloc[ops.driver as DriverName].includes(type)) return null;
  if (type !== IOMMU_DOMAIN_IDENTITY && !k.config.CONFIG_IOMMU_DMA) return null;
  const domain = yield* k.kzalloc(iommu_domain);
  if (domain === null) return null;
  domain.type = type;
  domain.ops = ops;
  return domain;
}

/** @linux drivers/iommu/iommu.c __iommu_attach_device */
function* __iommu_attach_device(k: kernel, domain: iommu_domain, dev: device): Task<errno> {
  return domain.ops === null ? -ENODEV : yield* indirect(k, domain.ops.attach_dev, domain, dev);
}

/**
 * What a driver has no domain for becomes a DMA domain, or nothing. The group is on the new domain
 * before any of its devices is.
 *
 * @linux drivers/iommu/iommu.c iommu_group_alloc_default_domain
 */
function* iommu_group_alloc_default_domain(
  k: Grouping,
  bus: bus_type,
  group: iommu_group,
  type: DomainType,
): Task<errno> {
  let dom = yield* k.__iommu_domain_alloc(bus, type);
  if (dom === null && type !== IOMMU_DOMAIN_DMA)
    dom = yield* k.__iommu_domain_alloc(bus, IOMMU_DOMAIN_DMA);
  if (dom === null) return -ENOMEM;
  yield* write(group.default_domain, dom);
  if ((yield* read(group.domain)) === null) yield* write(group.domain, dom);
  return 0;
}

/** What the driver of one device wants, null for no matter. @linux drivers/iommu/iommu.c iommu_get_def_domain_type */
function* iommu_get_def_domain_type(k: kernel, dev: device): Task<DomainType | null> {
  if (yield* k.isUntrusted(dev.pci)) return IOMMU_DOMAIN_DMA;
  const ops = yield* k.dev_iommu_ops(dev);
  return ops?.def_domain_type ? yield* indirect(k, ops.def_domain_type, dev) : null;
}

/** The device that comes first decides for its group. @linux drivers/iommu/iommu.c iommu_alloc_default_domain */
function* iommu_alloc_default_domain(k: Grouping, group: iommu_group, dev: device): Task<errno> {
  if ((yield* read(group.default_domain)) !== null) return 0;
  const type = (yield* k.iommu_get_def_domain_type(dev)) ?? (yield* k.usualDomainType());
  return yield* k.iommu_group_alloc_default_domain(dev.bus, group, type);
}

/** All devices that a walk has met decide; if they disagree, none does. @linux drivers/iommu/iommu.c probe_alloc_default_domain */
function* probe_alloc_default_domain(k: Grouping, bus: bus_type, group: iommu_group): Task {
  if ((yield* read(group.default_domain)) !== null) return;
  let wanted: DomainType | null = null;
  let said = false;
  for (const { dev } of yield* read(group.devices)) {
    const type = dev === null ? null : yield* k.iommu_get_def_domain_type(dev);
    if (type === null) continue;
    if (wanted !== null && wanted !== type) {
      k.dev_warn(dev, `needs domain type ${type}, but another device of its group ${wanted}`);
      wanted = null;
    }
    if (!said) wanted = type;
    said = true;
  }
  const type = wanted ?? (yield* k.usualDomainType());
  yield* k.iommu_group_alloc_default_domain(bus, group, type);
}

/** Up to the first device that fails. @linux drivers/iommu/iommu.c __iommu_group_dma_attach */
function* __iommu_group_dma_attach(
  k: Grouping,
  group: iommu_group,
  default_domain: iommu_domain,
): Task<errno> {
  for (const { dev } of yield* read(group.devices)) {
    const ret = dev === null ? 0 : yield* k.__iommu_attach_device(default_domain, dev);
    if (ret) return ret;
  }
  return 0;
}

// ---- who uses a group --------------------------------------------------------------------------

/** @linux drivers/iommu/iommu.c iommu_get_domain_for_dev */
function* iommu_get_domain_for_dev(k: Grouping, dev: device): Task<iommu_domain | null> {
  const group = yield* k.iommu_group_get(dev);
  if (group === null) return null;
  const domain = yield* read(group.domain);
  yield* k.iommu_group_put(group);
  return domain;
}

/** @linux drivers/iommu/iommu.c iommu_device_use_default_domain */
function* iommu_device_use_default_domain(k: Grouping, dev: device): Task<errno> {
  const group = yield* k.iommu_group_get(dev);
  if (group === null) return 0;
  yield* mutex_lock(group.mutex);
  const ret = yield* k.ownDefaultDomain(group);
  yield* mutex_unlock(group.mutex);
  yield* k.iommu_group_put(group);
  return ret;
}

/** @linux drivers/iommu/iommu.c iommu_device_unuse_default_domain */
function* iommu_device_unuse_default_domain(k: Grouping, dev: device): Task {
  const group = yield* k.iommu_group_get(dev);
  if (group === null) return;
  yield* mutex_lock(group.mutex);
  const owner_cnt = yield* read(group.owner_cnt);
  if (!k.WARN_ON(owner_cnt === 0, 'group has no owner to take away'))
    yield* write(group.owner_cnt, owner_cnt - 1);
  yield* mutex_unlock(group.mutex);
  yield* k.iommu_group_put(group);
}

interface Added {
  readonly iommu_group_get_for_dev: typeof iommu_group_get_for_dev;
  readonly iommu_group_add_device: typeof iommu_group_add_device;
  readonly iommu_group_remove_device: typeof iommu_group_remove_device;
  readonly takeFrom: typeof takeFrom;
  readonly __iommu_domain_alloc: typeof __iommu_domain_alloc;
  readonly __iommu_attach_device: typeof __iommu_attach_device;
  readonly iommu_group_alloc_default_domain: typeof iommu_group_alloc_default_domain;
  readonly iommu_get_def_domain_type: typeof iommu_get_def_domain_type;
  readonly iommu_alloc_default_domain: typeof iommu_alloc_default_domain;
  readonly probe_alloc_default_domain: typeof probe_alloc_default_domain;
  readonly __iommu_group_dma_attach: typeof __iommu_group_dma_attach;
}

const adds: Added = {
  iommu_group_get_for_dev,
  iommu_group_add_device,
  iommu_group_remove_device,
  takeFrom,
  __iommu_domain_alloc,
  __iommu_attach_device,
  iommu_group_alloc_default_domain,
  iommu_get_def_domain_type,
  iommu_alloc_default_domain,
  probe_alloc_default_domain,
  __iommu_group_dma_attach,
};
/** A kernel with the groups of v6.1. */
export type Grouping = Patched<Added>;

export const oldGroups: Patch = {
  subject: 'groups and default domains as before v6.5',
  adds: { ...adds },
  changes: {
    iommu_get_domain_for_dev,
    iommu_device_use_default_domain,
    iommu_device_unuse_default_domain,
  },
  removes: [
    'iommu_group_alloc_device',
    '__iommu_group_remove_device',
    'iommu_setup_default_domain',
    'defaultDomainType',
    '__iommu_group_set_domain',
    '__iommu_device_set_domain',
  ],
};
