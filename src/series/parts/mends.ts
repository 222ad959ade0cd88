// Mistakes of the series as posted, each repaired by itself, so that what hides behind it shows.

import { mutex_lock, mutex_unlock, read, type Task, write } from '../../explore/index.ts';
import type { FdtNode } from '../../firmware/index.ts';
import {
  type AnyFunction,
  base,
  type Design,
  type device,
  EINVAL,
  ENODEV,
  ENOMEM,
  EPROBE_DEFER,
  type errno,
  errnoName,
  type fwnode_handle,
  IS_ERR,
  type iommu_fwspec,
  type kernel,
  type of_phandle_args,
  type Patch,
  type Patched,
} from '../../linux/index.ts';
import { Sequence } from '../../util/index.ts';
import {
  type iommu_fwspec as fwspec_with_ids,
  krealloc_array,
} from '../fwspec-v2/0005-iommu-Make-iommu_fwspec-ids-a-distinct-allocation.ts';
import type { Kernel } from '../fwspec-v2/0006-iommu-Add-iommu_fwspec_alloc-dealloc.ts';
import {
  type InitsFwspec,
  probeLocked,
} from '../fwspec-v2/0007-iommu-Add-iommu_probe_device_fwspec.ts';
import { xlateUnlocked } from '../fwspec-v2/0008-iommu-of-Do-not-use-dev-iommu-within-of_iommu_config.ts';
import { ofXlate } from '../fwspec-v2/0015-iommu-Add-ops-of_xlate_fwspec.ts';

/** Functions of a design that a repair calls: what it puts around them stays in front. */
type Inner<A extends readonly unknown[], R> = (k: kernel, ...args: A) => Task<R>;

function innerOf<A extends readonly unknown[], R>(design: Design, symbol: string): Inner<A, R> {
  const table: Readonly<Record<string, AnyFunction>> = { ...design.functions, ...design.inlines };
  return table[symbol] as unknown as Inner<A, R>;
}

function* appendIds(k: kernel, of: iommu_fwspec, added: readonly number[]): Task<errno> {
  const fwspec = of as fwspec_with_ids;
  const num_ids = yield* read(fwspec.num_ids);
  const new_num = num_ids + added.length;
  if (new_num > 1) {
    const grown = yield* krealloc_array(k, yield* read(fwspec.ids_array), new_num);
    if (grown === null) return -ENOMEM;
    yield* write(fwspec.ids_array, grown);
  }
  const kept = (yield* read(fwspec.ids)).slice(0, num_ids);
  yield* write(fwspec.ids, Sequence.of([...kept, ...added]));
  yield* write(fwspec.num_ids, new_num);
  return 0;
}

function* freeIds(k: kernel, fwspec: iommu_fwspec | null): Task {
  if (fwspec !== null) yield* k.kfree(yield* read((fwspec as fwspec_with_ids).ids_array));
}

/** Patch 5: IDs move to the array that grows, and it goes with its fwspec. */
export function keepIds(design: Design): Patch {
  /** @linux drivers/iommu/iommu.c iommu_fwspec_append_ids */
  function* iommu_fwspec_append_ids(
    k: kernel,
    fwspec: iommu_fwspec,
    ids: readonly number[],
  ): Task<errno> {
    return yield* appendIds(k, fwspec, ids);
  }
  /** @linux drivers/iommu/iommu.c iommu_fwspec_add_ids */
  function* iommu_fwspec_add_ids(k: kernel, dev: device, ids: readonly number[]): Task<errno> {
    const fwspec = yield* k.dev_iommu_fwspec_get(dev);
    return fwspec === null ? -EINVAL : yield* appendIds(k, fwspec, ids);
  }
  const dealloc = innerOf<[iommu_fwspec | null], void>(design, 'iommu_fwspec_dealloc');
  /** @linux drivers/iommu/iommu.c iommu_fwspec_dealloc */
  function* iommu_fwspec_dealloc(k: kernel, fwspec: iommu_fwspec | null): Task {
    yield* freeIds(k, fwspec);
    yield* dealloc(k, fwspec);
  }
  const free = innerOf<[device], void>(design, 'iommu_fwspec_free');
  /** @linux drivers/iommu/iommu.c iommu_fwspec_free */
  function* iommu_fwspec_free(k: kernel, dev: device): Task {
    yield* freeIds(k, yield* k.dev_iommu_fwspec_get(dev));
    yield* free(k, dev);
  }
  const freeParam = innerOf<[device], void>(design, 'dev_iommu_free');
  /** @linux drivers/iommu/iommu.c dev_iommu_free */
  function* dev_iommu_free(k: kernel, dev: device): Task {
    yield* freeIds(k, yield* k.dev_iommu_fwspec_get(dev));
    yield* freeParam(k, dev);
  }
  const append = 'iommu_fwspec_append_ids' in design.functions;
  return {
    subject: 'iommu: keep the IDs that a fwspec has, and free their array with it',
    changes: {
      ...(append ? { iommu_fwspec_append_ids } : { iommu_fwspec_add_ids }),
      ...('iommu_fwspec_dealloc' in design.functions
        ? { iommu_fwspec_dealloc }
        : { iommu_fwspec_free, dev_iommu_free }),
    },
  };
}

/** Patch 8: a device that has been probed is not parsed again, which is looked at under the lock. */
export function parseOnce(design: Design): Patch {
  const configure = innerOf<[device, FdtNode | null, number | null], errno>(
    design,
    'of_iommu_configure',
  );
  /** @linux drivers/iommu/of_iommu.c of_iommu_configure */
  function* of_iommu_configure(
    k: kernel,
    dev: device,
    master_np: FdtNode | null,
    id: number | null,
  ): Task<errno> {
    yield* mutex_lock(k.iommu_probe_device_lock);
    const fwspec = yield* k.dev_iommu_fwspec_get(dev);
    const described = fwspec !== null && (yield* read(fwspec.ops)) !== null;
    yield* mutex_unlock(k.iommu_probe_device_lock);
    if (master_np !== null && described) return 0;
    return yield* configure(k, dev, master_np, id);
  }
  return {
    subject: 'iommu/of: leave early where a device has its fwspec',
    changes: { of_iommu_configure },
  };
}

