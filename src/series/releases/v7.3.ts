import { type Task, WRITE_ONCE } from '../../explore/index.ts';
import {
  appleDartOfXlate,
  armSmmuDefDomainType,
  armSmmuV3ProbeDevice,
  type device,
  type device_driver,
  type errno,
  type fwnode_handle,
  type iommu_device,
  type kernel,
  type Patch,
  qcomV7_3,
  vsi_iommu_ops,
} from '../../linux/index.ts';
import { boundedRlookup } from '../changes/amd-iommu.ts';
import { bitOfFlags, fromDefaultDomain } from '../changes/dma-iommu.ts';
import { domainNumbers } from '../changes/intel-iommu.ts';
import { cellsInMaps } from '../changes/of-map-cells.ts';
import { acsWhereProbed } from '../changes/pci-acs.ts';
import { readyToProbe } from '../changes/ready.ts';
import { laterSuppliers } from '../changes/release.ts';
import { deviceLeaks } from './v6.12.ts';
import { aliasing, dmaConfigureOnce, instanceOnBus } from './v6.15.ts';

// What changed up to 7.3.4.

/** Only devices on the AMBA and cdx buses still go the old way. @linux drivers/pci/pci-driver.c pci_dma_configure */
function* pci_dma_configure(k: kernel, dev: device): Task<errno> {
  return yield* dmaConfigureOnce(k, dev);
}

const driverOnce: Patch = {
  subject: 'PCI: Fix driver_managed_dma check', // 78447d4545b2, v6.17
  replaces: { pci_dma_configure },
};

/** `device_set_driver()`. */
function* setDriver(_k: kernel, dev: device, drv: device_driver | null): Task {
  yield* WRITE_ONCE(dev.driver, drv);
}

const markedDriver: Patch = {
  subject: 'driver core: introduce device_set_driver() helper', // 04d3e5461c1f
  replaces: { setDriver },
};

/** @linux drivers/iommu/virtio-iommu.c viommu_get_by_fwnode */
function* viommu_get_by_fwnode(k: kernel, fwnode: fwnode_handle | null): Task<iommu_device | null> {
  return yield* instanceOnBus(k, fwnode);
}

const virtioLookup: Patch = {
  subject: 'iommu/virtio: Make instance lookup robust', // 72b6f7cd89ce, v6.17
  replaces: { viommu_get_by_fwnode },
};

const sortedStreams: Patch = {
  subject: 'iommu/arm-smmu-v3: StreamIDs in order, for invalidation', // as 7.3 has it
  drivers: ({ 'arm-smmu-v3': ops }) => ({
    'arm-smmu-v3': { ...ops, probe_device: armSmmuV3ProbeDevice({ ...aliasing, sorts: true }) },
  }),
};

const threeDarts: Patch = {
  subject: 'iommu/apple-dart: three DARTs for a device',
  drivers: ({ 'apple-dart': ops }) => ({
    'apple-dart': { ...ops, of_xlate: appleDartOfXlate({ MAX_DARTS_PER_DEVICE: 3, looks: true }) },
  }),
};

const vsiDriver: Patch = {
  subject: 'iommu: Add verisilicon IOMMU driver',
  drivers: () => ({ 'vsi-iommu': vsi_iommu_ops }),
};

const riscvFlushes: Patch = {
  subject: 'iommu/riscv: page tables of the common kind, which can always be flushed late',
  drivers: ({ 'riscv-iommu': ops }) =>
    ops === undefined ? {} : { 'riscv-iommu': { ...ops, deferred_flush: true } },
};

const qcomClients: Patch = {
  subject: 'iommu/arm-smmu-qcom: displays of Glymur and SAR2130P',
  drivers: ({ 'arm-smmu': ops }) => ({
    'arm-smmu': { ...ops, def_domain_type: armSmmuDefDomainType(qcomV7_3) },
  }),
};

const newMediatek: Patch = {
  subject: 'iommu/mediatek: MT6893 and MT8189',
  drivers: ({ mtk_iommu: ops }) => ({ mtk_iommu: { ...ops, not_for: [] } }),
};

export const patches: readonly Patch[] = [
  domainNumbers,
  qcomClients,
  newMediatek,
  vsiDriver,
  riscvFlushes,
  fromDefaultDomain,
  bitOfFlags,
  driverOnce,
  markedDriver,
  acsWhereProbed,
  boundedRlookup,
  virtioLookup,
  sortedStreams,
  threeDarts,
  cellsInMaps,
  laterSuppliers,
  readyToProbe,
  deviceLeaks,
];
