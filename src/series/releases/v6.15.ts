import {
  field,
  lockdep_assert_held,
  mutex_lock,
  mutex_unlock,
  READ_ONCE,
  read,
  type Step,
  type Task,
  write,
} from '../../explore/index.ts';
import {
  armSmmuProbeDevice,
  armSmmuV3ProbeDevice,
  base,
  claimGroup,
  type DriverName,
  type device,
  EINVAL,
  ENODEV,
  ENOMEM,
  type errno,
  type fwnode_handle,
  type GroupList,
  type iommu_device,
  type kernel,
  of_device_is_available,
  type of_phandle_args,
  type Patch,
  type Patched,
  riscv_iommu_ops,
  rkIommuOfXlate,
  type StreamTaken,
} from '../../linux/index.ts';
import { notYetReady } from '../changes/ready.ts';
import {
  acpiIommuConfigureId,
  type iommu_fwspec_ops,
  newFwspec,
  ofIommuConfigure,
  translate,
} from './v6.12.ts';
import * as bus from './v6.15-buses.ts';

type WithOps = Patched<{ readonly iommu_fwspec_ops: typeof iommu_fwspec_ops }>;

// ---- A fwspec for clients of OMAP (v6.13) ------------------------------------------------------

/** Nothing to translate, but there has to be a fwspec. @linux drivers/iommu/omap-iommu.c omap_iommu_of_xlate */
function* omap_iommu_of_xlate(): Task<errno> {
  return 0;
}

const omapFwnode: Patch = {
  subject: 'iommu/omap: Add minimal fwnode support', // c9b4a3185fcb
  drivers: ({ 'omap-iommu': ops }) => ({
    'omap-iommu': { ...ops, of_xlate: omap_iommu_of_xlate },
  }),
};

// ---- Waiting (v6.14) ---------------------------------------------------------------------------

/** Asks by itself how long to wait. @linux drivers/iommu/iommu.c iommu_fwspec_init */
function* iommu_fwspec_init(
  k: WithOps,
  dev: device,
  iommu_fwnode: fwnode_handle | null,
): Task<errno> {
  const ops = yield* k.iommu_ops_from_fwnode(iommu_fwnode);
  const fwspec = yield* k.dev_iommu_fwspec_get(dev);
  if (ops === null) return yield* k.driver_deferred_probe_check_state(dev);
  if (fwspec !== null) return ops === (yield* k.iommu_fwspec_ops(fwspec)) ? 0 : -EINVAL;
  return yield* newFwspec(k, dev, iommu_fwnode);
}

const init = { iommu_fwspec_init };

/** @linux drivers/iommu/of_iommu.c of_iommu_xlate */
function* of_iommu_xlate(
  k: Patched<typeof init>,
  dev: device,
  iommu_spec: of_phandle_args | null,
): Task<errno> {
  if (iommu_spec === null || !of_device_is_available(iommu_spec.np)) return -ENODEV;
  const ret = yield* k.iommu_fwspec_init(dev, iommu_spec.np);
  return ret ? ret : yield* translate(k, dev, iommu_spec);
}

const deferralBetter: Patch = {
  subject: 'iommu: Manage driver probe deferral better', // 46b3df8eb9bd
  changes: { ...init, of_iommu_xlate },
};

// ---- Instances are found as soon as there are any (v6.14) --------------------------------------

/** Among all platform devices: `drvdata` is there before the instance registers. @linux drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c arm_smmu_get_by_fwnode */
function* arm_smmu_get_by_fwnode(
  k: kernel,
  _driver: string,
  fwnode: fwnode_handle | null,
): Task<iommu_device | null> {
  return yield* instanceOnBus(k, fwnode);
}

/** `bus_find_device()` and the `drvdata` of what it finds. */
export function* instanceOnBus(k: kernel, fwnode: fwnode_handle | null): Task<iommu_device | null> {
  for (const bus of k.iommu_buses) {
    const dev = (yield* k.busDevices(bus)).findBy('fwnode', fwnode);
    if (dev !== undefined) return (yield* read(dev.drvdata)) as iommu_device | null;
  }
  return null;
}

const smmuLookup: Patch = {
  // 97cb1fa02726 and 7d835134d4e1
  subject: 'iommu/arm-smmu: Retire probe deferral workaround; make instance lookup robust',
  replaces: { arm_smmu_get_by_fwnode },
  drivers: ({ 'arm-smmu': ops }) => ({
    'arm-smmu': { ...ops, probe_device: armSmmuProbeDevice(0) },
  }),
};

// ---- Firmware is read where the device is probed (v6.15) ---------------------------------------

/**
 * The bus code reads firmware, and takes the probe lock for that: so it is let go. What happened
 * meanwhile is not looked at. A device that a driver is being bound to has been through it.
 *
 * @linux drivers/iommu/iommu.c iommu_init_device
 */
function* iommu_init_device(k: WithOps, dev: device): Task<errno> {
  if ((yield* k.dev_iommu_get(dev)) === null) return -ENOMEM;
  if ((yield* read(dev.driver)) === null) {
    yield* mutex_unlock(k.iommu_probe_device_lock);
    yield* k[dev.bus.dma_configure](dev); // its errors are nobody's business
    yield* mutex_lock(k.iommu_probe_device_lock);
  }
  return yield* initByFwspec(k, dev);
}

