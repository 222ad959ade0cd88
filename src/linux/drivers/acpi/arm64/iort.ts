import { read, type Task, write } from '../../../../explore/index.ts';
import type {
  IortNamedComponent,
  IortNode,
  IortRootComplex,
} from '../../../../firmware/acpi/index.ts';
import { type device, software_node } from '../../../include/linux/device.ts';
import { ENODEV, EPROBE_DEFER, type errno } from '../../../include/linux/errno.ts';
import { IOMMU_FWSPEC_PCI_RC_ATS } from '../../../include/linux/iommu.ts';
import type { kernel } from '../../../kernel.ts';
import { pci_for_each_dma_alias } from '../../pci/search.ts';
import {
  IORT_IOMMU_TYPE,
  iort_iommu_driver_enabled,
  iort_node_map_id,
  iort_node_map_platform_id,
  iort_pci_rc_supports_ats,
  namedComponentOf,
  rootComplexOf,
} from './iort-nodes.ts';

/**
 * Ask for ACS, before PCI is scanned, if there is an SMMU right behind a root complex.
 *
 * @linux drivers/acpi/arm64/iort.c iort_enable_acs
 */
export function* iort_enable_acs(k: kernel): Task {
  const iort = k.config.CONFIG_ACPI_IORT ? (k.acpi?.iort ?? null) : null;
  const behind = (iort?.nodes ?? [])
    .filter(({ type }) => type === 'root-complex')
    .flatMap(({ mappings }) => mappings)
    .map(({ output_reference }) => iort?.nodes.find(({ offset }) => offset === output_reference));
  const found = behind.some((node) => node !== undefined && IORT_IOMMU_TYPE.includes(node.type));
  if (found) yield* k.pci_request_acs();
}

/**
 * Build `dev->iommu->fwspec` from IORT.
 *
 * @linux drivers/acpi/arm64/iort.c iort_iommu_configure_id
 */
export function* iort_iommu_configure_id(
  k: kernel,
  dev: device,
  id_in: number | null,
): Task<errno> {
  if (!k.config.CONFIG_ACPI_IORT) return -ENODEV;
  if (dev.pci !== null) {
    const node = rootComplexOf(k, dev.pci.segment);
    if (node === null) return -ENODEV;
    const err = yield* pci_for_each_dma_alias(dev.pci, (_pdev, alias) =>
      k.iort_pci_iommu_init(dev, node, alias),
    );
    const fwspec = yield* k.dev_iommu_fwspec_get(dev); // also after an error
    if (fwspec !== null && iort_pci_rc_supports_ats(node))
      yield* write(fwspec.flags, (yield* read(fwspec.flags)) | IOMMU_FWSPEC_PCI_RC_ATS);
    return err;
  }
  const node = namedComponentOf(k, dev);
  if (node === null) return -ENODEV;
  const err =
    id_in === null
      ? yield* k.iort_nc_iommu_map(dev, node)
      : yield* k.iort_nc_iommu_map_id(dev, node, id_in);
  if (!err) yield* k.iort_named_component_init(dev, node);
  return err;
}

/**
 * Hand one stream ID to the SMMU. While it has not registered the device waits, with no limit and
 * without leaving a trace in the fwspec.
 *
 * @linux drivers/acpi/arm64/iort.c iort_iommu_xlate
 */
export function* iort_iommu_xlate(
  k: kernel,
  dev: device,
  node: IortNode | null,
  streamid: number,
): Task<errno> {
  if (node === null) return -ENODEV;
  const iort_fwnode = k.acpi?.fwnodes.get(node);
  if (iort_fwnode === undefined) return -ENODEV;
  const ops = yield* k.iommu_ops_from_fwnode(iort_fwnode);
  if (ops === null) {
    k.dev_dbg(dev, `${iort_fwnode.path} has not registered`);
    return iort_iommu_driver_enabled(k, node) ? -EPROBE_DEFER : -ENODEV;
  }
  return yield* k.acpi_iommu_fwspec_init(dev, streamid, iort_fwnode, ops);
}

/** @linux drivers/acpi/arm64/iort.c iort_pci_iommu_init */
export function* iort_pci_iommu_init(
  k: kernel,
  dev: device,
  node: IortRootComplex,
  alias: number,
): Task<errno> {
  const parent = iort_node_map_id(k, node, alias, IORT_IOMMU_TYPE);
  return yield* k.iort_iommu_xlate(dev, parent?.node ?? null, parent?.id ?? alias);
}

/**
 * Every single mapping, up to the first that leads to no SMMU.
 *
 * @linux drivers/acpi/arm64/iort.c iort_nc_iommu_map
 */
export function* iort_nc_iommu_map(k: kernel, dev: device, node: IortNamedComponent): Task<errno> {
  let err: errno = -ENODEV;
  for (let i = 0; ; i++) {
    const parent = iort_node_map_platform_id(k, node, IORT_IOMMU_TYPE, i);
    if (parent === null) return err;
    err = yield* k.iort_iommu_xlate(dev, parent.node, parent.id);
    if (err) return err;
  }
}

/** @linux drivers/acpi/arm64/iort.c iort_nc_iommu_map_id */
export function* iort_nc_iommu_map_id(
  k: kernel,
  dev: device,
  node: IortNamedComponent,
  in_id: number,
): Task<errno> {
  const parent = iort_node_map_id(k, node, in_id, IORT_IOMMU_TYPE);
  return parent === null ? -ENODEV : yield* k.iort_iommu_xlate(dev, parent.node, parent.id);
}

/**
 * What the node says of PASIDs and stalling becomes properties of the device. A second call puts
 * new ones in the place of the old, which nobody frees then.
 *
 * @linux drivers/acpi/arm64/iort.c iort_named_component_init
 */
export function* iort_named_component_init(
  k: kernel,
  dev: device,
  _node: IortNamedComponent,
): Task {
  const swnode = yield* k.kzalloc(software_node);
  if (swnode === null) {
    k.dev_warn(dev, 'Could not add device properties');
    return;
  }
  yield* write(dev.secondary, swnode);
}
