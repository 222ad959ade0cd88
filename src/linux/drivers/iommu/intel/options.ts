// What is asked of Intel's driver, on the command line or when the kernel was built.

import type { Kconfig } from '../../../kconfig.ts';

/** Nobody asks for translation. Debian has a choice of its own between on and off. */
export function isDisabled(config: Kconfig): boolean {
  const { CONFIG_INTEL_IOMMU_DEFAULT_ON: on, CONFIG_INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF: mostly } =
    config;
  return config.dmar_disabled ?? !(on || mostly);
}

/** The processor's graphics are translated like everything else. */
export function translatesProcessorGraphics(config: Kconfig): boolean {
  return config.dmar_map_intgpu ?? !config.CONFIG_INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF;
}

/** Scalable mode is used where units have it. */
export function wantsScalableMode(config: Kconfig): boolean {
  return config.intel_iommu_sm ?? config.CONFIG_INTEL_IOMMU_SCALABLE_MODE_DEFAULT_ON;
}