/** Patch 8: the module of the driver stays as long as of_xlate() is at work. */
export function holdModule(design: Design): Patch {
  const xlate = innerOf<[iommu_fwspec, device, fwnode_handle, of_phandle_args], errno>(
    design,
    'iommu_fwspec_of_xlate',
  );
  /** @linux drivers/iommu/iommu.c iommu_fwspec_of_xlate */
  function* iommu_fwspec_of_xlate(
    k: kernel,
    fwspec: iommu_fwspec,
    dev: device,
    iommu_fwnode: fwnode_handle,
    iommu_spec: of_phandle_args,
  ): Task<errno> {
    const ops = (yield* read(fwspec.ops)) ?? (yield* k.iommu_ops_from_fwnode(iommu_fwnode));
    if (ops === null) return yield* k.driver_deferred_probe_check_state(dev);
    if (!(yield* k.try_module_get(ops))) return -ENODEV;
    const ret = yield* xlate(k, fwspec, dev, iommu_fwnode, iommu_spec);
    yield* k.module_put(ops);
    return ret;
  }
  return {
    subject: 'iommu: hold the module of the driver around of_xlate()',
    changes: { iommu_fwspec_of_xlate },
  };
}

type WithTables = Kernel &
  Patched<{
    readonly parseAcpiTables: (
      k: never,
      dev: device,
      id_in: number | null,
      fwspec: iommu_fwspec,
    ) => Task<errno>;
    readonly iommu_probe_device_fwspec: (
      k: never,
      dev: device,
      fwspec: iommu_fwspec | null,
    ) => Task<errno>;
  }>;

/** @linux drivers/acpi/scan.c acpi_iommu_configure_id */
function* acpi_iommu_configure_id(k: WithTables, dev: device, id_in: number | null): Task<errno> {
  const fwspec = yield* k.iommu_fwspec_alloc();
  if (IS_ERR(fwspec)) return fwspec.error;
  let err = yield* k.parseAcpiTables(dev, id_in, fwspec);
  if (err) yield* k.iommu_fwspec_dealloc(fwspec);
  else err = yield* k.iommu_probe_device_fwspec(dev, fwspec);
  if (err && err !== -ENODEV && err !== -EPROBE_DEFER)
    k.dev_dbg(dev, `Adding to IOMMU failed: ${errnoName(err)}`);
  return err;
}

/** Patch 10: what succeeds does not run into the error path. */
export const returnOnSuccess: Patch = {
  subject: 'acpi: return once the device is probed',
  changes: { acpi_iommu_configure_id },
};

type Parses = Kernel &
  InitsFwspec &
  Patched<{
    readonly parseIommus: (
      k: never,
      dev: device,
      master_np: FdtNode,
      id: number | null,
      fwspec: iommu_fwspec,
    ) => Task<errno>;
  }>;

/** The lock is held from before the first specifier until the device is probed. */
function* configureLocked(
  k: Parses,
  dev: device,
  master_np: FdtNode,
  id: number | null,
  fwspec: iommu_fwspec,
): Task<errno> {
  const err = yield* k.parseIommus(dev, master_np, id, fwspec);
  if (!err) return yield* probeLocked(k, dev, fwspec, null);
  yield* k.iommu_fwspec_dealloc(fwspec);
  return err;
}

/** @linux drivers/iommu/of_iommu.c of_iommu_configure */
function* of_iommu_configure(
  k: Parses,
  dev: device,
  master_np: FdtNode | null,
  id: number | null,
): Task<errno> {
  if (master_np === null) return -ENODEV;
  const fwspec = yield* k.iommu_fwspec_alloc();
  if (IS_ERR(fwspec)) return fwspec.error;
  yield* mutex_lock(k.iommu_probe_device_lock);
  const err = yield* configureLocked(k, dev, master_np, id, fwspec);
  yield* mutex_unlock(k.iommu_probe_device_lock);
  if (!err) yield* k.probeFinalize(dev);
  else k.dev_dbg(dev, `Adding to IOMMU failed: ${errnoName(err)}`);
  return err;
}

/** @linux drivers/iommu/iommu.c iommu_fwspec_of_xlate */
function* iommu_fwspec_of_xlate(
  k: Kernel,
  fwspec: iommu_fwspec,
  dev: device,
  iommu_fwnode: fwnode_handle,
  iommu_spec: of_phandle_args,
): Task<errno> {
  const ret = yield* k.iommu_fwspec_assign_iommu(fwspec, dev, iommu_fwnode);
  return ret ? ret : yield* ofXlate(k, fwspec, dev, iommu_spec, xlateUnlocked);
}

/** Patch 11: one critical section, not one for each specifier and one for the probe. */
export const lockOnce: Patch = {
  subject: 'iommu/of: hold the probe lock until what of_xlate() has noted is used',
  changes: { of_iommu_configure, iommu_fwspec_of_xlate },
};

/** A plain store: devices are released without the lock that patch 17 asserts. */
function* clearPriv(k: kernel, dev: device): Task {
  yield* base.inlines.dev_iommu_priv_set(k, dev, null);
}

/** Patch 17: drivers say that what `priv` points to is gone. */
export const clearsPriv: Patch = {
  subject: 'iommu: clear priv where drivers free what it points to',
  replaces: { clearPriv },
};
