// What kernels for x86 understand of a command line; facts of arch/x86/kernel/pci-dma.c and
// drivers/iommu/intel/iommu.c.
import { describe, expect, test } from 'vitest';
import {
  defaultKconfig,
  type Kconfig,
  withCommandLine,
  x86Kconfig,
} from '../../src/linux/index.ts';
import { iommu_def_domain_type } from '../../src/linux/kconfig.ts';

const x86: Kconfig = { ...defaultKconfig, ...x86Kconfig };

describe('the default domain', () => {
  test.each<[cmdline: string, domain: string]>([
    ['', 'DMA-FQ'],
    ['iommu=pt', 'identity'],
    ['iommu=nopt', 'DMA-FQ'],
    ['iommu=soft,pt', 'identity'],
    ['iommu.passthrough=1 iommu=nopt', 'DMA-FQ'],
    ['iommu=pt iommu.passthrough=0', 'DMA-FQ'],
    ['iommu.strict=1', 'DMA'],
    ['iommu.strict=1 iommu=pt', 'identity'],
    ['intel_iommu=on,strict', 'DMA'],
    // The driver's option is read later, wherever it stands.
    ['intel_iommu=strict iommu.strict=0', 'DMA'],
    ['intel_iommu=on,strictly', 'DMA'],
  ])('"%s" gives %s', (cmdline, domain) => {
    expect(iommu_def_domain_type(withCommandLine(cmdline, x86))).toBe(domain);
  });

  test('arm64 has no iommu= option', () => {
    expect(withCommandLine('iommu=pt', defaultKconfig)).toEqual(defaultKconfig);
  });
});

describe("Intel's units", () => {
  const { no_iommu, dmar_disabled, disable_igfx_iommu, dmar_map_intgpu, intel_iommu_sm } = x86;
  const usual = { no_iommu, dmar_disabled, disable_igfx_iommu, dmar_map_intgpu, intel_iommu_sm };

  test.each<[cmdline: string, changed: Partial<Kconfig>]>([
    ['', {}],
    ['iommu=off', { no_iommu: true }],
    ['iommu=noforce', {}],
    ['intel_iommu=off', { dmar_disabled: true }],
    // The processor's graphics are translated only when somebody says "on".
    ['intel_iommu=on', { dmar_map_intgpu: true }],
    ['intel_iommu=on,intgpu_off', {}],
    ['intel_iommu=off,on', { dmar_map_intgpu: true }],
    ['intel_iommu=on intel_iommu=off', { dmar_map_intgpu: true, dmar_disabled: true }],
    ['intel_iommu=igfx_off', { disable_igfx_iommu: true }],
    ['intel_iommu=sm_on', { intel_iommu_sm: true }],
    ['intel_iommu=sm_on,sm_off', {}],
    ['intel_iommu=nonsense', {}],
  ])('"%s"', (cmdline, changed) => {
    expect(withCommandLine(cmdline, x86)).toMatchObject({ ...usual, ...changed });
  });
});
