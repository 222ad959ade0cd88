export { base } from './base.ts';
export {
  foreignOptions,
  leftOutOptions,
  malformedOption,
  osiOptions,
  withCommandLine,
} from './cmdline.ts';
export {
  type AnyFunction,
  apply,
  type Design,
  type DriverName,
  type Drivers,
  type FunctionTable,
  type Patch,
} from './design.ts';
export {
  deviceIdIndexOf,
  IORT_IOMMU_TYPE,
  type IortTarget,
  iort_iommu_driver_enabled,
  iort_node_map_id,
  iort_node_map_platform_id,
  iort_pci_rc_supports_ats,
  iortLoopFrom,
  namedComponentOf,
  rootComplexOf,
} from './drivers/acpi/arm64/iort-nodes.ts';
export { type OsiNames, osiNames } from './drivers/acpi/osi.ts';
export type { dev_dma_attr } from './drivers/acpi/scan.ts';
export { viotMmioEndpoint, viotPciEndpoint } from './drivers/acpi/viot-nodes.ts';
export { claimGroup } from './drivers/base/claim.ts';
export {
  asksByStreamId,
  fsl_mc_bus_probe,
  isManagementComplex,
  mcStreamId,
  targetsOfComponent,
} from './drivers/bus/fsl-mc-bus.ts';
export { isAbout as acpihidMatches } from './drivers/iommu/amd/acpihid.ts';
export {
  amdDefDomainType,
  entriesInPages,
  rlookupAmdIommu,
  translatesForProcesses,
} from './drivers/iommu/amd/iommu.ts';
export {
  type AmdUnits,
  type acpihid_map_entry as AcpihidEntry,
  highestTypeIn,
  readAmdUnits,
} from './drivers/iommu/amd/ivrs.ts';
export {
  addStream,
  type apple_dart,
  apple_dart_master_cfg,
  appleDartOfXlate,
  firstDart,
} from './drivers/iommu/apple-dart.ts';
export {
  armSmmuAttachDev,
  armSmmuDefDomainType,
  armSmmuProbeDevice,
  firmwareId as armSmmuFirmwareId,
} from './drivers/iommu/arm/arm-smmu/arm-smmu.ts';
export {
  matches as isOneOf,
  qcomV6_1,
  qcomV7_3,
} from './drivers/iommu/arm/arm-smmu/arm-smmu-qcom.ts';
export {
  isSmmuV1,
  type SmmuInterrupts,
  smmuInterruptsOf,
} from './drivers/iommu/arm/arm-smmu/firmware.ts';
export { qcomIommuAttachDev } from './drivers/iommu/arm/arm-smmu/qcom_iommu.ts';
export {
  armSmmuV3ProbeDevice,
  type StreamTaken,
} from './drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.ts';
export {
  registerBytesOf,
  STRTAB_BITS,
  smmuV3RegisterBytes,
} from './drivers/iommu/arm/arm-smmu-v3/firmware.ts';
export {
  type Build,
  iommuDriverOf,
  iommuDriverOfTable,
  iommuDriverOfUnits,
  iommuDrivers,
  isKnown,
  isOfIommu,
} from './drivers/iommu/catalogue.ts';
export { unregisterInstance } from './drivers/iommu/common/common.ts';
export {
  type DriverKind,
  type DriverLimit,
  driverKinds,
  type IommuDriver,
  type IommuTable,
} from './drivers/iommu/common/driver.ts';
export { exynosAttachDevice } from './drivers/iommu/exynos-iommu.ts';
export { dmar_ats_supported } from './drivers/iommu/intel/ats.ts';
export {
  DMAR_UNITS_SUPPORTED,
  type DmarUnits,
  type dmar_drhd_unit,
  drhdsOf,
  wholePath,
} from './drivers/iommu/intel/dmar.ts';
export { intelUnitOf, readDmarUnits } from './drivers/iommu/intel/init.ts';
export { intelDefDomainType, intelOpsWith } from './drivers/iommu/intel/iommu.ts';
export { unitWith } from './drivers/iommu/intel/lookup.ts';
export { isDisabled as intelIommuIsDisabled } from './drivers/iommu/intel/options.ts';
export { isDmaDomain } from './drivers/iommu/iommu-group.ts';
export { unlink } from './drivers/iommu/iommu-sysfs.ts';
export { ipmmuNeedsOptIn, ipmmuNotListed } from './drivers/iommu/ipmmu-vmsa.ts';
export { riscv_iommu_ops } from './drivers/iommu/riscv/iommu.ts';
export { rkIommuOfXlate } from './drivers/iommu/rockchip-iommu.ts';
export { tegraProbeDevice } from './drivers/iommu/tegra-smmu.ts';
export { vsi_iommu_ops } from './drivers/iommu/vsi-iommu.ts';
export {
  firstCell,
  type Mapped,
  mapIommuId,
  of_device_is_available,
  of_map_id,
  of_parse_phandle_with_args,
} from './drivers/of/base.ts';
export { entryFor, type IdMap, type MapEntry } from './drivers/of/id-map.ts';
export { interruptsOf } from './drivers/of/irq.ts';
export { pci_acs_enabled } from './drivers/pci/acs.ts';
export { type AcsChange, acsChanges } from './drivers/pci/acs-options.ts';
export { set_pcie_port_type } from './drivers/pci/probe.ts';
export {
  ACS_ISOLATION,
  aliasDevfns,
  aliasDevfnsByQuirk,
  isTranslationRoot,
  PCI_ACS_SV,
  pci_dev_specific_acs_enabled,
  pci_dev_specific_enable_acs,
  usesPcieBridgeAlias,
} from './drivers/pci/quirks.ts';
export { type DmaAlias, dmaAliases, pci_for_each_dma_alias } from './drivers/pci/search.ts';
export type { DmarRegisters, IommuHardware } from './hardware.ts';
export {
  bus_type,
  type DeviceDescription,
  device,
  device_driver,
  device_link,
} from './include/linux/device.ts';
export * from './include/linux/errno.ts';
export {
  type AcpiTables,
  type acpi_device,
  type acpi_fwnode,
  type acpi_static_fwnode,
  type fwnode_handle,
  to_acpi_device_node,
  to_of_node,
} from './include/linux/fwnode.ts';
export {
  type Attachment,
  type DomainType,
  dev_iommu,
  type GroupList,
  group_device,
  IOMMU_DOMAIN_DMA,
  IOMMU_DOMAIN_DMA_FQ,
  IOMMU_DOMAIN_IDENTITY,
  IOMMU_FWSPEC_PCI_RC_ATS,
  type iommu_device,
  iommu_domain,
  iommu_fwspec,
  iommu_group,
  type iommu_ops,
  type of_phandle_args,
} from './include/linux/iommu.ts';
export { module } from './include/linux/module.ts';
export {
  bridgeAbove,
  PCI_EXP_TYPE_DOWNSTREAM,
  PCI_EXP_TYPE_ENDPOINT,
  PCI_EXP_TYPE_PCI_BRIDGE,
  PCI_EXP_TYPE_ROOT_PORT,
  PCI_EXP_TYPE_UPSTREAM,
  PCI_SLOT,
  type PciTraits,
  type pci_bus,
  pci_dev,
  unknownFunction,
} from './include/linux/pci.ts';
export {
  type ClientOption,
  defaultKconfig,
  defaultsToIdentity,
  iommu_def_domain_type,
  isModule,
  type Kconfig,
  tristateOptions,
  unitsKconfig,
  x86Kconfig,
} from './kconfig.ts';
export {
  type Expected,
  indirect,
  type kernel,
  type LogLine,
  makeKernel,
  type Patched,
} from './kernel.ts';
export { slabSize } from './mm/slab.ts';
export { bytesOf } from './next-arg.ts';
export {
  lists,
  msiParent,
  nvmem,
  phandles,
  pinctrl,
  type Release,
  release,
  type SupplierBinding,
} from './release.ts';
