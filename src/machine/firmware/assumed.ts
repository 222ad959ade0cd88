// A blob alone does not show what is plugged in. Its nodes name what is soldered in, though, and its
// maps requester IDs: one function for each stands in for whatever is there.

import {
  compatibleOf,
  type Fdt,
  type FdtNode,
  type FdtProperty,
  mapEntries,
  propertyOf,
} from '../../firmware/fdt/index.ts';
import { firstCell } from '../../linux/index.ts';
import { hex } from '../../util/index.ts';
import type { HostBridge, MachineDevice } from '../machine.ts';
import { childNode, describedFunctions } from './pci.ts';
import { pciName, rootBusName } from './pci-names.ts';

/** One function per `iommu-map` entry, and those on a root bus that have a node. */
export function assumePciDevices(
  fdt: Fdt,
  hosts: readonly HostBridge[],
  notes: string[],
): MachineDevice[] {
  return hosts.flatMap((host) => {
    const node = host.device.of_node;
    if (node === null) return [];
    const ids = new Set(mappedIds(fdt, host, node, notes));
    for (const devfn of describedFunctions(node)) ids.add((host.bus_range[0] << 8) | devfn);
    return [...ids].sort((a, b) => a - b).map((id) => assumedFunction(host, node, id));
  });
}

/** The first requester ID of each entry that the host bridge can have. */
function mappedIds(fdt: Fdt, host: HostBridge, node: FdtNode, notes: string[]): number[] {
  const prop = propertyOf(node, 'iommu-map');
  if (prop === undefined) return [];
  const { entries, trailingBytes } = entriesOf(fdt, prop);
  if (trailingBytes > 0 || entries.length === 0) {
    notes.push(`${node.path}: no PCI function assumed, because iommu-map is malformed`);
    return [];
  }
  const [first, last] = host.bus_range;
  const ids: number[] = [];
  for (const entry of entries) {
    const id = Math.max(entry.inputBase, first << 8);
    if (id < entry.inputBase + entry.length && id < (last + 1) << 8) ids.push(id);
    else {
      const range = `${hex(entry.inputBase)}, length ${hex(entry.length)}`;
      notes.push(`${node.path}: iommu-map entry at ${range} holds no requester ID of its buses`);
    }
    if (entry.node === null) {
      // Either a wrong phandle or an entry of another length: the next one has no known place.
      const phandle = hex(entry.phandle);
      notes.push(`${node.path}: iommu-map not read on, because no node has phandle ${phandle}`);
      break;
    }
  }
  return ids;
}

/** Entries of one output cell; where that cannot be, of as many as their targets want. */
function entriesOf(fdt: Fdt, prop: FdtProperty): ReturnType<typeof mapEntries> {
  const classic = mapEntries(fdt, prop);
  if (classic.trailingBytes === 0) return classic;
  return mapEntries(fdt, prop, (target) => firstCell(target, '#iommu-cells') ?? 1);
}

function assumedFunction(host: HostBridge, node: FdtNode, id: number): MachineDevice {
  const root = host.bus_range[0];
  const address = { segment: host.segment, bus: id >> 8, devfn: id & 0xff };
  const name = pciName(address);
  const of_node = address.bus === root ? childNode(node, address.devfn) : null;
  return {
    name,
    bus: 'pci',
    path: `${host.device.path}/pci${rootBusName(host.segment, root)}/${name}`,
    of_node,
    dma_node: node,
    compatible: of_node === null ? [] : compatibleOf(of_node),
    pci: { ...address, config: null, bridge: null },
    assumed: true,
  };
}
