// Which word decided what the default domain of a group is.

import {
  bridgeAbove,
  defaultsToIdentity,
  iommu_group,
  type Kconfig,
  type kernel,
  pci_dev,
} from '../../linux/index.ts';
import { onceForEach, present } from '../../util/index.ts';
import type { RecordedCall, Recorder } from '../boot/record/recorder.ts';
import { pciName } from '../firmware/pci-names.ts';
import type { Chain } from './explanation.ts';

export function addDomain(chain: Chain, recorder: Recorder, group: iommu_group, k: kernel): void {
  const type = group.domain.value?.type ?? null;
  if (type === null) {
    chain.fail(
      'domain',
      'the group has no domain: the driver makes none, or it cannot be attached',
    );
    return;
  }
  chain.add('domain', `${type}: ${wordFor(recorder, group, k)}`);
}

/** Where drivers are asked for their wishes; the last two before v6.5. */
const deciders: readonly string[] = [
  'defaultDomainType',
  'iommu_alloc_default_domain',
  'probe_alloc_default_domain',
];

/** What has the group among its arguments, in the order in which it was called. */
const decisionsIn = onceForEach((recorder: Recorder) => {
  const found = new Map<iommu_group, RecordedCall[]>();
  for (const call of recorder.calls()) {
    if (!deciders.includes(call.name)) continue;
    for (const group of call.args ?? [])
      if (group instanceof iommu_group) found.set(group, [...(found.get(group) ?? []), call]);
  }
  return found;
});

function wordFor(recorder: Recorder, group: iommu_group, k: kernel): string {
  const { config } = k;
  for (const call of decisionsIn(recorder).get(group) ?? []) {
    const outside = group.domain.value?.type === 'DMA' ? distrustIn(recorder, call) : null;
    if (outside !== null) return outside;
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
  if (group.domain.value?.type === 'DMA') {
    if (defaultsToIdentity(config)) return 'the driver of its IOMMU makes no identity domains';
    if (isLazy(config))
      return k.iommu_dma_strict
        ? 'its IOMMU gains nothing from lazy flushing'
        : 'the driver of its IOMMU cannot flush late';
  }
  return defaultWord(config);
}

/** The member that is not trusted, and the port for which it is not. */
function distrustIn(recorder: Recorder, decider: RecordedCall): string | null {
  for (const { name, args, result } of recorder.calls(decider)) {
    const [pdev] = args ?? [];
    if (name !== 'isUntrusted' || result !== true || !(pdev instanceof pci_dev)) continue;
    let port = pdev;
    do port = present(bridgeAbove(port), 'a port that faces the outside');
    while (!port.external_facing);
    return `${nameOf(pdev)} is not trusted: it is below ${nameOf(port)}, which faces the outside`;
  }
  return null;
}

function nameOf({ segment, bus, devfn }: pci_dev): string {
  return pciName({ segment, bus: bus.number, devfn });
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
