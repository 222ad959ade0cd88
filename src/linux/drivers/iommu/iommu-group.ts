import {
  assign,
  field,
  lockdep_assert_held,
  look,
  mutex_lock,
  mutex_unlock,
  read,
  type Task,
  update,
  write,
} from '../../../explore/index.ts';
import type { device } from '../../include/linux/device.ts';
import {
  EBUSY,
  EINVAL,
  ENODEV,
  ENOMEM,
  ERR_PTR,
  type ErrPtr,
  type errno,
  errnoName,
  IS_ERR,
} from '../../include/linux/errno.ts';
import {
  type DomainType,
  group_device,
  IOMMU_DOMAIN_DMA,
  IOMMU_DOMAIN_DMA_FQ,
  IOMMU_DOMAIN_IDENTITY,
  iommu_domain,
  iommu_group,
} from '../../include/linux/iommu.ts';
import { refcount_dec_and_test, refcount_inc } from '../../include/linux/refcount.ts';
import { iommu_def_domain_type } from '../../kconfig.ts';
import { indirect, type kernel } from '../../kernel.ts';

// The half of drivers/iommu/iommu.c that groups devices and gives the groups their domains; the other
// half, from dev->iommu to registration, is iommu.ts.

// ---- groups ------------------------------------------------------------------------------------

/** @linux drivers/iommu/iommu.c iommu_group_alloc */
export function* iommu_group_alloc(k: kernel): Task<iommu_group | ErrPtr> {
  const group = yield* k.kzalloc(iommu_group);
  if (group === null) return ERR_PTR(-ENOMEM);
  group.id = yield* update(k.iommu_group_ida, (id) => id + 1);
  return group;
}

/** @linux drivers/iommu/iommu.c iommu_group_ref_get */
export function* iommu_group_ref_get(_k: kernel, group: iommu_group): Task<iommu_group> {
  yield* refcount_inc(group.devices_kobj, group.className);
  return group;
}

/** @linux drivers/iommu/iommu.c iommu_group_put */
export function* iommu_group_put(k: kernel, group: iommu_group): Task {
  if (yield* refcount_dec_and_test(group.devices_kobj, group.className))
    yield* k.iommu_group_release(group);
}

/** @linux drivers/iommu/iommu.c iommu_group_release */
export function* iommu_group_release(k: kernel, group: iommu_group): Task {
  if (group.iommu_data_release !== null) yield* indirect(k, group.iommu_data_release, group);
  const default_domain = yield* read(group.default_domain);
  if (default_domain !== null) yield* k.freeDomain(default_domain);
  yield* k.kfree(group);
}

/** @linux drivers/iommu/iommu.c iommu_group_alloc_device */
export function* iommu_group_alloc_device(
  k: kernel,
  _group: iommu_group,
  dev: device,
): Task<group_device | ErrPtr> {
  const gdev = yield* k.kzalloc(group_device);
  if (gdev === null) return ERR_PTR(-ENOMEM);
  gdev.dev = dev;
  return gdev;
}

/** A group of its own for each device. @linux drivers/iommu/iommu.c generic_device_group */
export function* generic_device_group(k: kernel, _dev: device): Task<iommu_group | ErrPtr> {
  return yield* k.iommu_group_alloc();
}

/** One group for all devices behind an instance. @linux drivers/iommu/iommu.c generic_single_device_group */
export function* generic_single_device_group(k: kernel, dev: device): Task<iommu_group | ErrPtr> {
  const iommu = yield* read(field(k.world, yield* read(dev.iommu), 'iommu_dev'));
  const singleton_group = field(k.world, iommu, 'singleton_group');
  let group = yield* read(singleton_group);
  if (group === null) {
    const made = yield* k.iommu_group_alloc();
    if (IS_ERR(made)) return made;
    yield* write(singleton_group, made);
    group = made;
  }
  return yield* k.iommu_group_ref_get(group);
}

// ---- domains -----------------------------------------------------------------------------------

/** What all members' drivers agree on, or the system's default. */
export function* defaultDomainType(k: kernel, group: iommu_group): Task<DomainType | ErrPtr> {
  let wanted: DomainType | null = k.config.CONFIG_ARM_DMA_USE_IOMMU ? IOMMU_DOMAIN_IDENTITY : null;
  let untrusted: device | null = null;
  for (const { dev } of yield* read(group.devices)) {
    if (dev === null) continue;
    if (yield* k.isUntrusted(dev.pci)) untrusted = dev;
    const ops = yield* k.dev_iommu_ops(dev);
    const type = ops?.def_domain_type ? yield* indirect(k, ops.def_domain_type, dev) : null;
    if (type === null || type === wanted) continue;
    if (wanted === null) wanted = type;
    else {
      k.dev_err(
        dev,
        `IOMMU driver error, requesting conflicting def_domain_type, ${type} and ${wanted}`,
      );
      wanted = IOMMU_DOMAIN_IDENTITY;
    }
  }
  if (!k.config.CONFIG_IOMMU_DMA) {
    if (wanted === IOMMU_DOMAIN_DMA) return ERR_PTR(-EINVAL);
    wanted ??= IOMMU_DOMAIN_IDENTITY;
  }
  if (untrusted === null) return wanted ?? (yield* k.usualDomainType());
  if (wanted === null || wanted === IOMMU_DOMAIN_DMA) return IOMMU_DOMAIN_DMA;
  k.dev_err(untrusted, `is not trusted, but its driver wants ${wanted}: it is refused`);
  return ERR_PTR(-EINVAL);
}

