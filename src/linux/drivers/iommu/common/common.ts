import { field, read, type Step, type Task, write } from '../../../../explore/index.ts';
import type { FdtNode } from '../../../../firmware/fdt/index.ts';
import type { DriverName } from '../../../design.ts';
import type { device } from '../../../include/linux/device.ts';
import type { ErrPtr } from '../../../include/linux/errno.ts';
import { EINVAL, type errno, errnoName } from '../../../include/linux/errno.ts';
import type {
  iommu_device,
  iommu_domain,
  iommu_fwspec,
  iommu_group,
  iommu_ops,
} from '../../../include/linux/iommu.ts';
import type { kernel } from '../../../kernel.ts';
import { registerBelow, unregisterBelow } from '../iommu-sysfs.ts';

// What several drivers write down in the same words.

/**
 * `platform_set_drvdata()`, then registration: the end of every IOMMU driver's probe.
 *
 * @param register where the class device is not below this one
 */
export function* registerInstance(
  k: kernel,
  dev: device,
  driver: DriverName,
  register: (
    k: kernel,
    iommu: iommu_device,
    ops: iommu_ops,
  ) => Step<errno> | Task<errno> = registerBelow,
): Task<errno> {
  const missing = dev.own.length > 0 ? yield* k.of_clk_bulk_get(dev) : 0;
  if (missing) return missing;
  const iommu = k.instanceOf(dev);
  const { probeErrno = 0 } = iommu.hardware;
  if (probeErrno) {
    k.dev_err(dev, `the hardware is not usable: ${errnoName(probeErrno)}`);
    return probeErrno;
  }
  yield* write(dev.drvdata, iommu);
  const err = yield* register(k, iommu, k.opsOf(driver));
  if (err) k.dev_err(dev, 'Failed to register iommu');
  return err;
}

/** The end of every IOMMU driver's remove; the driver core clears drvdata when it has returned. */
export function* unregisterInstance(k: kernel, dev: device): Task {
  yield* unregisterBelow(k, k.instanceOf(dev));
}

/** The instance that an IOMMU's node stands for, as `of_xlate` looks it up. Nobody tests the device. */
export function* drvdataOfNode(
  k: kernel,
  np: FdtNode,
  drop: (dev: device) => Step<void> = (dev) => k.dropFound(dev),
): Task<unknown> {
  const pdev = yield* k.of_find_device_by_node(np);
  const drvdata = yield* read(field(k.world, pdev, 'drvdata', 'pdev'));
  if (pdev !== null) yield* drop(pdev);
  return drvdata;
}

/** The IDs in a device's fwspec now. */
export function* fwspecIds(k: kernel, dev: device): Task<readonly number[]> {
  return yield* idsOf(k, yield* k.dev_iommu_fwspec_get(dev), null);
}

/** The IDs in a fwspec now: a loop over them asks at each turn how many there are. */
export function* idsOf(
  k: kernel,
  fwspec: iommu_fwspec | null,
  pointer: string | null = 'fwspec',
): Task<readonly number[]> {
  const num_ids = yield* read(field(k.world, fwspec, 'num_ids', pointer));
  return (yield* read(field(k.world, fwspec, 'ids', pointer))).slice(0, num_ids);
}

/** PCI functions may have to share a group; other devices get one each. */
export function* pciOrGenericGroup(k: kernel, dev: device): Task<iommu_group | ErrPtr> {
  return dev.pci !== null ? yield* k.pci_device_group(dev) : yield* k.generic_device_group(dev);
}

/** A domain belongs to the instance of its first device; a device of another one is refused. */
export function* attachOneInstance(k: kernel, domain: iommu_domain, dev: device): Task<errno> {
  const iommu_dev = yield* read(field(k.world, yield* read(dev.iommu), 'iommu_dev'));
  return yield* attachTo(domain, iommu_dev);
}

/** The same where the driver itself knows the instance of the device. */
export function* attachTo(domain: iommu_domain, own: iommu_device | null): Task<errno> {
  const instance = yield* read(domain.instance);
  if (instance === null) {
    yield* write(domain.instance, own);
    return 0;
  }
  return instance === own ? 0 : -EINVAL;
}

/** A domain that any instance can be attached to. */
export function* attachAnyInstance(_k: kernel, _domain: iommu_domain, _dev: device): Task<errno> {
  return 0;
}

/** A link of a device to its IOMMU that the driver has made. It is always there when it was asked for. */
export interface DeviceLink {
  readonly text: string;
  readonly flags: string;
}

/** `device_link_add()`, stateless. */
export function linkTo(k: kernel, iommu: iommu_device | null): DeviceLink {
  return { text: `link to ${field(k.world, iommu, 'dev', 'iommu').name}`, flags: 'stateless' };
}
