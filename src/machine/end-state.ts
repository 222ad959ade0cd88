import type { Attachment, device } from '../linux/index.ts';

/** What a device has to do with its IOMMUs when nothing runs any more. */
export interface EndState {
  /** A driver is bound. */
  readonly bound: boolean;
  /** In an IOMMU group. */
  readonly grouped: boolean;
  /** The IOMMUs it sits behind, and by which IDs. */
  readonly attachments: readonly Attachment[];
  readonly domain: 'identity' | 'DMA' | 'DMA-FQ' | null;
  readonly dma_ops: string | null;
}

/** Look at a device, as a debugger would: no task reads anything. */
export function endStateOf(dev: device): EndState {
  const param = dev.iommu.value;
  const instance = param?.iommu_dev.value ?? null;
  const group = dev.iommu_group.value;
  return {
    bound: dev.driver.value !== null,
    grouped: group !== null,
    attachments:
      instance === null
        ? []
        : (instance.ops?.attachments?.(param?.priv.value) ?? [
            { instance, ids: param?.fwspec.value?.ids.value ?? [] },
          ]),
    domain: group?.domain.value?.type ?? null,
    dma_ops: dev.dma_ops.value,
  };
}
