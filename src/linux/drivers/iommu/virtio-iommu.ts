import { read, Struct, type Task, write } from '../../../explore/index.ts';
import type { device } from '../../include/linux/device.ts';
import {
  ENODEV,
  ENOENT,
  ENOMEM,
  ERR_PTR,
  type ErrPtr,
  type errno,
} from '../../include/linux/errno.ts';
import {
  iommu_device,
  type iommu_domain,
  type iommu_group,
  type iommu_ops,
  type of_phandle_args,
} from '../../include/linux/iommu.ts';
import type { kernel } from '../../kernel.ts';
import { attachOneInstance, pciOrGenericGroup, registerInstance } from './common/common.ts';
import type { IommuDriver } from './common/driver.ts';

const driver = 'virtio-iommu';

/** @linux drivers/iommu/virtio-iommu.c viommu_endpoint */
class viommu_endpoint extends Struct {}

/**
 * The return value of registration is ignored: the driver binds whatever became of its clients.
 *
 * @linux drivers/iommu/virtio-iommu.c viommu_probe
 */
export function* viommu_probe(k: kernel, dev: device): Task<errno> {
  // Its class device is below the virtio device.
  yield* registerInstance(k, dev, driver, (k, iommu, ops) => k.iommu_device_register(iommu, ops));
  return 0;
}

/** @linux drivers/iommu/virtio-iommu.c viommu_of_xlate */
function* viommu_of_xlate(
  k: kernel,
  dev: device,
  { args: [id = 0] }: of_phandle_args,
): Task<errno> {
  return yield* k.iommu_fwspec_add_ids(dev, [id]);
}

/** @linux drivers/iommu/virtio-iommu.c viommu_probe_device */
function* viommu_probe_device(k: kernel, dev: device): Task<iommu_device | ErrPtr> {
  const fwspec = yield* k.ownFwspec(dev, driver);
  if (fwspec === null) return ERR_PTR(-ENODEV);
  const viommu = yield* k.viommu_get_by_fwnode(yield* read(fwspec.iommu_fwnode));
  if (viommu === null) {
    k.dev_dbg(dev, 'the virtio-iommu is registered but its driver is not bound yet');
    return ERR_PTR(-ENODEV);
  }
  const vdev = yield* k.kzalloc(viommu_endpoint);
  if (vdev === null) return ERR_PTR(-ENOMEM);
  yield* k.dev_iommu_priv_set(dev, vdev);
  const num_ids = yield* read(fwspec.num_ids);
  const ids = (yield* read(fwspec.ids)).slice(0, num_ids);
  for (const id of ids) {
    const ret = probeEndpoint(k, viommu, dev, id);
    if (!ret) continue;
    yield* k.kfree(vdev);
    return ERR_PTR(ret);
  }
  k.probeSaw(dev, ids, 1);
  return viommu;
}

/** `viommu_probe_endpoint()`: a request to the device, which may have no such endpoint. */
function probeEndpoint(k: kernel, { hardware }: iommu_device, dev: device, id: number): errno {
  const { endpoints } = hardware;
  if (endpoints === undefined || endpoints.has(id)) return 0;
  k.dev_err(dev, `the virtio-iommu has no endpoint 0x${id.toString(16)}`);
  return -ENOENT;
}

/** Does what the architecture does not. @linux drivers/iommu/virtio-iommu.c viommu_probe_finalize */
function* viommu_probe_finalize(k: kernel, dev: device): Task {
  if (k.config.CONFIG_ARCH_HAS_SETUP_DMA_OPS) return;
  yield* write(dev.dma_ops, null);
  yield* k.iommu_setup_dma_ops(dev);
}

/** @linux drivers/iommu/virtio-iommu.c viommu_release_device */
function* viommu_release_device(k: kernel, dev: device): Task {
  yield* k.kfree((yield* k.dev_iommu_priv_get(dev)) as viommu_endpoint | null);
}

/** @linux drivers/iommu/virtio-iommu.c viommu_device_group */
function* viommu_device_group(k: kernel, dev: device): Task<iommu_group | ErrPtr> {
  return yield* pciOrGenericGroup(k, dev);
}

/** @linux drivers/iommu/virtio-iommu.c viommu_attach_dev */
function* viommu_attach_dev(k: kernel, domain: iommu_domain, dev: device): Task<errno> {
  return yield* attachOneInstance(k, domain, dev);
}

export const viommu_ops: iommu_ops = {
  text: 'viommu_ops',
  driver,
  of_xlate: viommu_of_xlate,
  probe_device: viommu_probe_device,
  probe_finalize: viommu_probe_finalize,
  release_device: viommu_release_device,
  device_group: viommu_device_group,
  attach_dev: viommu_attach_dev,
};

export const virtio_iommu: IommuDriver = {
  name: driver,
  kind: 'fwspec',
  ops: viommu_ops,
  compatible: ['virtio,mmio', 'pci1af4,1057', 'virtio,pci-iommu'],
  acpi: { table: 'viot', nodes: ['virtio-iommu-mmio', 'virtio-iommu-pci'] },
  config: 'CONFIG_VIRTIO_IOMMU',
  cells: 1,
  probe: viommu_probe,
  instance: iommu_device,
  needsIommuCells: true,
};
