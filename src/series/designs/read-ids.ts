import { read, type Task, write } from '../../explore/index.ts';
import {
  armSmmuFirmwareId,
  type DriverName,
  type device,
  EINVAL,
  ENODEV,
  ERR_PTR,
  type ErrPtr,
  type errno,
  type fwnode_handle,
  IS_ERR,
  type iommu_device,
  type iommu_fwspec,
  type iommu_ops,
  type kernel,
  type of_phandle_args,
  type Patch,
} from '../../linux/index.ts';
import { Sequence } from '../../util/index.ts';
import type { Kernel } from '../fwspec-v2/0006-iommu-Add-iommu_fwspec_alloc-dealloc.ts';
import { ofXlate } from '../fwspec-v2/0015-iommu-Add-ops-of_xlate_fwspec.ts';
import { iommuOfXlate } from './probe-xlate.ts';

// What the sketch that ends the thread has for drivers that only want numbers: two calls in
// probe_device, of which the names were posted. The first gives the instance and counts the IDs, the
// second reads them. The core takes a driver that does so without asking it while firmware is read.
// A driver's own array stands where the rest of it looks for IDs, in the fwspec.

/** The one instance that all specifiers of a device name, and how many there are. */
function* iommuOfGetIommu(
  k: kernel,
  dev: device,
  fwspec: iommu_fwspec,
  ops: iommu_ops,
): Task<{ readonly iommu: iommu_device; readonly num_ids: number } | ErrPtr> {
  let found: iommu_device | null = null;
  let num_ids = 0;
  const ret = yield* iommuOfXlate(k, dev, fwspec, ops, null, function* (iommu): Task<errno> {
    if (found !== null && found !== iommu) return -EINVAL;
    found = iommu;
    num_ids++;
    return 0;
  });
  if (ret) return ERR_PTR(ret);
  return found === null ? ERR_PTR(-ENODEV) : { iommu: found, num_ids };
}

/** The numbers that the driver's binding makes of the specifiers. */
function* iommuOfReadU32Ids(
  k: kernel,
  dev: device,
  fwspec: iommu_fwspec,
  ops: iommu_ops,
  idOf: (spec: of_phandle_args) => number,
): Task<readonly number[] | ErrPtr> {
  const ids: number[] = [];
  const ret = yield* iommuOfXlate(k, dev, fwspec, ops, null, function* (_iommu, spec): Task<errno> {
    ids.push(idOf(spec));
    return 0;
  });
  return ret ? ERR_PTR(ret) : ids;
}

const firstArgument = ({ args: [id = 0] }: of_phandle_args): number => id;

/** A driver that reads its IDs itself. Where ACPI describes a device, they are there already. */
function readsIds(
  driver: DriverName,
  ops: iommu_ops,
  idOf: (spec: of_phandle_args) => number,
): iommu_ops {
  function* probe_device(k: kernel, dev: device): Task<iommu_device | ErrPtr | null> {
    const fwspec = yield* k.dev_iommu_fwspec_get(dev);
    if (fwspec === null) return ERR_PTR(-ENODEV);
    if (dev.dma_node === null) return yield* ops.probe_device(k, dev);
    const own = k.opsOf(driver);
    const found = yield* iommuOfGetIommu(k, dev, fwspec, own);
    if (IS_ERR(found)) return found;
    const ids = yield* iommuOfReadU32Ids(k, dev, fwspec, own, idOf);
    if (IS_ERR(ids)) return ids;
    yield* write(fwspec.ids, Sequence.of(ids));
    yield* write(fwspec.num_ids, found.num_ids);
    return yield* ops.probe_device(k, dev);
  }
  Object.defineProperty(probe_device, 'name', { value: ops.probe_device.name });
  const { of_xlate: _gone, of_xlate_fwspec: _too, ...rest } = ops;
  return { ...rest, probe_device };
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
  if (ret) return ret;
  const ops = yield* read(fwspec.ops);
  if (ops?.of_xlate === undefined && ops?.of_xlate_fwspec === undefined) return 0;
  return yield* ofXlate(k, fwspec, dev, iommu_spec);
}

export const readIdsInProbe: Patch = {
  subject: 'iommu: drivers that want IDs read them in probe_device',
  changes: { iommu_fwspec_of_xlate },
  drivers: (drivers) => ({
    'arm-smmu': readsIds('arm-smmu', drivers['arm-smmu'], ({ np, args }) =>
      armSmmuFirmwareId(np, args),
    ),
    'arm-smmu-v3': readsIds('arm-smmu-v3', drivers['arm-smmu-v3'], firstArgument),
    'virtio-iommu': readsIds('virtio-iommu', drivers['virtio-iommu'], firstArgument),
  }),
};
