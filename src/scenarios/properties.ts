import type { Property } from '../explore/index.ts';
import type { Expected, kernel } from '../linux/index.ts';
import { type EndState, endStateOf } from '../machine/index.ts';
import { hex } from '../util/index.ts';
import type { Booted } from './setup.ts';

/** The description of a device in numbers, for judging what `probe_device` sees. */
export function expectedOf(reference: EndState): Expected {
  return {
    ids: reference.attachments.flatMap(({ ids }) => ids),
    iommus: reference.attachments.length,
  };
}

/**
 * What must hold of the device a scenario is about, besides what the explorer checks by itself.
 *
 * @param reference the device at the end of a boot with no concurrency
 */
export function propertiesOf({ k, client }: Booted, reference: EndState): Property[] {
  const translated = reference.grouped;
  return [
    {
      kind: 'end',
      name: 'a device behind an IOMMU is not left without it',
      holds: () => {
        const { bound, grouped } = endStateOf(client);
        if (!translated || !bound || grouped) return true;
        return `${client.text} works without translation, although every IOMMU that firmware names has registered`;
      },
    },
    {
      kind: 'end',
      name: 'a deferred device is retried',
      holds: () => {
        if (!isDeferred(k, client.name)) return true;
        return `${client.text} waits on the deferred list, and nothing is left that would retry it`;
      },
    },
    {
      kind: 'end',
      name: 'a device gets all its IOMMUs and IDs',
      holds: () => {
        const state = endStateOf(client);
        if (!state.grouped) return true;
        const found = attachmentsText(state);
        const wanted = attachmentsText(reference);
        return (
          found === wanted ||
          `${client.text} ends with ${found}; a boot with no concurrency gives it ${wanted}`
        );
      },
    },
    {
      kind: 'end',
      name: 'DMA goes through the group that the device is in',
      holds: () => {
        const state = endStateOf(client);
        if (!state.bound || !state.grouped || state.dma_ops === reference.dma_ops) return true;
        return `${client.text} is left without translation: it is in a group, but its DMA ops are ${state.dma_ops ?? 'direct'} instead of ${reference.dma_ops ?? 'direct'}`;
      },
    },
    {
      kind: 'end',
      name: 'a group with devices has a default domain',
      holds: () => {
        const group = client.iommu_group.value;
        return group === null || group.default_domain.value !== null;
      },
    },
    {
      kind: 'end',
      name: 'no group is left linked to a list',
      holds: () => (client.iommu_group.value?.entry.value ?? null) === null,
    },
    {
      kind: 'always',
      name: 'a probed device keeps its dev->iommu',
      watched: [client.iommu, client.iommu_group],
      holds: () => client.iommu_group.value === null || client.iommu.value !== null,
    },
    {
      kind: 'sometimes',
      name: translated ? 'the device ends behind its IOMMU' : 'the device ends bound',
      holds: () => {
        const state = endStateOf(client);
        return translated ? state.grouped : state.bound;
      },
    },
  ];
}

function isDeferred(k: kernel, name: string): boolean {
  return [k.deferred_probe_pending_list, k.deferred_probe_active_list].some((list) =>
    list.value.some((dev) => dev.name === name),
  );
}

function attachmentsText({ attachments }: EndState): string {
  if (attachments.length === 0) return 'no IOMMU';
  return attachments
    .map(
      ({ instance, ids }) =>
        `${instance.dev.name}${ids.length === 0 ? '' : ` (${ids.map(hex).join(', ')})`}`,
    )
    .join(' and ');
}
