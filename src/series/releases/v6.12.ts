import {
  field,
  lockdep_assert_held,
  mutex_lock,
  mutex_unlock,
  read,
  type Step,
  type Task,
  write,
} from '../../explore/index.ts';
import type { FdtNode, IortNode } from '../../firmware/index.ts';
import {
  type AnyFunction,
  type acpi_fwnode,
  armSmmuProbeDevice,
  armSmmuV3ProbeDevice,
  base,
  type DriverName,
  type device,
  EINVAL,
  ENODEV,
  ENOMEM,
  EPROBE_DEFER,
  type errno,
  errnoName,
  type fwnode_handle,
  type GroupList,
  indirect,
  iommu_fwspec,
  type iommu_group,
  type iommu_ops,
  iort_iommu_driver_enabled,
  type kernel,
  of_device_is_available,
  type of_phandle_args,
  type Patch,
  type Patched,
  tegraProbeDevice,
  to_of_node,
} from '../../linux/index.ts';
import { clearOps, flagOfDevice, settle } from '../changes/dma-iommu.ts';
import { devicesAndCaches, graphicsByUnit, passThroughByHardware } from '../changes/intel-iommu.ts';
import { configurableAcs } from '../changes/pci-acs.ts';
import { trustBuiltIn } from '../changes/pci-trust.ts';
import { readyToProbe } from '../changes/ready.ts';
import { moreSuppliers, windows2022 } from '../changes/release.ts';

// v6.12 as its stable branch is at 6.12.117, with what came back to it from later kernels.

// ---- The DMA API (v6.10) -----------------------------------------------------------------------

/** Without arm64, whose DMA ops the IOMMU core sets up. @linux include/linux/dma-map-ops.h arch_setup_dma_ops */
function* arch_setup_dma_ops(k: kernel, dev: device, coherent?: boolean): Task {
  if (k.config.CONFIG_ARM64) return;
  yield* k.setupDmaOps(dev, () => k.device_iommu_mapped(dev), coherent);
}

/** @linux include/linux/dma-map-ops.h arch_teardown_dma_ops */
function* arch_teardown_dma_ops(k: kernel, dev: device): Task {
  if (k.config.CONFIG_ARM) yield* base.functions.arch_teardown_dma_ops(k, dev);
}

const centralise: Patch = {
  subject: 'iommu/dma: Centralise iommu_setup_dma_ops()', // b67483b3c44e
  replaces: { arch_teardown_dma_ops, settle },
  changes: { arch_setup_dma_ops },
};

// ---- No ops in the fwspec (v6.11) --------------------------------------------------------------

/** The ops of the IOMMU that a fwspec names, or of one that firmware has no node for. @linux drivers/iommu/iommu-priv.h iommu_fwspec_ops */
export function* iommu_fwspec_ops(k: kernel, fwspec: iommu_fwspec | null): Task<iommu_ops | null> {
  const fwnode = fwspec === null ? null : yield* read(fwspec.iommu_fwnode);
  return yield* k.iommu_ops_from_fwnode(fwnode);
}

const addsInline = { iommu_fwspec_ops };

/** A fwspec names an IOMMU that has registered: there are no placeholders. @linux drivers/iommu/iommu.c iommu_fwspec_init */
function* iommu_fwspec_init(
  k: Patched<typeof addsInline>,
  dev: device,
  iommu_fwnode: fwnode_handle | null,
): Task<errno> {
  const ops = yield* k.iommu_ops_from_fwnode(iommu_fwnode);
  const fwspec = yield* k.dev_iommu_fwspec_get(dev);
  if (ops === null) return -EPROBE_DEFER;
  if (fwspec !== null) return ops === (yield* k.iommu_fwspec_ops(fwspec)) ? 0 : -EINVAL;
  return yield* newFwspec(k, dev, iommu_fwnode);
}

/** The end of `iommu_fwspec_init()`. */
export function* newFwspec(
  k: kernel,
  dev: device,
  iommu_fwnode: fwnode_handle | null,
): Task<errno> {
  if ((yield* k.dev_iommu_get(dev)) === null) return -ENOMEM;
  const fwspec = yield* k.kzalloc(iommu_fwspec);
  if (fwspec === null) return -ENOMEM;
  yield* k.of_node_get(to_of_node(iommu_fwnode));
  yield* write(fwspec.iommu_fwnode, iommu_fwnode);
  yield* k.dev_iommu_fwspec_set(dev, fwspec);
  return 0;
}

const init = { iommu_fwspec_init };
type Init = Patched<typeof init>;

/** SMMUs that list their masters have registered with no node. */
function* initLegacyFwspec(k: Init, dev: device): Task<errno> {
  return yield* k.iommu_fwspec_init(dev, null);
}

/** @linux drivers/iommu/of_iommu.c of_iommu_xlate */
function* of_iommu_xlate(k: Init, dev: device, iommu_spec: of_phandle_args | null): Task<errno> {
  if (iommu_spec === null || !of_device_is_available(iommu_spec.np)) return -ENODEV;
  const ret = yield* k.iommu_fwspec_init(dev, iommu_spec.np);
  if (ret === -EPROBE_DEFER) return yield* k.driver_deferred_probe_check_state(dev);
  if (ret) return ret;
  return yield* translate(k, dev, iommu_spec);
}

