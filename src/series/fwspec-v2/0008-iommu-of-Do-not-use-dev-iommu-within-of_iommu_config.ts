// Builds the fwspec of a devicetree device on the stack and shows it in dev->iommu only while
// of_xlate() needs it there, and claims that parsing on each configure is harmless.

import { field, read, type Task, write } from '../../explore/index.ts';
import type { FdtNode } from '../../firmware/index.ts';
import {
  type device,
  ENODEV,
  ENOMEM,
  EPROBE_DEFER,
  type errno,
  errnoName,
  type fwnode_handle,
  IS_ERR,
  indirect,
  type iommu_fwspec,
  of_device_is_available,
  type of_phandle_args,
  type Patch,
  type Patched,
  pci_for_each_dma_alias,
} from '../../linux/index.ts';
import { present } from '../../util/index.ts';
import type * as p06 from './0006-iommu-Add-iommu_fwspec_alloc-dealloc.ts';
import {
  installFwspec,
  type TakesFwspec,
  type WithDealloc,
} from './0007-iommu-Add-iommu_probe_device_fwspec.ts';

/**
 * Drivers find the fwspec in dev->iommu only. What is there already is freed, also when it is the
 * one that a probed device works with, and afterwards there is none.
 */
export function* xlateShown(
  k: WithDealloc,
  fwspec: iommu_fwspec,
  dev: device,
  iommu_spec: of_phandle_args,
): Task<errno> {
  yield* installFwspec(k, dev, fwspec);
  const { of_xlate } = present(yield* read(fwspec.ops), 'the driver of the fwspec');
  yield* k.readOps();
  const ret = of_xlate === undefined ? -ENODEV : yield* indirect(k, of_xlate, dev, iommu_spec);
  const param = yield* read(dev.iommu);
  const shown = field(k.world, param, 'fwspec');
  if ((yield* read(shown)) === fwspec) yield* write(shown, null);
  return ret;
}

/** @linux drivers/iommu/iommu.c iommu_fwspec_of_xlate */
export function* iommu_fwspec_of_xlate(
  k: Patched<typeof p06>,
  fwspec: iommu_fwspec,
  dev: device,
  iommu_fwnode: fwnode_handle,
  iommu_spec: of_phandle_args,
): Task<errno> {
  const ret = yield* k.iommu_fwspec_assign_iommu(fwspec, dev, iommu_fwnode);
  return ret ? ret : yield* xlateUnlocked(k, fwspec, dev, iommu_spec);
}

/** What follows when it is known whose fwspec it is. Whoever needs a lock has taken it. */
export function* xlateUnlocked(
  k: WithDealloc,
  fwspec: iommu_fwspec,
  dev: device,
  iommu_spec: of_phandle_args,
): Task<errno> {
  if ((yield* read(fwspec.ops))?.of_xlate === undefined) return -ENODEV;
  if ((yield* k.dev_iommu_get(dev)) === null) return -ENOMEM;
  return yield* xlateShown(k, fwspec, dev, iommu_spec);
}

const adds = { iommu_fwspec_of_xlate };

/** @linux drivers/iommu/of_iommu.c of_iommu_xlate */
function* of_iommu_xlate(
  k: Patched<typeof adds>,
  fwspec: iommu_fwspec,
  dev: device,
  iommu_spec: of_phandle_args | null,
): Task<errno> {
  if (iommu_spec === null || !of_device_is_available(iommu_spec.np)) return -ENODEV;
  return yield* k.iommu_fwspec_of_xlate(fwspec, dev, iommu_spec.np, iommu_spec);
}

const xlate = { of_iommu_xlate };

/** @linux drivers/iommu/of_iommu.c of_iommu_configure_dev_id */
function* of_iommu_configure_dev_id(
  k: Patched<typeof xlate>,
  fwspec: iommu_fwspec,
  master_np: FdtNode,
  dev: device,
  id: number,
): Task<errno> {
  return yield* k.xlateMapped(dev, master_np, id, -ENODEV, (spec) =>
    k.of_iommu_xlate(fwspec, dev, spec),
  );
}

/** @linux drivers/iommu/of_iommu.c of_iommu_configure_dev */
function* of_iommu_configure_dev(
  k: Patched<typeof xlate>,
  fwspec: iommu_fwspec,
  master_np: FdtNode,
  dev: device,
): Task<errno> {
  return yield* k.xlateEach(dev, master_np, -ENODEV, (spec) => k.of_iommu_xlate(fwspec, dev, spec));
}

const byNode = { of_iommu_configure_dev_id, of_iommu_configure_dev };

/** @linux drivers/iommu/of_iommu.c of_pci_iommu_init */
function* of_pci_iommu_init(
  k: Patched<typeof byNode>,
  fwspec: iommu_fwspec,
  master_np: FdtNode,
  dev: device,
  alias: number,
): Task<errno> {
  return yield* k.of_iommu_configure_dev_id(fwspec, master_np, dev, alias);
}

const byDevice = { ...byNode, of_pci_iommu_init };

function* parseIommus(
  k: Patched<typeof byDevice>,
  dev: device,
  master_np: FdtNode,
  id: number | null,
  fwspec: iommu_fwspec,
): Task<errno> {
  if (dev.pci !== null) {
    yield* k.pci_request_acs();
    return yield* pci_for_each_dma_alias(dev.pci, (_pdev, alias) =>
      k.of_pci_iommu_init(fwspec, master_np, dev, alias),
    );
  }
  return id === null
    ? yield* k.of_iommu_configure_dev(fwspec, master_np, dev)
    : yield* k.of_iommu_configure_dev_id(fwspec, master_np, dev, id);
}

const parse = { parseIommus };

type Kernel = Patched<typeof parse & typeof p06> & TakesFwspec;

/**
 * A device that has been probed is parsed again like any other.
 *
 * @linux drivers/iommu/of_iommu.c of_iommu_configure
 */
function* of_iommu_configure(
  k: Kernel,
  dev: device,
  master_np: FdtNode | null,
  id: number | null,
): Task<errno> {
  if (master_np === null) return -ENODEV;
  const fwspec = yield* k.iommu_fwspec_alloc();
  if (IS_ERR(fwspec)) return fwspec.error;
  let err = yield* k.parseIommus(dev, master_np, id, fwspec);
  if (err) {
    if (err !== -ENODEV && err !== -EPROBE_DEFER)
      k.dev_dbg(dev, `Adding to IOMMU failed: ${errnoName(err)}`);
    yield* k.iommu_fwspec_dealloc(fwspec);
    return err;
  }
  err = yield* k.iommu_probe_device_fwspec(dev, fwspec);
  if (err) k.dev_dbg(dev, `Adding to IOMMU failed: ${errnoName(err)}`);
  return err;
}

export const patch: Patch = {
  subject: 'iommu/of: Do not use dev->iommu within of_iommu_configure()',
  adds,
  changes: { ...xlate, ...byDevice, ...parse, of_iommu_configure },
  removes: ['fwspecOps'],
};
