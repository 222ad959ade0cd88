import type { DomainType } from './include/linux/iommu.ts';

/** Drivers of devices that are behind IOMMUs. */
const clientOptions = [
  'CONFIG_BLK_DEV_NVME',
  'CONFIG_E1000',
  'CONFIG_E1000E',
  'CONFIG_FW_CFG_SYSFS',
  'CONFIG_HOTPLUG_PCI_SHPC',
  'CONFIG_IGB',
  'CONFIG_IGBVF',
  'CONFIG_R8169',
  'CONFIG_REGULATOR_FIXED_VOLTAGE',
  'CONFIG_SATA_AHCI',
  'CONFIG_SND_HDA_INTEL',
  'CONFIG_USB_EHCI_PCI',
  'CONFIG_USB_UHCI_HCD',
  'CONFIG_USB_XHCI_PCI',
  'CONFIG_VIRTIO_MMIO',
  'CONFIG_VIRTIO_PCI',
] as const;

export type ClientOption = (typeof clientOptions)[number];

/** What can be a module, of the options of the model: `tristate` in the Kconfig files of drivers. */
export const tristateOptions: readonly string[] = [
  ...clientOptions.filter((name) => name !== 'CONFIG_HOTPLUG_PCI_SHPC'),
  ...['CONFIG_APPLE_DART', 'CONFIG_ARM_SMMU', 'CONFIG_ARM_SMMU_V3', 'CONFIG_MTK_IOMMU'],
  ...['CONFIG_MTK_IOMMU_V1', 'CONFIG_SPRD_IOMMU', 'CONFIG_VIRTIO_IOMMU', 'CONFIG_VSI_IOMMU'],
];

/** Whether each is part of the kernel; null where nobody says: then it is there when it is needed. */
type ClientKconfig = Readonly<Record<ClientOption, boolean | null>>;