/** Where no driver wishes otherwise. */
export function* usualDomainType(k: kernel): Task<DomainType> {
  const usual = iommu_def_domain_type(k.config);
  const strict = look(k.world, () => k.iommu_dma_strict);
  return strict && usual === IOMMU_DOMAIN_DMA_FQ ? IOMMU_DOMAIN_DMA : usual;
}

/** Hardware for which nothing is gained by flushing late. @linux drivers/iommu/iommu.c iommu_set_dma_strict */
export function* iommu_set_dma_strict(k: kernel): Task {
  assign(k.world, k, 'iommu_dma_strict', true);
}

/** `iommu_domain_free()`. */
export function* freeDomain(k: kernel, domain: iommu_domain): Task {
  const free = domain.ops?.domain_free;
  if (free !== undefined) yield* indirect(k, free, domain);
  yield* k.kfree(domain);
}

/** @linux drivers/iommu/iommu.c iommu_setup_default_domain */
export function* iommu_setup_default_domain(k: kernel, group: iommu_group): Task<errno> {
  lockdep_assert_held(group.mutex);
  const type = yield* k.defaultDomainType(group);
  if (IS_ERR(type)) return type.error;
  const dom = yield* k.kzalloc(iommu_domain);
  if (dom === null) return -ENOMEM;
  const first = (yield* read(group.devices))[0]?.dev;
  dom.ops = first === null || first === undefined ? null : yield* k.dev_iommu_ops(first);
  dom.type = dom.ops?.no_identity && type === IOMMU_DOMAIN_IDENTITY ? IOMMU_DOMAIN_DMA : type;
  const old_dom = yield* read(group.default_domain);
  yield* write(group.default_domain, dom);
  const current = yield* read(group.domain);
  const ret = yield* k.__iommu_group_set_domain(group, dom, current === null);
  // The first domain stays even if it failed; whoever takes the last device out of the group frees it.
  const stays =
    !ret || (current === null && k.WARN_ON(true, 'iommu driver failed to attach a default domain'));
  if (stays) {
    if (old_dom !== null) yield* k.freeDomain(old_dom);
  } else if (old_dom !== null) {
    yield* write(group.default_domain, old_dom);
    yield* k.freeDomain(dom);
  }
  return ret;
}

/**
 * Attach all devices of a group. The first domain of a group must not fail: its other devices are
 * attached all the same, and the group keeps the domain.
 *
 * @linux drivers/iommu/iommu.c __iommu_group_set_domain_internal
 */
export function* __iommu_group_set_domain(
  k: kernel,
  group: iommu_group,
  domain: iommu_domain,
  mustSucceed: boolean,
): Task<errno> {
  if ((yield* read(group.domain)) === domain) return 0;
  let result: errno = 0;
  for (const { dev } of yield* read(group.devices)) {
    if (dev === null) continue;
    const ret = yield* k.__iommu_device_set_domain(group, dev, domain);
    if (!ret) continue;
    if (!mustSucceed) return ret;
    result = ret;
  }
  yield* write(group.domain, domain);
  return result;
}

/** @linux drivers/iommu/iommu.c __iommu_device_set_domain */
export function* __iommu_device_set_domain(
  k: kernel,
  _group: iommu_group,
  dev: device,
  domain: iommu_domain,
): Task<errno> {
  const { ops } = domain;
  if (ops === null) return -ENODEV;
  const ret = yield* indirect(k, ops.attach_dev, domain, dev);
  if (ret) k.dev_err(dev, `attaching the domain failed: ${errnoName(ret)}`);
  return ret;
}

/** @linux drivers/iommu/iommu.c iommu_get_domain_for_dev */
export function* iommu_get_domain_for_dev(_k: kernel, dev: device): Task<iommu_domain | null> {
  const group = yield* read(dev.iommu_group);
  return group === null ? null : yield* read(group.domain);
}

/** @linux drivers/iommu/iommu.c iommu_device_use_default_domain */
export function* iommu_device_use_default_domain(k: kernel, dev: device): Task<errno> {
  const group = yield* read(dev.iommu_group); // no lock
  if (group === null) return 0;
  yield* mutex_lock(group.mutex);
  const ret = yield* k.ownDefaultDomain(group);
  yield* mutex_unlock(group.mutex);
  return ret;
}

/** One more owner of a group that is on its default domain. */
export function* ownDefaultDomain(_k: kernel, group: iommu_group): Task<errno> {
  const owner_cnt = yield* read(group.owner_cnt);
  if (owner_cnt > 0 && (yield* read(group.domain)) !== (yield* read(group.default_domain)))
    return -EBUSY;
  yield* write(group.owner_cnt, owner_cnt + 1);
  return 0;
}

/** @linux drivers/iommu/iommu.c iommu_device_unuse_default_domain */
export function* iommu_device_unuse_default_domain(k: kernel, dev: device): Task {
  const group = yield* read(dev.iommu_group);
  if (group === null) return;
  yield* mutex_lock(group.mutex);
  const owner_cnt = yield* read(group.owner_cnt);
  if (!k.WARN_ON(owner_cnt === 0, 'group has no owner to take away'))
    yield* write(group.owner_cnt, owner_cnt - 1);
  yield* mutex_unlock(group.mutex);
}

/**
 * What is left to do for one member of a group, or for all, when it may have its default domain.
 * Nothing here: this kernel leaves the DMA API to `arch_setup_dma_ops()`.
 */
export function* settle(_k: kernel, _group: iommu_group, _one: device | null): Task {}

/** Whether a DMA API domain translates for the device. */
export function isDmaDomain(domain: iommu_domain): boolean {
  return domain.type === IOMMU_DOMAIN_DMA || domain.type === IOMMU_DOMAIN_DMA_FQ;
}
