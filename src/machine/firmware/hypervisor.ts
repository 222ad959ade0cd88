// What a virtual machine's IOMMUs are like, where firmware shows which hypervisor it runs on.

import { type Acpi, compatibleOf, type FdtNode } from '../../firmware/index.ts';
import type { Emulation, MachineDevice, PciFunction } from '../machine.ts';

/** Whether QEMU made the tree: it describes devices of its own. */
export function isTreeOfQemu(root: FdtNode): boolean {
  return root.children.some((node) => compatibleOf(node).some((name) => name.startsWith('qemu,')));
}

/** Whether QEMU made the tables. */
export function areTablesOfQemu(tables: Acpi['tables']): boolean {
  return tables.some(({ header }) => header.oem_id.startsWith('BOCHS'));
}

/** What QEMU emulates. Which endpoints there are is known where the input shows the PCI functions. */
export function emulatedByQemu(devices: readonly MachineDevice[]): Emulation {
  const functions = devices.flatMap(({ pci, assumed }) => (pci === null || assumed ? [] : [pci]));
  const endpoints = functions.filter((of) => isReached(of, functions)).map(endpointOf);
  const shown = functions.some(({ config }) => config !== null);
  return {
    'arm-smmu-v3': { streamIdBits: 16 },
    ...(shown ? { 'virtio-iommu': { endpoints: new Set(endpoints) } } : {}),
  };
}

/** A bridge that does not answer, in a slot without power, has lost the number of the bus below it. */
function isReached({ segment, bus, bridge }: PciFunction, all: readonly PciFunction[]): boolean {
  if (bridge !== null) return true;
  return !all.some(({ segment: same, config }) => {
    const { secondary_bus, subordinate_bus } = config ?? {};
    return same === segment && (secondary_bus ?? bus) < bus && bus <= (subordinate_bus ?? 0);
  });
}

/**
 * The ID by which QEMU knows the DMA of a function: its requester ID, or for one on a conventional
 * bus that of the topmost bridge to such a bus. An ID of another function is none it has heard of.
 */
function endpointOf(pci: PciFunction): number {
  let id = (pci.bus << 8) | pci.devfn;
  let { bus } = pci;
  for (let above = pci.bridge?.pci; above != null; above = above.bridge?.pci) {
    const type = above.config?.pci_express?.type ?? null;
    if (type === null) id = (above.bus << 8) | above.devfn;
    else if (type === pcieToPciBridge) id = bus << 8;
    bus = above.bus;
  }
  return id;
}

/** PCI Express Base Specification, device/port type of a bridge to PCI. */
const pcieToPciBridge = 7;
