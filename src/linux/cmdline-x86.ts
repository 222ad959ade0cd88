// What of a kernel command line only kernels for x86 listen to.

import type { Kconfig } from './kconfig.ts';

/** `iommu=`: a list, in which a word counts by how it begins. @linux arch/x86/kernel/pci-dma.c iommu_setup */
export function iommuOptions(list: string): Partial<Kconfig> {
  let options: Partial<Kconfig> = {};
  for (const word of list.split(',')) {
    if (word.startsWith('usedac')) break; // nobody reads on
    if (word.startsWith('off')) options = { ...options, no_iommu: true };
    if (word.startsWith('pt')) options = { ...options, iommu_passthrough: true };
    if (word.startsWith('nopt')) options = { ...options, iommu_passthrough: false };
  }
  return options;
}

type Words = readonly (readonly [start: string, Partial<Kconfig>])[];

function optionsOf(list: string, words: Words): Partial<Kconfig> {
  let options: Partial<Kconfig> = {};
  for (const word of list.split(',')) {
    const known = words.find(([start]) => word.startsWith(start));
    if (known !== undefined) options = { ...options, ...known[1] };
  }
  return options;
}

/** `intel_iommu=`: the same. @linux drivers/iommu/intel/iommu.c intel_iommu_setup */
export function intelIommuOptions(list: string): Partial<Kconfig> {
  return optionsOf(list, intelIommuWords);
}

/** `amd_iommu=`: the same. @linux drivers/iommu/amd/init.c parse_amd_iommu_options */
export function amdIommuOptions(list: string): Partial<Kconfig> {
  return optionsOf(list, amdIommuWords);
}

const intelIommuWords: Words = [
  ['on', { dmar_disabled: false, dmar_map_intgpu: true }],
  ['off', { dmar_disabled: true }],
  ['igfx_off', { disable_igfx_iommu: true }],
  ['intgpu_off', { dmar_map_intgpu: false }],
  ['strict', { iommu_dma_strict: true }],
  ['sm_on', { intel_iommu_sm: true }],
  ['sm_off', { intel_iommu_sm: false }],
];

const amdIommuWords: Words = [
  ['fullflush', { iommu_dma_strict: true }],
  ['force_enable', { amd_iommu_force_enable: true }],
  ['off', { amd_iommu_disabled: true }],
  ['force_isolation', { amd_iommu_force_isolation: true }],
];
