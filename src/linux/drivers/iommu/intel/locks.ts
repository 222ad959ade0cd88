import { Mutex, might_lock, SpinLock, Struct, type Task } from '../../../../explore/index.ts';
import type { device } from '../../../include/linux/device.ts';
import type { errno } from '../../../include/linux/errno.ts';
import { IOMMU_DOMAIN_IDENTITY, type iommu_domain } from '../../../include/linux/iommu.ts';
import type { kernel } from '../../../kernel.ts';

/**
 * The locks of the driver. Those of a unit and of a domain are held for what is no step here: only the
 * order is of interest in which they are taken, which is one of classes, and one stands for each.
 */
export class intel_statics extends Struct {
  readonly dmar_global_lock: Mutex = new Mutex(this.world, 'dmar_global_lock');
  /** Around the context entries of a unit. */
  readonly lock: SpinLock = this.#spin('lock', 'intel_iommu');
  /** Around the numbers of its domains. */
  readonly did_lock: Mutex = new Mutex(this.world, 'did_lock', null, 'intel_iommu->did_lock');
  readonly device_rbtree_lock: SpinLock = this.#spin('device_rbtree_lock', 'intel_iommu');
  readonly iopf_lock: Mutex = new Mutex(this.world, 'iopf_lock', null, 'intel_iommu->iopf_lock');
  /** Around the devices of a domain, and around its cache tags. */
  readonly devices_lock: SpinLock = this.#spin('lock', 'dmar_domain');
  readonly cache_lock: SpinLock = this.#spin('cache_lock', 'dmar_domain');

  #spin(label: string, of: string): SpinLock {
    return new SpinLock(this.world, label, null, `${of}->${label}`);
  }
}

/** What a kernel locks in the driver, beside what all do. */
export interface IntelLocks {
  /** It knows devices by their requester IDs, and caches by domain. */
  readonly tracks: boolean;
  /** It has a lock for the numbers of domains alone. */
  readonly numbers: boolean;
}

const locksOf = (k: kernel): intel_statics => k.staticsOf('intel-iommu', intel_statics);

/** A PCI function, which may have ATS, is looked up by its ID. @linux drivers/iommu/intel/iommu.c device_rbtree_insert */
export function lockInProbe(k: kernel, { pci }: device, { tracks }: IntelLocks): void {
  if (tracks && pci !== null) might_lock(locksOf(k).device_rbtree_lock);
}

/** To a domain, or from it. @linux drivers/iommu/intel/iommu.c dmar_domain_attach_device */
function lockDomain(k: kernel, { tracks, numbers }: IntelLocks): void {
  const { lock, did_lock, devices_lock, cache_lock } = locksOf(k);
  if (numbers) might_lock(did_lock);
  // The first device of a domain behind a unit: what both can do is found out.
  else might_lock(lock, devices_lock);
  might_lock(devices_lock);
  might_lock(lock);
  if (tracks) might_lock(cache_lock);
}

/** @linux drivers/iommu/intel/iommu.c intel_iommu_release_device */
export function lockInRelease(k: kernel, { pci }: device, locks: IntelLocks): void {
  const { iopf_lock, device_rbtree_lock } = locksOf(k);
  lockDomain(k, locks);
  if (!locks.tracks) return;
  if (pci === null) might_lock(iopf_lock);
  else might_lock(iopf_lock, device_rbtree_lock);
}

/** @linux drivers/iommu/intel/iommu.c intel_iommu_attach_device */
export function intelAttachDevice(
  locks: IntelLocks,
): (k: kernel, domain: iommu_domain) => Task<errno> {
  return function* intel_iommu_attach_device(k: kernel, { type }: iommu_domain): Task<errno> {
    // Where all units share the identity domain, nothing is noted of its devices.
    if (locks.tracks && type === IOMMU_DOMAIN_IDENTITY) might_lock(locksOf(k).lock);
    else lockDomain(k, locks);
    return 0;
  };
}