/** The end of `of_iommu_xlate()`: the driver has its go. Its IOMMU is looked up a second time. */
export function* translate(k: kernel, dev: device, iommu_spec: of_phandle_args): Task<errno> {
  const ops = yield* k.iommu_ops_from_fwnode(iommu_spec.np);
  const of_xlate = field(k.world, ops, 'of_xlate', 'ops'); // NULL when it has just unregistered
  if (of_xlate === undefined)
    k.unsaid(dev, `${ops?.driver} has no of_xlate(), without which no fwspec is made`);
  if (ops === null || of_xlate === undefined || !(yield* k.try_module_get(ops))) return -ENODEV;
  const ret = yield* indirect(k, of_xlate, dev, iommu_spec);
  yield* k.module_put(ops);
  return ret;
}

/** @linux drivers/acpi/scan.c acpi_iommu_fwspec_init */
function* acpi_iommu_fwspec_init(
  k: Init,
  dev: device,
  id: number,
  fwnode: fwnode_handle,
): Task<errno> {
  const ret = yield* k.iommu_fwspec_init(dev, fwnode);
  return ret ? ret : yield* k.iommu_fwspec_add_ids(dev, [id]);
}

const acpi = { acpi_iommu_fwspec_init };
type Acpi = Patched<typeof acpi>;

/** @linux drivers/acpi/arm64/iort.c iort_iommu_xlate */
function* iort_iommu_xlate(
  k: Acpi,
  dev: device,
  node: IortNode | null,
  streamid: number,
): Task<errno> {
  if (node === null || !iort_iommu_driver_enabled(k, node)) return -ENODEV;
  const iort_fwnode = k.acpi?.fwnodes.get(node);
  if (iort_fwnode === undefined) return -ENODEV;
  return yield* k.acpi_iommu_fwspec_init(dev, streamid, iort_fwnode);
}

/** @linux drivers/acpi/viot.c viot_dev_iommu_init */
function* viot_dev_iommu_init(
  k: Acpi,
  dev: device,
  viommu: acpi_fwnode,
  epid: number,
): Task<errno> {
  if (!k.config.CONFIG_VIRTIO_IOMMU) return -ENODEV;
  if (dev.fwnode === viommu) return -EINVAL;
  return yield* k.acpi_iommu_fwspec_init(dev, epid, viommu);
}

/** Without `ops` the fwspec is shorter: its slab has room for more ids. */
function* kreallocFwspec(
  k: kernel,
  fwspec: iommu_fwspec,
  new_num: number,
): Task<iommu_fwspec | null> {
  return yield* k.reallocBehind(16, fwspec, new_num);
}

/** The ops are looked for before the group. @linux drivers/iommu/iommu.c __iommu_probe_device */
function* __iommu_probe_device(
  k: Patched<typeof addsInline>,
  dev: device,
  group_list: GroupList | null,
): Task<errno> {
  const ops = yield* k.iommu_fwspec_ops(yield* k.dev_iommu_fwspec_get(dev));
  if (ops === null) return -ENODEV;
  lockdep_assert_held(k.iommu_probe_device_lock);
  return yield* k.probeDeviceLocked(dev, ops, group_list);
}

const noFwspecOps: Patch = {
  subject: 'iommu: Resolve fwspec ops automatically', // 3e36c15fc1cc
  // A placeholder, which names the client, would not do any more.
  drivers: ({ 'tegra-smmu': ops }) => ({
    'tegra-smmu': { ...ops, probe_device: tegraProbeDevice(({ dev }) => dev.fwnode) },
  }),
  changes: {
    ...init,
    ...acpi,
    of_iommu_xlate,
    iort_iommu_xlate,
    viot_dev_iommu_init,
    kreallocFwspec,
    __iommu_probe_device,
    initLegacyFwspec,
  },
  addsInline,
};

// ---- All or nothing in the firmware paths (v6.11, v6.12.y) -------------------------------------

/**
 * A parse that fails leaves `dev->iommu` as it was.
 *
 * @param replays whether the device is probed, by whether it had a `dev->iommu` before
 */
export function ofIommuConfigure(replays: (present: boolean) => boolean): AnyFunction {
  /** @linux drivers/iommu/of_iommu.c of_iommu_configure */
  return function* of_iommu_configure(
    k: kernel,
    dev: device,
    master_np: FdtNode | null,
    id: number | null,
  ): Task<errno> {
    if (master_np === null) return -ENODEV;
    yield* mutex_lock(k.iommu_probe_device_lock);
    if ((yield* k.dev_iommu_fwspec_get(dev)) !== null) {
      yield* mutex_unlock(k.iommu_probe_device_lock);
      return 0;
    }
    const present = (yield* read(dev.iommu)) !== null;
    let err = yield* k.parseIommus(dev, master_np, id);
    if (err && present) yield* k.iommu_fwspec_free(dev);
    else if (err && (yield* read(dev.iommu)) !== null) yield* k.dev_iommu_free(dev);
    yield* mutex_unlock(k.iommu_probe_device_lock);
    if (!err && replays(present)) err = yield* k.iommu_probe_device(dev);
    if (err && err !== -EPROBE_DEFER) {
      k.dev_dbg(dev, `Adding to IOMMU failed: ${errnoName(err)}`);
    }
    return err;
  };
}

