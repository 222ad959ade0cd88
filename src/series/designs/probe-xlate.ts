import { read, type Step, spin_lock, spin_unlock, type Task } from '../../explore/index.ts';
import {
  addStream,
  type apple_dart,
  apple_dart_master_cfg,
  type device,
  EINVAL,
  ENODEV,
  ENOMEM,
  ERR_PTR,
  type ErrPtr,
  type errno,
  firstDart,
  type iommu_device,
  type iommu_fwspec,
  type iommu_ops,
  type kernel,
  type of_phandle_args,
  type Patch,
  pci_for_each_dma_alias,
} from '../../linux/index.ts';

// The sketch that ends the thread: apple-dart reads its specifiers in probe_device, through a helper
// of which only the call was posted and the purpose told. The call hands over no device, without
// which the helper could not know whose specifiers to walk; here it gets one. That probe_device
// returns an int for a pointer makes no difference once compiled.

/** As many DARTs as the driver has room for. */
const MAX_DARTS_PER_DEVICE = 2;

/** What is done with each specifier, and the instance that it names. */
type WithSpecifier = (iommu: iommu_device, spec: of_phandle_args) => Task<errno>;

/**
 * Walk the specifiers of a device again, each with the instance that it names. No fwspec, no device.
 *
 * @param num_cells how many cells each must have; null where the driver looks for itself
 */
export function* iommuOfXlate(
  k: kernel,
  dev: device,
  fwspec: iommu_fwspec | null,
  ops: iommu_ops,
  num_cells: number | null,
  fn: WithSpecifier,
): Task<errno> {
  const np = dev.dma_node;
  if (fwspec === null || np === null) return -ENODEV;
  const xlate = (spec: of_phandle_args | null): Step<errno> =>
    xlateOne(k, dev, ops, num_cells, fn, spec);
  if (dev.pci === null) return yield* k.xlateEach(dev, np, -ENODEV, xlate);
  return yield* pci_for_each_dma_alias(dev.pci, (_pdev, alias) =>
    k.xlateMapped(dev, np, alias, -ENODEV, xlate),
  );
}

function* xlateOne(
  k: kernel,
  dev: device,
  ops: iommu_ops,
  num_cells: number | null,
  fn: WithSpecifier,
  spec: of_phandle_args | null,
): Task<errno> {
  if (spec === null) return -ENODEV;
  yield* spin_lock(k.iommu_device_lock);
  const iommu = (yield* read(k.iommu_device_list)).findBy('fwnode', spec.np);
  yield* spin_unlock(k.iommu_device_lock);
  if (iommu === undefined) return yield* k.driver_deferred_probe_check_state(dev);
  if (iommu.ops !== ops || (num_cells !== null && spec.args.length !== num_cells)) return -EINVAL;
  return yield* fn(iommu, spec);
}

/** @linux drivers/iommu/apple-dart.c apple_dart_probe_device */
function* apple_dart_probe_device(k: kernel, dev: device): Task<iommu_device | ErrPtr | null> {
  const cfg = yield* k.kzalloc(apple_dart_master_cfg);
  if (cfg === null) return ERR_PTR(-ENOMEM);
  const fwspec = yield* k.dev_iommu_fwspec_get(dev);
  const ret = yield* iommuOfXlate(
    k,
    dev,
    fwspec,
    k.opsOf('apple-dart'),
    1,
    (iommu, { args: [sid = 0] }) => addStream(cfg, iommu as apple_dart, sid, MAX_DARTS_PER_DEVICE),
  );
  if (ret) {
    yield* k.kfree(cfg);
    return ERR_PTR(ret);
  }
  yield* k.dev_iommu_priv_set(dev, cfg);
  return yield* firstDart(k, dev, cfg);
}

/** As posted: the core, which was not touched, takes a driver without of_xlate() for none at all. */
export const parseInProbe: Patch = {
  subject: 'iommu/apple-dart: read the specifiers in probe_device',
  drivers: ({ 'apple-dart': { of_xlate: _gone, ...ops } }) => ({
    'apple-dart': { ...ops, probe_device: apple_dart_probe_device },
  }),
};