/** The options that decide which way the path goes, with the values of a common arm64 kernel. */
export interface Kconfig extends ClientKconfig {
  /** The architecture: at most one of these, none for one that has no part in DMA ops. */
  readonly CONFIG_ARM64: boolean;
  readonly CONFIG_ARM: boolean;
  readonly CONFIG_ARC: boolean;
  readonly CONFIG_MIPS: boolean;
  readonly CONFIG_RISCV: boolean;
  readonly CONFIG_X86: boolean;
  readonly CONFIG_MMU: boolean;
  /** The architecture has a hook for DMA ops, whatever it does there; x86 has none. */
  readonly CONFIG_ARCH_HAS_SETUP_DMA_OPS: boolean;
  readonly CONFIG_ARM_DMA_USE_IOMMU: boolean;
  readonly CONFIG_DMA_RESTRICTED_POOL: boolean;
  readonly CONFIG_MODULES: boolean;
  readonly CONFIG_IOMMU_API: boolean;
  readonly CONFIG_OF_IOMMU: boolean;
  readonly CONFIG_ACPI_CCA_REQUIRED: boolean;
  readonly CONFIG_ACPI_IORT: boolean;
  readonly CONFIG_ACPI_VIOT: boolean;
  readonly CONFIG_IOMMU_DMA: boolean;
  readonly CONFIG_IOMMU_DEFAULT_PASSTHROUGH: boolean;
  readonly CONFIG_IOMMU_DEFAULT_DMA_LAZY: boolean;
  readonly CONFIG_ARM_SMMU: boolean;
  readonly CONFIG_ARM_SMMU_LEGACY_DT_BINDINGS: boolean;
  readonly CONFIG_ARM_SMMU_V3: boolean;
  readonly CONFIG_VIRTIO_IOMMU: boolean;
  readonly CONFIG_AMD_IOMMU: boolean;
  readonly CONFIG_APPLE_DART: boolean;
  readonly CONFIG_EXYNOS_IOMMU: boolean;
  readonly CONFIG_FSL_PAMU: boolean;
  readonly CONFIG_INTEL_IOMMU: boolean;
  readonly CONFIG_INTEL_IOMMU_DEFAULT_ON: boolean;
  /** Debian's: on, but not for the processor's graphics. */
  readonly CONFIG_INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF: boolean;
  readonly CONFIG_INTEL_IOMMU_SCALABLE_MODE_DEFAULT_ON: boolean;
  readonly CONFIG_IPMMU_VMSA: boolean;
  readonly CONFIG_MSM_IOMMU: boolean;
  readonly CONFIG_MTK_IOMMU: boolean;
  readonly CONFIG_MTK_IOMMU_V1: boolean;
  readonly CONFIG_OMAP_IOMMU: boolean;
  readonly CONFIG_QCOM_IOMMU: boolean;
  readonly CONFIG_RISCV_IOMMU: boolean;
  readonly CONFIG_ROCKCHIP_IOMMU: boolean;
  readonly CONFIG_S390_IOMMU: boolean;
  readonly CONFIG_SPRD_IOMMU: boolean;
  readonly CONFIG_SUN50I_IOMMU: boolean;
  readonly CONFIG_TEGRA_IOMMU_SMMU: boolean;
  readonly CONFIG_VSI_IOMMU: boolean;
  /** `iommu.passthrough=`, `iommu.strict=` and the like: null where the command line says nothing. */
  readonly iommu_passthrough: boolean | null;
  readonly iommu_strict: boolean | null;
  /** A driver's own option wants every unmapping to be flushed at once, whatever `iommu.strict=` says. */
  readonly iommu_dma_strict: boolean;
  /** `iommu=off` on x86: neither Intel's nor AMD's. */
  readonly no_iommu: boolean;
  /** `intel_iommu=igfx_off`. */
  readonly disable_igfx_iommu: boolean;
  /** `intel_iommu=off`, `=intgpu_off`, `=sm_on` and their opposites: null where nobody says. */
  readonly dmar_disabled: boolean | null;
  readonly dmar_map_intgpu: boolean | null;
  readonly intel_iommu_sm: boolean | null;
  /** `deferred_probe_timeout=`: seconds, null where the command line says nothing. */
  readonly deferred_probe_timeout: number | null;
  /** `fw_devlink=`: whether devices wait for the suppliers that a devicetree names. */
  readonly fw_devlink: 'off' | 'permissive' | 'on' | 'rpm';
  /** `fw_devlink.strict=`: optional suppliers, such as an IOMMU, are waited for, too. */
  readonly fw_devlink_strict: boolean;
  /** `pci=disable_acs_redir=` and `pci=config_acs=`, empty where the command line says nothing. */
  readonly pci_disable_acs_redir: string;
  readonly pci_config_acs: string;
  /** Which of the options that are set are modules, separated by commas. */
  readonly tristates: string;
  /** `acpi=off`: nobody looks at tables. */
  readonly acpi_disabled: boolean;
  /** `acpi=on` and `acpi=force` on Arm: tables are preferred over a devicetree. */
  readonly acpi_preferred: 'on' | 'force' | null;
  /** `module_blacklist=`: what the kernel does not load; `modprobe.blacklist=`: what nobody asks it to. */
  readonly module_blacklist: string;
  readonly modprobe_blacklist: string;
  /** `amd_iommu=off`, `=force_enable` and `=force_isolation`. */
  readonly amd_iommu_disabled: boolean;
  readonly amd_iommu_force_enable: boolean;
  readonly amd_iommu_force_isolation: boolean;
}

const saidOfNoClient = Object.fromEntries(
  clientOptions.map((name) => [name, null]),
) as unknown as ClientKconfig;

