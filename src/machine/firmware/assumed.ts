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
import { busRange } from './host-bridges.ts';
import { describedFunctions } from './pci.ts';
import { pciName, rootBusName } from './pci-names.ts';

/** What is known of a function that has a node: the node, and the ID of the bridge that it is below. */
interface Place {
  readonly node: FdtNode | null;
  readonly above: number | null;
}

/** One function per `iommu-map` entry, and those that have a node on a bus whose number is known. */
export function assumePciDevices(
  fdt: Fdt,
  hosts: readonly HostBridge[],
  notes: string[],
): MachineDevice[] {
  return hosts.flatMap((host) => {
    const node = host.device.of_node;
    if (node === null) return [];
    const places = new Map<number, Place>();
    describe(places, node, host.bus_range[0], null);
    for (const id of mappedIds(fdt, host, node, notes))
      if (!places.has(id)) places.set(id, { node: null, above: null });
    const made = new Map<number, MachineDevice>();
    // A bridge has a lower ID than what is below it.
    for (const [id, place] of [...places].sort(([a], [b]) => a - b)) {
      const above = place.above === null ? undefined : made.get(place.above);
      made.set(id, assumedFunction(host, node, id, place.node, above));
    }
    return [...made.values()];
  });
}

/** Functions on a bus, and below those bridges whose node says which bus that is. */
function describe(
  places: Map<number, Place>,
  bus: FdtNode,
  number: number,
  above: number | null,
): void {
  for (const [devfn, node] of describedFunctions(bus)) {
    const id = (number << 8) | devfn;
    if (places.has(id)) continue;
    places.set(id, { node, above });
    const [secondary] = busRange(node);
    if (secondary > number) describe(places, node, secondary, id);
  }
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

function assumedFunction(
  host: HostBridge,
  node: FdtNode,
  id: number,
  of_node: FdtNode | null,
  above: MachineDevice | undefined,
): MachineDevice {
  const address = { segment: host.segment, bus: id >> 8, devfn: id & 0xff };
  const name = pciName(address);
  const root = `${host.device.path}/pci${rootBusName(host.segment, host.bus_range[0])}`;
  return {
    name,
    bus: 'pci',
    path: `${above?.path ?? root}/${name}`,
    of_node,
    dma_node: node,
    compatible: of_node === null ? [] : compatibleOf(of_node),
    pci: { ...address, config: null, bridge: null },
    assumed: true,
  };
}
