// Which word decided what the default domain of a group is.

import type { iommu_group, Kconfig, kernel } from '../linux/index.ts';
import type { Chain } from './explanation.ts';
import type { RecordedCall, Recorder } from './recorder.ts';

export function addDomain(chain: Chain, recorder: Recorder, group: iommu_group, k: kernel): void {
  const type = group.domain.value?.type ?? null;
  if (type === null) {
    chain.fail('domain', 'the group has no domain: none could be attached');
    return;
  }
  chain.add('domain', `${type}: ${wordFor(recorder, group, k)}`);
}

function wordFor(recorder: Recorder, group: iommu_group, k: kernel): string {
  const { config } = k;
  for (const call of recorder.calls()) {
    if (call.name !== 'defaultDomainType' || call.args?.[0] !== group) continue;
    const wish = call.steps.find(
      (step): step is RecordedCall =>
        step.kind === 'call' &&
        step.name.endsWith('def_domain_type') &&
        typeof step.result === 'string',
    );
    if (wish !== undefined) return `${wish.name}() of its driver wants it`;
  }
  if (config.CONFIG_ARM_DMA_USE_IOMMU) return 'CONFIG_ARM_DMA_USE_IOMMU';
  if (!config.CONFIG_IOMMU_DMA) return 'CONFIG_IOMMU_DMA is off';
  const lazy = k.iommu_dma_strict && group.domain.value?.type === 'DMA' && isLazy(config);
  return lazy ? 'its IOMMU gains nothing from lazy flushing' : defaultWord(config);
}

function isLazy({
  iommu_strict,
  iommu_dma_strict,
  CONFIG_IOMMU_DEFAULT_DMA_LAZY,
}: Kconfig): boolean {
  return !iommu_dma_strict && !(iommu_strict ?? !CONFIG_IOMMU_DEFAULT_DMA_LAZY);
}

/** What the system's default comes from, where no driver has a wish. */
function defaultWord(config: Kconfig): string {
  const { iommu_passthrough, iommu_strict } = config;
  if (iommu_passthrough === true) return 'iommu.passthrough=1, or iommu=pt, on the command line';
  if (iommu_passthrough === null && config.CONFIG_IOMMU_DEFAULT_PASSTHROUGH)
    return 'CONFIG_IOMMU_DEFAULT_PASSTHROUGH=y';
  if (config.iommu_dma_strict) return "an option of the IOMMU's driver on the command line";
  if (iommu_strict !== null) return `iommu.strict=${iommu_strict ? 1 : 0} on the command line`;
  const lazy = config.CONFIG_IOMMU_DEFAULT_DMA_LAZY;
  return `CONFIG_IOMMU_DEFAULT_DMA_${lazy ? 'LAZY' : 'STRICT'}=y, and nothing on the command line`;
}