/** What a parse that fails has built so far stays. */
export function acpiIommuConfigureId(replays: boolean): AnyFunction {
  /** @linux drivers/acpi/scan.c acpi_iommu_configure_id */
  return function* acpi_iommu_configure_id(
    k: kernel,
    dev: device,
    id_in: number | null,
  ): Task<errno> {
    yield* mutex_lock(k.iommu_probe_device_lock);
    if ((yield* k.dev_iommu_fwspec_get(dev)) !== null) {
      yield* mutex_unlock(k.iommu_probe_device_lock);
      return 0;
    }
    const err = yield* k.parseAcpiTables(dev, id_in);
    yield* mutex_unlock(k.iommu_probe_device_lock);
    return err || !replays ? err : yield* k.iommu_probe_device(dev);
  };
}

const allOrNothing: Patch = {
  // 5f937bc48a6a, and 3832862eb9c4 from v6.15
  subject: 'iommu/of: a fwspec is complete or not there; keep dev->iommu state consistent',
  changes: {
    of_iommu_configure: ofIommuConfigure(() => true),
    acpi_iommu_configure_id: acpiIommuConfigureId(true),
  },
  removes: ['acpi_iommu_fwspec_ops', 'fwspecOps'],
};

// ---- Fixes for drivers that come too early (v6.12.y) -------------------------------------------

/** A group that a bus walk is still working on has no default domain. */
function* ownDefaultDomain(k: kernel, group: iommu_group): Task<errno> {
  if ((yield* read(group.default_domain)) === null) return -EPROBE_DEFER;
  return yield* base.functions.ownDefaultDomain(k, group);
}

const defaultDomainRace: Patch = {
  subject: 'iommu: Handle race with default domain setup', // b46064a18810, v6.15
  replaces: { ownDefaultDomain },
};

export const smmuClientsWait: Patch = {
  subject: 'iommu/arm-smmu: Defer probe of clients after smmu device bound', // 229e6ee43d2a, v6.13
  drivers: ({ 'arm-smmu': ops }) => ({
    'arm-smmu': { ...ops, probe_device: armSmmuProbeDevice(-EPROBE_DEFER) },
  }),
};

/** `mtk_iommu` registers when it is set up. */
function* registerThenSetUp(
  k: kernel,
  driver: DriverName,
  register: () => Step<errno> | Task<errno>,
  setUp: () => Step<void> | Task,
): Task<errno> {
  if (driver !== 'mtk_iommu')
    return yield* base.functions.registerThenSetUp(k, driver, register, setUp);
  yield* setUp();
  return yield* register();
}

/** A node with the wrong `#iommu-cells` is refused; it was bypassed. */
function* smmuV3Refuses(): Task<boolean> {
  return true;
}

const noBypass: Patch = {
  subject: 'iommu/arm-smmu-v3: Retire disable_bypass parameter', // 734554fdfce6, v6.10
  replaces: { smmuV3Refuses },
};

const mtkListFirst: Patch = {
  // 38e8844005e6, v6.15
  subject: 'iommu/mediatek: Fix NULL pointer deference in mtk_iommu_device_group',
  replaces: { registerThenSetUp },
};

export const repeatedStreams: Patch = {
  // b00d24997a11, v6.15
  subject: 'iommu/arm-smmu-v3: Fix iommu_device_probe bug due to duplicated stream ids',
  drivers: ({ 'arm-smmu-v3': ops }) => ({
    'arm-smmu-v3': {
      ...ops,
      probe_device: armSmmuV3ProbeDevice({ byItself: 0, byOther: -EINVAL }),
    },
  }),
};

/** Found, looked at, and let go. */
function* dropFound(k: kernel, dev: device): Task {
  yield* k.putDevice(dev);
}

export const deviceLeaks: Patch = {
  subject: 'iommu: fix device leaks on of_xlate() and probe_device()', // a series, v6.19
  replaces: { dropFound },
};

const h616: Patch = {
  subject: 'iommu: sun50i: Add H616 compatible string', // 8db07ce532c0, v6.11
  drivers: ({ 'sun50i-iommu': ops }) => ({ 'sun50i-iommu': { ...ops, not_for: [] } }),
};

export const patches: readonly Patch[] = [
  h616,
  configurableAcs,
  trustBuiltIn,
  centralise,
  flagOfDevice,
  clearOps,
  noFwspecOps,
  allOrNothing,
  defaultDomainRace,
  noBypass,
  devicesAndCaches,
  graphicsByUnit,
  passThroughByHardware,
  smmuClientsWait,
  mtkListFirst,
  repeatedStreams,
  deviceLeaks,
  readyToProbe,
  moreSuppliers,
  windows2022,
];
