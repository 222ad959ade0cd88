import type { Task } from '../../../explore/index.ts';
import type { ViotMmioEndpoint, ViotPciRange } from '../../../firmware/acpi/index.ts';
import type { device, pci_dev } from '../../include/linux/device.ts';
import { EINVAL, ENODEV, EPROBE_DEFER, type errno } from '../../include/linux/errno.ts';
import { type acpi_fwnode, to_acpi_device_node } from '../../include/linux/fwnode.ts';
import type { kernel } from '../../kernel.ts';
import { pci_for_each_dma_alias } from '../pci/search.ts';

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
  { segment }: pci_dev,
  dev_id: number,
): Task<errno> {
  const ep = lastEndpoint(
    k,
    (node): node is ViotPciRange =>
      node.type === 'pci-range' &&
      segment >= node.segment_start &&
      segment <= node.segment_end &&
      dev_id >= node.bdf_start &&
      dev_id <= node.bdf_end,
  );
  if (ep === null) return -ENODEV;
  const { segment_start, bdf_start, endpoint_start } = ep.node;
  const epid = (((segment - segment_start) << 16) + dev_id - bdf_start + endpoint_start) >>> 0;
  return yield* k.viot_dev_iommu_init(dev, ep.viommu, epid);
}

/** @linux drivers/acpi/viot.c viot_mmio_dev_iommu_init */
export function* viot_mmio_dev_iommu_init(k: kernel, dev: device): Task<errno> {
  const memory = to_acpi_device_node(dev.fwnode)?.memory ?? null;
  if (memory === null) return -ENODEV;
  const ep = lastEndpoint(
    k,
    (node): node is ViotMmioEndpoint =>
      node.type === 'mmio-endpoint' && node.base_address === memory,
  );
  return ep === null ? -ENODEV : yield* k.viot_dev_iommu_init(dev, ep.viommu, ep.node.endpoint);
}

/**
 * The last endpoint in the table that fits: Linux put each at the head of a list when it started,
 * leaving out those whose IOMMU it could not find.
 */
function lastEndpoint<T extends ViotPciRange | ViotMmioEndpoint>(
  k: kernel,
  fits: (node: ViotPciRange | ViotMmioEndpoint) => node is T,
): { readonly node: T; readonly viommu: acpi_fwnode } | null {
  const nodes = k.acpi?.viot?.nodes ?? [];
  for (const node of nodes.toReversed()) {
    if ((node.type !== 'pci-range' && node.type !== 'mmio-endpoint') || !fits(node)) continue;
    const viommu = viommuAt(k, node.output_node);
    if (viommu !== null) return { node, viommu };
  }
  return null;
}

function viommuAt(k: kernel, offset: number): acpi_fwnode | null {
  for (const node of k.acpi?.viot?.nodes ?? []) {
    if (node.type !== 'virtio-iommu-pci' && node.type !== 'virtio-iommu-mmio') continue;
    if (node.offset === offset) return k.acpi?.fwnodes.get(node) ?? null;
  }
  return null;
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