/** The rest of `iommu_init_device()`, with the probe lock held again. */
export function* initByFwspec(k: WithOps, dev: device): Task<errno> {
  const fwspec = yield* read(field(k.world, yield* read(dev.iommu), 'fwspec'));
  const ops = yield* k.iommu_fwspec_ops(fwspec);
  if (ops !== null) return yield* k.probeAndFindGroup(dev, ops);
  yield* write(field(k.world, yield* read(dev.iommu), 'iommu_dev'), null);
  yield* k.dev_iommu_free(dev);
  return -ENODEV;
}

const initDevice = { iommu_init_device };

/** @linux drivers/iommu/iommu.c __iommu_probe_device */
function* __iommu_probe_device(
  k: Patched<typeof initDevice>,
  dev: device,
  group_list: GroupList | null,
): Task<errno> {
  lockdep_assert_held(k.iommu_probe_device_lock);
  if ((yield* read(dev.iommu_group)) !== null) return 0;
  const ret = yield* k.iommu_init_device(dev);
  if (ret) return ret;
  k.WARN_ON(
    (yield* read(dev.driver)) !== null,
    'late IOMMU probe at driver bind, something fishy here!',
  );
  return yield* k.joinGroup(dev, group_list);
}

/**
 * Comes from `really_probe()` with the device locked, and from the IOMMU core with nothing locked and
 * perhaps no driver. The driver is looked at twice: for what it is, and for whether there is one.
 */
function* dmaConfigure(k: kernel, dev: device): Task<errno> {
  const drv = yield* read(dev.driver);
  const ret = yield* k.configureByFirmware(dev);
  if (ret || (yield* read(dev.driver)) === null) return ret;
  if (field(k.world, drv, 'driver_managed_dma', 'drv')) return 0;
  return yield* claimGroup(k, dev);
}

/** The same with one look at the driver: its answer holds to the end. */
export function* dmaConfigureOnce(k: kernel, dev: device): Task<errno> {
  const drv = yield* READ_ONCE(dev.driver);
  const ret = yield* k.configureByFirmware(dev);
  if (ret || drv === null || drv.driver_managed_dma) return ret;
  return yield* claimGroup(k, dev);
}

/** As 95deee37a123, also in v6.15, has it. @linux drivers/base/platform.c platform_dma_configure */
function* platform_dma_configure(k: kernel, dev: device): Task<errno> {
  return yield* dmaConfigureOnce(k, dev);
}

/** @linux drivers/amba/bus.c amba_dma_configure */
function* amba_dma_configure(k: kernel, dev: device): Task<errno> {
  return yield* dmaConfigure(k, dev);
}

/** @linux drivers/pci/pci-driver.c pci_dma_configure */
function* pci_dma_configure(k: kernel, dev: device): Task<errno> {
  return yield* dmaConfigure(k, dev);
}

const properProbePath: Patch = {
  subject: 'iommu: Get DT/ACPI parsing into the proper probe path', // bcb81ac6ae3c, 73d2f10957f5
  replaces: {
    platform_dma_configure,
    amba_dma_configure,
    pci_dma_configure,
    fsl_mc_dma_configure: bus.fsl_mc_dma_configure,
    cdx_dma_configure: bus.cdx_dma_configure,
  },
  changes: {
    ...initDevice,
    __iommu_probe_device,
    // A dev->iommu that is there already stands for a call from iommu_init_device().
    of_iommu_configure: ofIommuConfigure((present) => !present),
    acpi_iommu_configure_id: acpiIommuConfigureId(false),
  },
};

/** The walk would else come to devices whose IOMMU is not set up, without any race. `mtk_iommu` is there already. */
function* registerThenSetUp(
  _k: kernel,
  _driver: DriverName,
  register: () => Step<errno> | Task<errno>,
  setUp: () => Step<void> | Task,
): Task<errno> {
  yield* setUp();
  return yield* register();
}

const setUpFirst: Patch = {
  subject: 'iommu: ipmmu-vmsa and rockchip-iommu register last, too; no dma_dev any more',
  replaces: { registerThenSetUp },
  drivers: ({ 'rockchip-iommu': ops }) => ({
    'rockchip-iommu': { ...ops, of_xlate: rkIommuOfXlate('instance') },
  }),
};

/** What comes of a StreamID that is taken, in words of its own. */
export const aliasing: StreamTaken = {
  byItself: 0,
  byOther: -ENODEV,
  says: (sid, owner) =>
    `Aliasing StreamID 0x${sid.toString(16)} (from ${owner.name}) unsupported, expect DMA to be broken`,
};

const aliasedStreams: Patch = {
  subject: 'iommu/arm-smmu-v3: Fail aliasing StreamIDs more gracefully', // 2d00c34d665b
  drivers: ({ 'arm-smmu-v3': ops }) => ({
    'arm-smmu-v3': { ...ops, probe_device: armSmmuV3ProbeDevice(aliasing) },
  }),
};

const deviceLeaks: Patch = {
  subject: 'what came back to v6.12 is not in v6.15: devices that are found are kept',
  replaces: { dropFound: base.functions.dropFound },
};

const riscvDriver: Patch = {
  subject: 'iommu/riscv: Paging domain support', // 488ffbf18171, v6.13
  drivers: () => ({ 'riscv-iommu': riscv_iommu_ops }),
};

export const patches: readonly Patch[] = [
  riscvDriver,
  aliasedStreams,
  omapFwnode,
  deferralBetter,
  smmuLookup,
  properProbePath,
  setUpFirst,
  deviceLeaks,
  notYetReady,
];
