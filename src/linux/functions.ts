import { arm_iommu_attach_device, arm_setup_iommu_dma_ops } from './arch/arm/mm/dma-mapping.ts';
import * as pci_dma from './arch/x86/kernel/pci-dma.ts';
import * as iort from './drivers/acpi/arm64/iort.ts';
import * as acpi_scan from './drivers/acpi/scan.ts';
import * as viot from './drivers/acpi/viot.ts';
import * as bus from './drivers/base/bus.ts';
import * as core from './drivers/base/core.ts';
import * as dd from './drivers/base/dd.ts';
import { releaseManaged } from './drivers/base/devres.ts';
import * as pinctrl from './drivers/base/pinctrl.ts';
import * as platform from './drivers/base/platform.ts';
import * as fsl_mc from './drivers/bus/fsl-mc-dma.ts';
import * as cdx from './drivers/cdx/cdx.ts';
import { of_clk_bulk_get, of_clk_set_defaults } from './drivers/clk/clk-conf.ts';
import * as host1x from './drivers/gpu/host1x/context.ts';
import { hv_setup_dma_ops } from './drivers/hv/hv_common.ts';
import { acpihidEntryAmong } from './drivers/iommu/amd/acpihid.ts';
import { __rlookup_amd_iommu } from './drivers/iommu/amd/iommu.ts';
import * as arm_smmu_legacy from './drivers/iommu/arm/arm-smmu/legacy.ts';
import * as arm_smmu_v3_probe from './drivers/iommu/arm/arm-smmu-v3/probe.ts';
import * as own_instance from './drivers/iommu/common/own-instance.ts';
import * as tidying from './drivers/iommu/common/tidying.ts';
import * as dma_iommu from './drivers/iommu/dma-iommu.ts';
import * as iommu from './drivers/iommu/iommu.ts';
import * as iommu_fwspec from './drivers/iommu/iommu-fwspec.ts';
import * as iommu_group from './drivers/iommu/iommu-group.ts';
import * as iommu_group_pci from './drivers/iommu/iommu-group-pci.ts';
import { iommu_device_link } from './drivers/iommu/iommu-sysfs.ts';
import { mtkRegionOf } from './drivers/iommu/mtk-regions.ts';
import * as of_iommu from './drivers/iommu/of_iommu.ts';
import * as of_base from './drivers/of/base.ts';
import * as of_device from './drivers/of/device.ts';
import { of_dma_set_restricted_buffer } from './drivers/of/restricted.ts';
import * as pci from './drivers/pci/pci.ts';
import * as pci_probe from './drivers/pci/probe.ts';
import * as trust from './drivers/pci/trust.ts';
import * as pmdomain from './drivers/pmdomain/core.ts';
import * as dma_map_ops from './include/linux/dma-map-ops.ts';
import * as module from './kernel/module.ts';

/** Every function of the path that a design can replace. */
export type Functions = typeof dma_map_ops & {
  readonly arm_iommu_attach_device: typeof arm_iommu_attach_device;
  readonly arm_setup_iommu_dma_ops: typeof arm_setup_iommu_dma_ops;
  readonly acpihidEntryAmong: typeof acpihidEntryAmong;
  readonly __rlookup_amd_iommu: typeof __rlookup_amd_iommu;
  readonly hv_setup_dma_ops: typeof hv_setup_dma_ops;
  readonly iommu_device_link: typeof iommu_device_link;
  readonly mtkRegionOf: typeof mtkRegionOf;
  readonly releaseManaged: typeof releaseManaged;
  readonly of_clk_bulk_get: typeof of_clk_bulk_get;
  readonly of_clk_set_defaults: typeof of_clk_set_defaults;
  readonly of_dma_set_restricted_buffer: typeof of_dma_set_restricted_buffer;
} & typeof pci_dma &
  typeof dma_iommu &
  typeof acpi_scan &
  typeof iort &
  typeof viot &
  typeof bus &
  typeof core &
  typeof dd &
  typeof pinctrl &
  typeof platform &
  typeof fsl_mc &
  typeof cdx &
  typeof host1x &
  typeof iommu_fwspec &
  typeof iommu &
  typeof iommu_group &
  typeof iommu_group_pci &
  typeof of_iommu &
  typeof tidying &
  typeof own_instance &
  typeof arm_smmu_legacy &
  typeof arm_smmu_v3_probe &
  typeof of_base &
  typeof of_device &
  typeof pci_probe &
  typeof trust &
  typeof pci &
  typeof pmdomain &
  typeof module;

export const functions: Functions = {
  ...dma_map_ops,
  arm_iommu_attach_device,
  arm_setup_iommu_dma_ops,
  acpihidEntryAmong,
  __rlookup_amd_iommu,
  hv_setup_dma_ops,
  iommu_device_link,
  mtkRegionOf,
  releaseManaged,
  of_clk_bulk_get,
  of_clk_set_defaults,
  of_dma_set_restricted_buffer,
  ...pci_dma,
  ...dma_iommu,
  ...acpi_scan,
  ...iort,
  ...viot,
  ...bus,
  ...core,
  ...dd,
  ...pinctrl,
  ...platform,
  ...fsl_mc,
  ...cdx,
  ...host1x,
  ...iommu_fwspec,
  ...iommu,
  ...iommu_group,
  ...iommu_group_pci,
  ...of_iommu,
  ...tidying,
  ...own_instance,
  ...arm_smmu_legacy,
  ...arm_smmu_v3_probe,
  ...of_base,
  ...of_device,
  ...pci_probe,
  ...trust,
  ...pci,
  ...pmdomain,
  ...module,
};
