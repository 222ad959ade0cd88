import {
  type Attachment,
  type device,
  type device_link,
  isManagementComplex,
  type kernel,
} from '../../linux/index.ts';

/** What a device has to do with its IOMMUs when nothing runs any more. */
export interface EndState {
  /** A driver is bound. */
  readonly bound: boolean;
  /** On its bus. */
  readonly added: boolean;
  /** In an IOMMU group. */
  readonly grouped: boolean;
  /** The IOMMUs it sits behind, and by which IDs. */
  readonly attachments: readonly Attachment[];
  /** The IDs in its fwspec, or null when it has none, or one that was freed. */
  readonly ids: readonly number[] | null;
  readonly domain: 'identity' | 'DMA' | 'DMA-FQ' | null;
  readonly dma_ops: string | null;
}

/** Look at a device, as a debugger would: no task reads anything. */
export function endStateOf(dev: device): EndState {
  const param = dev.iommu.value;
  const instance = param?.iommu_dev.value ?? null;
  const group = dev.iommu_group.value;
  const pointed = param?.fwspec.value ?? null;
  const fwspec = pointed?.freed === true ? null : pointed;
  const listed = fwspec === null ? null : fwspec.ids.value.slice(0, fwspec.num_ids.value);
  const ids = instance?.ops?.idsOf === undefined ? listed : instance.ops.idsOf(listed);
  return {
    bound: dev.driver.value !== null,
    added: dev.bus.klist_devices.value.includes(dev),
    grouped: group !== null,
    attachments:
      instance === null
        ? []
        : (instance.ops?.attachments?.(param?.priv.value) ?? [{ instance, ids: ids ?? [] }]),
    ids,
    domain: group?.domain.value?.type ?? null,
    dma_ops: dev.dma_ops.value,
  };
}

/** It gets another try when something has changed. */
export function isWaiting(k: kernel, dev: device): boolean {
  const lists = [k.deferred_probe_pending_list, k.deferred_probe_active_list];
  return lists.some((list) => list.value.includes(dev));
}

/** What it waits for before its DMA is configured. */
export function waitsBeforeDma(dev: device): string[] {
  const { absent_supplier, suppliers, pins } = dev;
  if (absent_supplier !== null)
    return [`waits for its supplier ${absent_supplier}, which is no device`];
  const missing = suppliers.filter(
    ({ available, sync_state_only }) => !available.value && !sync_state_only.value,
  );
  if (missing.length > 0)
    return missing.map(({ supplier }) => `waits for its supplier ${supplier.name}`);
  const linked = dev.linked.value.find(({ bound }) => !bound.value);
  if (linked !== undefined)
    return [`waits for ${linked.name}, which took it and linked it to itself, to be bound`];
  const pin = firstMissing(pins);
  return pin === undefined ? [] : [`waits for its pin controller, ${named(pin)}`];
}

/** What it waits for once that is done. */
export function waitsAfterDma({ assigned_clocks, power_domain, own }: device): string[] {
  const clock = firstMissing(assigned_clocks);
  if (clock !== undefined) return [`waits for a clock that is to be set, ${named(clock)}`];
  if (power_domain !== undefined && power_domain?.available.value !== true)
    return [`waits for its power domain, ${named(power_domain)}`];
  const got = firstMissing(own);
  return got === undefined ? [] : [`its driver waits for a clock or a reset, ${named(got)}`];
}

/** Of what a probe asks for in a row, null for what never comes; an error is not waited for. */
function firstMissing(list: device['pins']): device_link | null | undefined {
  return list
    .filter((needed) => typeof needed !== 'number')
    .find((link) => link?.available.value !== true);
}

function named(link: device_link | null): string {
  return link === null ? 'which never comes' : `which ${link.supplier.name} provides`;
}

/** Whether its own driver found out about its IOMMU, and nobody probed it after that. */
export function isForgotten(dev: device): boolean {
  const { ids, grouped } = endStateOf(dev);
  return isManagementComplex(dev) && ids !== null && !grouped;
}

/** What is said of such a device. */
export const forgotten =
  'fsl_mc_bus asks IORT once more when it is bound, with an ID of its own; since v6.15 nothing probes the device after that';