export const defaultKconfig: Kconfig = {
  ...saidOfNoClient,
  CONFIG_ARM64: true,
  CONFIG_ARM: false,
  CONFIG_ARC: false,
  CONFIG_MIPS: false,
  CONFIG_RISCV: false,
  CONFIG_X86: false,
  CONFIG_MMU: true,
  CONFIG_ARCH_HAS_SETUP_DMA_OPS: true,
  CONFIG_ARM_DMA_USE_IOMMU: false,
  CONFIG_DMA_RESTRICTED_POOL: true,
  CONFIG_MODULES: true,
  CONFIG_IOMMU_API: true,
  CONFIG_OF_IOMMU: true,
  CONFIG_ACPI_CCA_REQUIRED: true,
  CONFIG_ACPI_IORT: true,
  CONFIG_ACPI_VIOT: true,
  CONFIG_IOMMU_DMA: true,
  CONFIG_IOMMU_DEFAULT_PASSTHROUGH: false,
  CONFIG_IOMMU_DEFAULT_DMA_LAZY: false,
  CONFIG_ARM_SMMU: true,
  CONFIG_ARM_SMMU_LEGACY_DT_BINDINGS: false,
  CONFIG_ARM_SMMU_V3: true,
  CONFIG_VIRTIO_IOMMU: true,
  CONFIG_AMD_IOMMU: true,
  CONFIG_APPLE_DART: true,
  CONFIG_EXYNOS_IOMMU: true,
  CONFIG_FSL_PAMU: false,
  CONFIG_INTEL_IOMMU: true,
  CONFIG_INTEL_IOMMU_DEFAULT_ON: true,
  CONFIG_INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF: false,
  CONFIG_INTEL_IOMMU_SCALABLE_MODE_DEFAULT_ON: false,
  CONFIG_IPMMU_VMSA: true,
  CONFIG_MSM_IOMMU: true,
  CONFIG_MTK_IOMMU: true,
  CONFIG_MTK_IOMMU_V1: true,
  CONFIG_OMAP_IOMMU: true,
  CONFIG_QCOM_IOMMU: true,
  CONFIG_RISCV_IOMMU: true,
  CONFIG_ROCKCHIP_IOMMU: true,
  CONFIG_S390_IOMMU: true,
  CONFIG_SPRD_IOMMU: true,
  CONFIG_SUN50I_IOMMU: true,
  CONFIG_TEGRA_IOMMU_SMMU: true,
  CONFIG_VSI_IOMMU: true,
  iommu_passthrough: null,
  iommu_strict: null,
  iommu_dma_strict: false,
  no_iommu: false,
  disable_igfx_iommu: false,
  dmar_disabled: null,
  dmar_map_intgpu: null,
  intel_iommu_sm: null,
  deferred_probe_timeout: null,
  fw_devlink: 'rpm',
  fw_devlink_strict: false,
  pci_disable_acs_redir: '',
  pci_config_acs: '',
  tristates: '',
  acpi_disabled: false,
  acpi_preferred: null,
  module_blacklist: '',
  modprobe_blacklist: '',
  amd_iommu_disabled: false,
  amd_iommu_force_enable: false,
  amd_iommu_force_isolation: false,
};

/** What every kernel for x86 or s390 has. */
export const unitsKconfig: Partial<Kconfig> = {
  CONFIG_ARM64: false,
  CONFIG_ARM: false,
  CONFIG_ARCH_HAS_SETUP_DMA_OPS: false,
  CONFIG_ACPI_CCA_REQUIRED: false,
  CONFIG_ACPI_IORT: false,
};

/** What distributions configure for x86, where nothing has a devicetree. */
export const x86Kconfig: Partial<Kconfig> = {
  ...unitsKconfig,
  CONFIG_X86: true,
  CONFIG_OF_IOMMU: false,
  CONFIG_IOMMU_DEFAULT_DMA_LAZY: true,
  CONFIG_INTEL_IOMMU_DEFAULT_ON: false,
  CONFIG_INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF: true,
};

/** Whether an option builds a module. */
export function isModule({ CONFIG_MODULES, tristates }: Kconfig, option: string): boolean {
  return CONFIG_MODULES && tristates.split(',').includes(option);
}

/** @linux drivers/iommu/iommu.c iommu_default_passthrough */
export function defaultsToIdentity(config: Kconfig): boolean {
  return config.iommu_passthrough ?? config.CONFIG_IOMMU_DEFAULT_PASSTHROUGH;
}

/** @linux drivers/iommu/iommu.c iommu_def_domain_type */
export function iommu_def_domain_type(config: Kconfig): DomainType {
  if (defaultsToIdentity(config)) return 'identity';
  const asked = config.iommu_strict ?? !config.CONFIG_IOMMU_DEFAULT_DMA_LAZY;
  return asked || config.iommu_dma_strict ? 'DMA' : 'DMA-FQ';
}
