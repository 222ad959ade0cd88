import { field, read, type Step, type Task } from '../../../explore/index.ts';
import type { FdtNode } from '../../../firmware/fdt/index.ts';
import type { device } from '../../include/linux/device.ts';
import {
  ENODEV,
  EPROBE_DEFER,
  ERR_PTR,
  type ErrPtr,
  type errno,
  errnoName,
  NO_IOMMU,
} from '../../include/linux/errno.ts';
import type { iommu_ops, of_phandle_args } from '../../include/linux/iommu.ts';
import type { pci_dev } from '../../include/linux/pci.ts';
import { indirect, type kernel } from '../../kernel.ts';
import { mapIommuId, of_device_is_available, of_parse_phandle_with_args } from '../of/base.ts';
import { pci_for_each_dma_alias } from '../pci/search.ts';

/**
 * Hand one specifier to the IOMMU's driver. A placeholder fwspec stays behind when that IOMMU has
 * not registered.
 *
 * @linux drivers/iommu/of_iommu.c of_iommu_xlate
 */
export function* of_iommu_xlate(
  k: kernel,
  dev: device,
  iommu_spec: of_phandle_args | null,
): Task<errno> {
  const np = iommu_spec?.np ?? null;
  const ops = yield* k.iommu_ops_from_fwnode(np);
  if (iommu_spec === null || np === null) {
    k.dev_dbg(dev, 'no IOMMU: iommu-map has no entry for this ID');
    return NO_IOMMU;
  }
  if ((ops !== null && ops.of_xlate === undefined) || !of_device_is_available(np)) {
    k.dev_dbg(dev, `no IOMMU: ${np.path} is ${ops === null ? 'disabled' : 'not for devicetree'}`);
    return NO_IOMMU;
  }
  const ret = yield* k.iommu_fwspec_init(dev, np, ops);
  if (ret) {
    k.dev_dbg(dev, `${np.path} cannot join the IOMMU found before: ${errnoName(ret)}`);
    return ret;
  }
  if (ops === null) {
    k.dev_dbg(dev, `${np.path} has not registered`);
    return yield* k.driver_deferred_probe_check_state(dev);
  }
  if (!(yield* k.try_module_get(ops))) return -ENODEV;
  const err =
    ops.of_xlate === undefined ? -ENODEV : yield* indirect(k, ops.of_xlate, dev, iommu_spec);
  yield* k.module_put(ops);
  return err;
}

/** @linux drivers/iommu/of_iommu.c of_iommu_configure_dev_id */
export function* of_iommu_configure_dev_id(
  k: kernel,
  master_np: FdtNode,
  dev: device,
  id: number,
): Task<errno> {
  return yield* k.xlateMapped(dev, master_np, id, NO_IOMMU, (spec) => k.of_iommu_xlate(dev, spec));
}

/** Translate what `iommu-map` makes of an id; without a map the answer is `none`. */
export function* xlateMapped(
  k: kernel,
  dev: device,
  master_np: FdtNode,
  id: number,
  none: errno,
  xlate: (iommu_spec: of_phandle_args | null) => Step<errno>,
): Task<errno> {
  const mapped = mapIommuId(k, dev, master_np, id);
  if ('error' in mapped) return mapped.error === -ENODEV ? none : mapped.error;
  if (mapped.target !== null) yield* k.of_node_get(mapped.target);
  const err = yield* xlate(
    mapped.target === null ? null : { np: mapped.target, args: mapped.args },
  );
  if (mapped.target !== null) yield* k.of_node_put(mapped.target);
  return err;
}

/** @linux drivers/iommu/of_iommu.c of_iommu_configure_dev */
export function* of_iommu_configure_dev(k: kernel, master_np: FdtNode, dev: device): Task<errno> {
  return yield* k.xlateEach(dev, master_np, NO_IOMMU, (spec) => k.of_iommu_xlate(dev, spec));
}

/** Translate the specifiers of `iommus` up to the first error; where there are none, it is `none`. */
export function* xlateEach(
  k: kernel,
  dev: device,
  master_np: FdtNode,
  none: errno,
  xlate: (iommu_spec: of_phandle_args) => Step<errno>,
): Task<errno> {
  let err = none;
  for (let index = 0; ; index++) {
    const iommu_spec = of_parse_phandle_with_args(
      k,
      dev,
      master_np,
      'iommus',
      '#iommu-cells',
      index,
    );
    if (iommu_spec === null) return err;
    yield* k.of_node_get(iommu_spec.np);
    err = yield* xlate(iommu_spec);
    yield* k.of_node_put(iommu_spec.np);
    if (err) return err;
  }
}

/** @linux drivers/iommu/of_iommu.c of_pci_iommu_init */
export function* of_pci_iommu_init(
  k: kernel,
  master_np: FdtNode,
  dev: device,
  alias: number,
): Task<errno> {
  return yield* k.of_iommu_configure_dev_id(master_np, dev, alias);
}

/** The whole parse: every specifier, or every DMA alias. */
export function* parseIommus(
  k: kernel,
  dev: device,
  master_np: FdtNode,
  id: number | null,
): Task<errno> {
  if (dev.pci !== null) {
    yield* k.pci_request_acs();
    return yield* pci_for_each_dma_alias(dev.pci, (_pdev: pci_dev, alias: number) =>
      k.of_pci_iommu_init(master_np, dev, alias),
    );
  }
  if (id !== null) return yield* k.of_iommu_configure_dev_id(master_np, dev, id);
  return yield* k.of_iommu_configure_dev(master_np, dev);
}

/**
 * Build `dev->iommu->fwspec` from firmware and probe the device. Nothing here holds a lock, and the
 * fwspec stays in place on every error.
 *
 * @linux drivers/iommu/of_iommu.c of_iommu_configure
 */
export function* of_iommu_configure(
  k: kernel,
  dev: device,
  master_np: FdtNode | null,
  id: number | null,
): Task<iommu_ops | ErrPtr | null> {
  let ops: iommu_ops | null = null;
  const fwspec = yield* k.dev_iommu_fwspec_get(dev);
  if (master_np === null) return null;
  if (fwspec !== null) {
    const known = yield* read(fwspec.ops);
    if (known !== null) return known; // whether or not probing had worked
    yield* k.iommu_fwspec_free(dev); // deferred before: start again
  }
  let err = yield* k.parseIommus(dev, master_np, id);
  if (!err) ops = yield* k.fwspecOps(dev);
  if (!err) err = yield* k.iommu_probe_device(dev);
  if (err === -EPROBE_DEFER) return ERR_PTR(err);
  if (err < 0) {
    k.dev_dbg(dev, `Adding to IOMMU failed: ${errnoName(err)}`);
    return null;
  }
  return err > 0 ? null : ops;
}

/** `fwspec->ops`, with the fwspec looked up again because it may have moved. */
export function* fwspecOps(k: kernel, dev: device): Task<iommu_ops | null> {
  const fwspec = yield* k.dev_iommu_fwspec_get(dev);
  return yield* read(field(k.world, fwspec, 'ops'));
}
