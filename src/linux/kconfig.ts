import type { DomainType } from './include/linux/iommu.ts';

/** The options that decide which way the path goes, with the values of a common arm64 kernel. */
export interface Kconfig {
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
  readonly CONFIG_ARM_SMMU_V3: boolean;
  readonly CONFIG_VIRTIO_IOMMU: boolean;
  readonly CONFIG_APPLE_DART: boolean;
  readonly CONFIG_EXYNOS_IOMMU: boolean;
  /** `iommu.passthrough=`, `iommu.strict=` and the like: null where the command line says nothing. */
  readonly iommu_passthrough: boolean | null;
  readonly iommu_strict: boolean | null;
}

export const defaultKconfig: Kconfig = {
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
  CONFIG_ARM_SMMU_V3: true,
  CONFIG_VIRTIO_IOMMU: true,
  CONFIG_APPLE_DART: true,
  CONFIG_EXYNOS_IOMMU: true,
  iommu_passthrough: null,
  iommu_strict: null,
};

/** @linux drivers/iommu/iommu.c iommu_def_domain_type */
export function iommu_def_domain_type(config: Kconfig): DomainType {
  if (config.iommu_passthrough ?? config.CONFIG_IOMMU_DEFAULT_PASSTHROUGH) return 'identity';
  const strict = config.iommu_strict ?? !config.CONFIG_IOMMU_DEFAULT_DMA_LAZY;
  return strict ? 'DMA' : 'DMA-FQ';
}
