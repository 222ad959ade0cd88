// Splits making, naming and freeing a fwspec from storing it in dev->iommu, and claims that the
// present callers see no difference.

import { field, read, type Step, type Task, write } from '../../explore/index.ts';
import {
  type device,
  EINVAL,
  ENOMEM,
  ERR_PTR,
  type ErrPtr,
  type errno,
  type fwnode_handle,
  IS_ERR,
  type iommu_fwspec,
  type iommu_ops,
  type kernel,
  type Patch,
  type Patched,
  to_of_node,
} from '../../linux/index.ts';

/** @linux drivers/iommu/iommu.c iommu_fwspec_alloc */
export function* iommu_fwspec_alloc(k: kernel): Task<iommu_fwspec | ErrPtr> {
  return (yield* k.kzallocFwspec()) ?? ERR_PTR(-ENOMEM);
}

/** @linux drivers/iommu/iommu.c iommu_fwspec_dealloc */
export function* iommu_fwspec_dealloc(k: kernel, fwspec: iommu_fwspec | null): Task {
  if (fwspec === null) return;
  const iommu_fwnode = yield* read(fwspec.iommu_fwnode);
  if (iommu_fwnode !== null) yield* k.fwnode_handle_put(iommu_fwnode);
  yield* k.kfree(fwspec);
}

/**
 * Say which IOMMU a fwspec is for. Any further IOMMU must have the same driver, and one that has not
 * registered has none.
 *
 * @linux drivers/iommu/iommu.c iommu_fwspec_assign_iommu
 */
export function* iommu_fwspec_assign_iommu(
  k: kernel,
  fwspec: iommu_fwspec,
  dev: device,
  iommu_fwnode: fwnode_handle,
): Task<errno> {
  if ((yield* read(fwspec.iommu_fwnode)) !== null) {
    const ops = yield* k.iommu_ops_from_fwnode(iommu_fwnode);
    return (yield* read(fwspec.ops)) === ops ? 0 : -EINVAL;
  }
  if ((yield* read(fwspec.ops)) === null) {
    const ops = yield* k.iommu_ops_from_fwnode(iommu_fwnode);
    if (ops === null) return yield* k.driver_deferred_probe_check_state(dev);
    yield* write(fwspec.ops, ops);
  }
  yield* k.of_node_get(to_of_node(iommu_fwnode));
  yield* write(fwspec.iommu_fwnode, iommu_fwnode);
  return 0;
}

const adds = { iommu_fwspec_alloc, iommu_fwspec_dealloc, iommu_fwspec_assign_iommu };

export type Kernel = Patched<{
  readonly iommu_fwspec_alloc: typeof iommu_fwspec_alloc;
  readonly iommu_fwspec_dealloc: typeof iommu_fwspec_dealloc;
  readonly iommu_fwspec_assign_iommu: typeof iommu_fwspec_assign_iommu;
}>;

/** @linux drivers/iommu/iommu.c iommu_fwspec_init */
function* iommu_fwspec_init(
  k: Kernel,
  dev: device,
  iommu_fwnode: fwnode_handle,
  ops: iommu_ops | null,
): Task<errno> {
  return yield* initFwspec(k, dev, iommu_fwnode, ops, (fwspec) =>
    k.dev_iommu_fwspec_set(dev, fwspec),
  );
}

/**
 * With no `ops` it looks them up once more. They can be there by now, and the caller, who still has
 * none, defers a device whose fwspec looks complete.
 */
export function* initFwspec(
  k: Kernel,
  dev: device,
  iommu_fwnode: fwnode_handle,
  ops: iommu_ops | null,
  publish: (fwspec: iommu_fwspec) => Step<void>,
): Task<errno> {
  const known = yield* k.dev_iommu_fwspec_get(dev);
  if (known !== null) return ops === (yield* read(known.ops)) ? 0 : -EINVAL;
  if ((yield* k.dev_iommu_get(dev)) === null) return -ENOMEM;
  const fwspec = yield* k.iommu_fwspec_alloc();
  if (IS_ERR(fwspec)) return fwspec.error;
  yield* write(fwspec.ops, ops);
  const ret = yield* k.iommu_fwspec_assign_iommu(fwspec, dev, iommu_fwnode);
  if (ret) {
    yield* k.iommu_fwspec_dealloc(fwspec);
    return ret;
  }
  yield* publish(fwspec);
  return 0;
}

/** @linux include/linux/iommu.h iommu_fwspec_free */
function* iommu_fwspec_free(k: Kernel, dev: device): Task {
  const param = yield* read(dev.iommu);
  if (param === null) return;
  yield* k.iommu_fwspec_dealloc(yield* read(param.fwspec));
  yield* write(field(k.world, yield* read(dev.iommu), 'fwspec'), null);
}

/** @linux drivers/iommu/iommu.c dev_iommu_free */
function* dev_iommu_free(k: Kernel, dev: device): Task {
  const param = yield* read(dev.iommu);
  yield* write(dev.iommu, null);
  const fwspec = yield* read(field(k.world, param, 'fwspec'));
  if (fwspec !== null) yield* k.iommu_fwspec_dealloc(fwspec);
  yield* k.kfree(param);
}

export const patch: Patch = {
  subject: 'iommu: Add iommu_fwspec_alloc/dealloc()',
  adds,
  changes: { iommu_fwspec_init, dev_iommu_free },
  removes: ['iommu_fwspec_free'],
  addsInline: { iommu_fwspec_free },
};
