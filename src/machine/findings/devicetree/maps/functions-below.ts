import { type FdtNode, propertyOf } from '../../../../firmware/index.ts';
import { groupBy } from '../../../../util/index.ts';
import type { Machine, MachineDevice } from '../../../machine.ts';

const known = new WeakMap<Machine, ReadonlyMap<FdtNode | null, readonly MachineDevice[]>>();

/** The functions of a host bridge, those that are assumed as well. */
export function functionsBelow(machine: Machine, host: FdtNode): readonly MachineDevice[] {
  let below = known.get(machine);
  if (below === undefined) {
    below = groupBy(
      machine.devices.filter(({ pci }) => pci !== null),
      ({ dma_node }) => dma_node,
    );
    known.set(machine, below);
  }
  return below.get(host) ?? [];
}

/** Whether the function is an IOMMU, driven or not: a node or its virtio device ID says so. */
export function isIommu({ of_node, pci }: MachineDevice): boolean {
  if (of_node !== null && propertyOf(of_node, '#iommu-cells') !== undefined) return true;
  return pci?.config?.vendor_id === 0x1af4 && pci.config.device_id === 0x1057;
}
