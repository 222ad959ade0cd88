import { type device, dmaAliases, type pci_dev } from '../../linux/index.ts';
import type { MachineDevice } from '../machine.ts';

/** An ID that is looked for in `iommu-map`. */
export interface MappedId {
  readonly id: number;
  /** The function that sends it, where that is one. */
  readonly pdev: pci_dev | null;
}

/** The IDs of a device that a map tells of; null for one that `iommus` tells of. */
export function mappedIdsOf(
  { map_id }: Pick<MachineDevice, 'map_id'>,
  { pci }: device,
): readonly MappedId[] | null {
  if (map_id !== undefined) return [{ id: map_id, pdev: null }];
  return pci === null ? null : dmaAliases(pci).map(({ pdev, alias }) => ({ id: alias, pdev }));
}
