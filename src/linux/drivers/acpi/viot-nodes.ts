// Which endpoint of VIOT a device is. The table does not change, so reading it is no scheduling point.

import type { ViotMmioEndpoint, ViotPciRange } from '../../../firmware/acpi/index.ts';
import type { device } from '../../include/linux/device.ts';
import { type acpi_fwnode, to_acpi_device_node } from '../../include/linux/fwnode.ts';
import type { pci_dev } from '../../include/linux/pci.ts';
import type { kernel } from '../../kernel.ts';

/** By which ID a device is known to which IOMMU. */
export interface ViotEndpoint {
  readonly viommu: acpi_fwnode;
  readonly epid: number;
  readonly node: ViotPciRange | ViotMmioEndpoint;
}

export function viotPciEndpoint(
  k: kernel,
  { segment }: pci_dev,
  dev_id: number,
): ViotEndpoint | null {
  const ep = lastEndpoint(
    k,
    (node): node is ViotPciRange =>
      node.type === 'pci-range' &&
      segment >= node.segment_start &&
      segment <= node.segment_end &&
      dev_id >= node.bdf_start &&
      dev_id <= node.bdf_end,
  );
  if (ep === null) return null;
  const { segment_start, bdf_start, endpoint_start } = ep.node;
  const epid = (((segment - segment_start) << 16) + dev_id - bdf_start + endpoint_start) >>> 0;
  return { ...ep, epid };
}

export function viotMmioEndpoint(k: kernel, dev: device): ViotEndpoint | null {
  const memory = to_acpi_device_node(dev.fwnode)?.memory ?? null;
  if (memory === null) return null;
  const ep = lastEndpoint(
    k,
    (node): node is ViotMmioEndpoint =>
      node.type === 'mmio-endpoint' && node.base_address === memory,
  );
  return ep === null ? null : { ...ep, epid: ep.node.endpoint };
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
