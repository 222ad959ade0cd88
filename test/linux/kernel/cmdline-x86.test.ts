// What kernels for x86 understand of a command line; facts of arch/x86/kernel/pci-dma.c and
// drivers/iommu/intel/iommu.c.
import { describe, expect, test } from 'vitest';
import {
  isDisabled,
  translatesProcessorGraphics,
  wantsScalableMode,
} from '../../../src/linux/drivers/iommu/intel/options.ts';
import {
  defaultKconfig,
  type Kconfig,
  withCommandLine,
  x86Kconfig,
} from '../../../src/linux/index.ts';
import { iommu_def_domain_type } from '../../../src/linux/kconfig.ts';

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
  const [off, noProcessor] = ['no translation', 'none for graphics of the processor'];
  const [noGraphics, scalable] = ['none for graphics', 'scalable mode'];

  function asked(cmdline: string, built: Partial<Kconfig> = {}): string[] {
    const config = withCommandLine(cmdline, { ...x86, ...built });
    return Object.entries({
      [off]: config.no_iommu || isDisabled(config),
      [noProcessor]: !translatesProcessorGraphics(config),
      [noGraphics]: config.disable_igfx_iommu,
      [scalable]: wantsScalableMode(config),
    }).flatMap(([what, is]) => (is ? [what] : []));
  }

  test.each<[cmdline: string, asked: readonly string[]]>([
    ['', [noProcessor]],
    ['iommu=off', [off, noProcessor]],
    ['iommu=noforce', [noProcessor]],
    ['intel_iommu=off', [off, noProcessor]],
    // The processor's graphics are translated only when somebody says "on".
    ['intel_iommu=on', []],
    ['intel_iommu=on,intgpu_off', [noProcessor]],
    ['intel_iommu=off,on', []],
    ['intel_iommu=on intel_iommu=off', [off]],
    ['intel_iommu=igfx_off', [noProcessor, noGraphics]],
    ['intel_iommu=on,sm_on', [scalable]],
    ['intel_iommu=on,sm_on,sm_off', []],
    ['intel_iommu=nonsense', [noProcessor]],
  ])('"%s" on a kernel of Debian', (cmdline, expected) => {
    expect(asked(cmdline)).toEqual(expected);
  });

  const choiceOff = {
    CONFIG_INTEL_IOMMU_DEFAULT_ON: false,
    CONFIG_INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF: false,
  };
  const choiceOn = { ...choiceOff, CONFIG_INTEL_IOMMU_DEFAULT_ON: true };
  test.each<[cmdline: string, built: Partial<Kconfig>, asked: readonly string[]]>([
    ['', choiceOff, [off]],
    ['intel_iommu=on', choiceOff, []],
    ['', choiceOn, []],
    ['intel_iommu=off', choiceOn, [off]],
    ['', { ...choiceOn, CONFIG_INTEL_IOMMU_SCALABLE_MODE_DEFAULT_ON: true }, [scalable]],
  ])('"%s" where the kernel was built with %j', (cmdline, built, expected) => {
    expect(asked(cmdline, built)).toEqual(expected);
  });
});
