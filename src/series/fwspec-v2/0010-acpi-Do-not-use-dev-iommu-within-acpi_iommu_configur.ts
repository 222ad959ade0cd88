// Does for ACPI what patch 8 does for the devicetree, and claims nothing else; as posted, success runs
// into the error path, which frees the fwspec that the device works with.

import { read, type Task, write } from '../../explore/index.ts';
import type { IortNamedComponent, IortNode, IortRootComplex } from '../../firmware/index.ts';
import {
  type acpi_fwnode,
  type device,
  EINVAL,
  ENODEV,
  EPROBE_DEFER,
  type errno,
  errnoName,
  type fwnode_handle,
  IOMMU_FWSPEC_PCI_RC_ATS,
  IORT_IOMMU_TYPE,
  IS_ERR,
  type iommu_fwspec,
  iort_iommu_driver_enabled,
  iort_node_map_id,
  iort_node_map_platform_id,
  iort_pci_rc_supports_ats,
  namedComponentOf,
  type Patch,
  type Patched,
  type pci_dev,
  pci_for_each_dma_alias,
  rootComplexOf,
  viotMmioEndpoint,
  viotPciEndpoint,
} from '../../linux/index.ts';
import type * as p06 from './0006-iommu-Add-iommu_fwspec_alloc-dealloc.ts';
import type { TakesFwspec } from './0007-iommu-Add-iommu_probe_device_fwspec.ts';
import type { iommu_fwspec_append_ids } from './0009-iommu-Add-iommu_fwspec_append_ids.ts';

type WithIds = Patched<
  typeof p06 & { readonly iommu_fwspec_append_ids: typeof iommu_fwspec_append_ids }
>;

/** @linux drivers/acpi/scan.c acpi_iommu_fwspec_init */
function* acpi_iommu_fwspec_init(
  k: WithIds,
  fwspec: iommu_fwspec,
  dev: device,
  id: number,
  fwnode: fwnode_handle,
  iommu_driver_available: boolean,
): Task<errno> {
  const ret = yield* k.iommu_fwspec_assign_iommu(fwspec, dev, fwnode);
  if (ret) return ret === -EPROBE_DEFER && !iommu_driver_available ? -ENODEV : ret;
  return yield* k.iommu_fwspec_append_ids(fwspec, [id]);
}

const init = { acpi_iommu_fwspec_init };

// ---- IORT ----

/** @linux drivers/acpi/arm64/iort.c iort_iommu_xlate */
function* iort_iommu_xlate(
  k: Patched<typeof init>,
  fwspec: iommu_fwspec,
  dev: device,
  node: IortNode | null,
  streamid: number,
): Task<errno> {
  if (node === null) return -ENODEV;
  const iort_fwnode = k.acpi?.fwnodes.get(node);
  if (iort_fwnode === undefined) return -ENODEV;
  return yield* k.acpi_iommu_fwspec_init(
    fwspec,
    dev,
    streamid,
    iort_fwnode,
    iort_iommu_driver_enabled(k, node),
  );
}

const xlate = { iort_iommu_xlate };

/** @linux drivers/acpi/arm64/iort.c iort_pci_iommu_init */
function* iort_pci_iommu_init(
  k: Patched<typeof xlate>,
  fwspec: iommu_fwspec,
  dev: device,
  node: IortRootComplex,
  alias: number,
): Task<errno> {
  const parent = iort_node_map_id(k, node, alias, IORT_IOMMU_TYPE);
  return yield* k.iort_iommu_xlate(fwspec, dev, parent?.node ?? null, parent?.id ?? alias);
}

/** @linux drivers/acpi/arm64/iort.c iort_nc_iommu_map */
function* iort_nc_iommu_map(
  k: Patched<typeof xlate>,
  fwspec: iommu_fwspec,
  dev: device,
  node: IortNamedComponent,
): Task<errno> {
  let err: errno = -ENODEV;
  for (let i = 0; ; i++) {
    const parent = iort_node_map_platform_id(k, node, IORT_IOMMU_TYPE, i);
    if (parent === null) return err;
    err = yield* k.iort_iommu_xlate(fwspec, dev, parent.node, parent.id);
    if (err) return err;
  }
}

/** @linux drivers/acpi/arm64/iort.c iort_nc_iommu_map_id */
function* iort_nc_iommu_map_id(
  k: Patched<typeof xlate>,
  fwspec: iommu_fwspec,
  dev: device,
  node: IortNamedComponent,
  in_id: number,
): Task<errno> {
  const parent = iort_node_map_id(k, node, in_id, IORT_IOMMU_TYPE);
  return parent === null ? -ENODEV : yield* k.iort_iommu_xlate(fwspec, dev, parent.node, parent.id);
}

const byNode = { iort_pci_iommu_init, iort_nc_iommu_map, iort_nc_iommu_map_id };

