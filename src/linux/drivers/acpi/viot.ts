import type { Task } from '../../../explore/index.ts';
import type { device } from '../../include/linux/device.ts';
import { EINVAL, ENODEV, EPROBE_DEFER, type errno } from '../../include/linux/errno.ts';
import type { acpi_fwnode } from '../../include/linux/fwnode.ts';
import type { pci_dev } from '../../include/linux/pci.ts';
import type { kernel } from '../../kernel.ts';
import { pci_for_each_dma_alias } from '../pci/search.ts';
import { viotMmioEndpoint, viotPciEndpoint } from './viot-nodes.ts';

/** A table is reason enough to ask for ACS, before PCI is scanned. @linux drivers/acpi/viot.c acpi_viot_early_init */
export function* acpi_viot_early_init(k: kernel): Task {
  const table = k.config.CONFIG_ACPI_VIOT ? (k.acpi?.viot ?? null) : null;
  if (table !== null) yield* k.pci_request_acs();
}

/**
 * Build `dev->iommu->fwspec` from VIOT.
 *
 * @linux drivers/acpi/viot.c viot_iommu_configure
 */
export function* viot_iommu_configure(k: kernel, dev: device): Task<errno> {
  if (!k.config.CONFIG_ACPI_VIOT) return -ENODEV;
  if (dev.pci !== null) {
    return yield* pci_for_each_dma_alias(dev.pci, (pdev, dev_id) =>
      k.viot_pci_dev_iommu_init(dev, pdev, dev_id),
    );
  }
  return dev.bus.name === 'platform' ? yield* k.viot_mmio_dev_iommu_init(dev) : -ENODEV;
}

/** @linux drivers/acpi/viot.c viot_pci_dev_iommu_init */
export function* viot_pci_dev_iommu_init(
  k: kernel,
  dev: device,
  pdev: pci_dev,
  dev_id: number,
): Task<errno> {
  const ep = viotPciEndpoint(k, pdev, dev_id);
  return ep === null ? -ENODEV : yield* k.viot_dev_iommu_init(dev, ep.viommu, ep.epid);
}

/** @linux drivers/acpi/viot.c viot_mmio_dev_iommu_init */
export function* viot_mmio_dev_iommu_init(k: kernel, dev: device): Task<errno> {
  const ep = viotMmioEndpoint(k, dev);
  return ep === null ? -ENODEV : yield* k.viot_dev_iommu_init(dev, ep.viommu, ep.epid);
}

/**
 * Hand one endpoint ID to the virtio-iommu. While it has not registered the device waits, with no
 * limit and without leaving a trace in the fwspec.
 *
 * @linux drivers/acpi/viot.c viot_dev_iommu_init
 */
export function* viot_dev_iommu_init(
  k: kernel,
  dev: device,
  viommu: acpi_fwnode,
  epid: number,
): Task<errno> {
  if (dev.fwnode === viommu) return -EINVAL; // an IOMMU does not translate itself
  const ops = yield* k.iommu_ops_from_fwnode(viommu);
  if (ops === null) {
    k.dev_dbg(dev, `${viommu.path} has not registered`);
    return k.config.CONFIG_VIRTIO_IOMMU ? -EPROBE_DEFER : -ENODEV;
  }
  return yield* k.acpi_iommu_fwspec_init(dev, epid, viommu, ops);
}