/** @linux drivers/acpi/arm64/iort.c iort_iommu_configure_id */
function* iort_iommu_configure_id(
  k: Patched<typeof byNode>,
  fwspec: iommu_fwspec,
  dev: device,
  id_in: number | null,
): Task<errno> {
  if (!k.config.CONFIG_ACPI_IORT) return -ENODEV;
  if (dev.pci !== null) {
    const node = rootComplexOf(k, dev.pci.segment);
    if (node === null) return -ENODEV;
    const err = yield* pci_for_each_dma_alias(dev.pci, (_pdev, alias) =>
      k.iort_pci_iommu_init(fwspec, dev, node, alias),
    );
    if (iort_pci_rc_supports_ats(node))
      yield* write(fwspec.flags, (yield* read(fwspec.flags)) | IOMMU_FWSPEC_PCI_RC_ATS);
    return err;
  }
  const node = namedComponentOf(k, dev);
  if (node === null) return -ENODEV;
  const err =
    id_in === null
      ? yield* k.iort_nc_iommu_map(fwspec, dev, node)
      : yield* k.iort_nc_iommu_map_id(fwspec, dev, node, id_in);
  if (!err) yield* k.iort_named_component_init(dev, node);
  return err;
}

// ---- VIOT ----

/** @linux drivers/acpi/viot.c viot_dev_iommu_init */
function* viot_dev_iommu_init(
  k: Patched<typeof init>,
  fwspec: iommu_fwspec,
  dev: device,
  viommu: acpi_fwnode,
  epid: number,
): Task<errno> {
  if (dev.fwnode === viommu) return -EINVAL;
  const { CONFIG_VIRTIO_IOMMU } = k.config;
  return yield* k.acpi_iommu_fwspec_init(fwspec, dev, epid, viommu, CONFIG_VIRTIO_IOMMU);
}

const toEndpoint = { viot_dev_iommu_init };

/** @linux drivers/acpi/viot.c viot_pci_dev_iommu_init */
function* viot_pci_dev_iommu_init(
  k: Patched<typeof toEndpoint>,
  fwspec: iommu_fwspec,
  dev: device,
  pdev: pci_dev,
  dev_id: number,
): Task<errno> {
  const ep = viotPciEndpoint(k, pdev, dev_id);
  return ep === null ? -ENODEV : yield* k.viot_dev_iommu_init(fwspec, dev, ep.viommu, ep.epid);
}

/** @linux drivers/acpi/viot.c viot_mmio_dev_iommu_init */
function* viot_mmio_dev_iommu_init(
  k: Patched<typeof toEndpoint>,
  fwspec: iommu_fwspec,
  dev: device,
): Task<errno> {
  const ep = viotMmioEndpoint(k, dev);
  return ep === null ? -ENODEV : yield* k.viot_dev_iommu_init(fwspec, dev, ep.viommu, ep.epid);
}

const endpoints = { viot_pci_dev_iommu_init, viot_mmio_dev_iommu_init };

/** @linux drivers/acpi/viot.c viot_iommu_configure */
function* viot_iommu_configure(
  k: Patched<typeof endpoints>,
  fwspec: iommu_fwspec,
  dev: device,
): Task<errno> {
  if (!k.config.CONFIG_ACPI_VIOT) return -ENODEV;
  if (dev.pci !== null) {
    return yield* pci_for_each_dma_alias(dev.pci, (pdev, dev_id) =>
      k.viot_pci_dev_iommu_init(fwspec, dev, pdev, dev_id),
    );
  }
  return dev.bus.name === 'platform' ? yield* k.viot_mmio_dev_iommu_init(fwspec, dev) : -ENODEV;
}

// ---- both ----

const tables = { iort_iommu_configure_id, viot_iommu_configure };

/** VIOT is asked only when IORT says that there is no IOMMU. */
function* parseAcpiTables(
  k: Patched<typeof tables>,
  dev: device,
  id_in: number | null,
  fwspec: iommu_fwspec,
): Task<errno> {
  const err = yield* k.iort_iommu_configure_id(fwspec, dev, id_in);
  return err === -ENODEV ? yield* k.viot_iommu_configure(fwspec, dev) : err;
}

const parse = { parseAcpiTables };

/**
 * After a successful probe nothing returns: the fwspec, which is the device's by now, is freed.
 *
 * @linux drivers/acpi/scan.c acpi_iommu_configure_id
 */
function* acpi_iommu_configure_id(
  k: Patched<typeof parse & typeof p06> & TakesFwspec,
  dev: device,
  id_in: number | null,
): Task<errno> {
  let fwspec: iommu_fwspec | null = null;
  const made = yield* k.iommu_fwspec_alloc();
  if (IS_ERR(made)) return made.error;
  fwspec = made;
  let err = yield* k.parseAcpiTables(dev, id_in, fwspec);
  if (!err) {
    err = yield* k.iommu_probe_device_fwspec(dev, fwspec);
    if (err) fwspec = null;
    k.dev_dbg(dev, `Adding to IOMMU failed: ${errnoName(err)}`);
  } else if (err !== -ENODEV && err !== -EPROBE_DEFER) {
    k.dev_dbg(dev, `Adding to IOMMU failed: ${errnoName(err)}`);
  }
  yield* k.iommu_fwspec_dealloc(fwspec);
  return err;
}

function* noDevice(): Task<errno> {
  return -ENODEV;
}

export const patch: Patch = {
  subject: 'acpi: Do not use dev->iommu within acpi_iommu_configure()',
  changes: {
    ...init,
    ...xlate,
    ...byNode,
    ...toEndpoint,
    ...endpoints,
    ...tables,
    ...parse,
    acpi_iommu_configure_id,
  },
  removes: ['acpi_iommu_fwspec_ops'],
  stubs: { CONFIG_IOMMU_API: { acpi_iommu_configure_id: noDevice } },
};
