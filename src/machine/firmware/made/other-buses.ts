// What drivers make on buses that are not modelled, of what no tree says: which there are only the
// hardware knows, but by which IDs they would be known is in the maps of their maker.

import { type Fdt, type FdtNode, mapEntries } from '../../../firmware/fdt/index.ts';
import { hex } from '../../../util/index.ts';
import type { HostBridge, MachineDevice } from '../../machine.ts';

const otherBuses: readonly (readonly [compatible: RegExp, what: string])[] = [
  [
    /^fsl,qoriq-mc$/,
    'what fsl_mc_bus makes, dprc.1 and those of its objects, each known by the ICID of its container,',
  ],
  [/^nvidia,tegra\d+-gpcdma$/, 'a channel of DMA, known by its number,'],
  [
    /^xlnx,versal-net-cdx$/,
    'what the cdx bus makes of what its controller lists, each known by the ID that is listed,',
  ],
];

/** Whether a driver for one of them makes devices that have IDs in a map. */
export function makesByMap(compatible: readonly string[]): boolean {
  return busOf(compatible) !== undefined;
}

function busOf(compatible: readonly string[]): (typeof otherBuses)[number] | undefined {
  return otherBuses.find(([names]) => compatible.some((name) => names.test(name)));
}

/** Rows of a map that are written out. */
const mostRows = 4;

/** Devices with a map of IDs for what their driver makes on a bus that is not modelled. */
export function notesOfOtherBuses(
  fdt: Fdt,
  devices: readonly MachineDevice[],
  hosts: readonly HostBridge[],
): string[] {
  const told = new Set(hosts.map(({ device }) => device.of_node));
  for (const { map_id, dma_node } of devices) if (map_id !== undefined) told.add(dma_node);
  const notes: string[] = [];
  for (const { pci, of_node, compatible } of devices) {
    if (pci !== null || of_node?.properties.has('iommu-map') !== true || told.has(of_node))
      continue;
    const maps = ['iommu-map', 'msi-map'].flatMap((name) => rowsIn(fdt, of_node, name));
    const known = busOf(compatible);
    const what = known?.[1] ?? 'what its driver makes on a bus of its own';
    const how =
      maps.length === 0 ? '; its maps hold no ID yet' : `. By its maps ${maps.join('; ')}`;
    notes.push(`${of_node.path}: it has iommu-map, but ${what} is not shown${how}`);
  }
  return notes;
}

/** `iommu-map: 0x0 to 0x3f are 0x100 to 0x13f of /iommu@5000000` */
function rowsIn(fdt: Fdt, node: FdtNode, name: string): string[] {
  const map = node.properties.get(name);
  const { entries } = map === undefined ? { entries: [] } : mapEntries(fdt, map);
  const rows = entries
    .filter(({ length }) => length > 0)
    .map(({ inputBase, outputBase, length, node: target }) => {
      const verb = length === 1 ? 'is' : 'are';
      const whose =
        target === null
          ? 'nothing, for it names no node'
          : `${rangeOf(outputBase, length)} of ${target.path}`;
      return `${rangeOf(inputBase, length)} ${verb} ${whose}`;
    });
  if (rows.length === 0) return [];
  const more = rows.length > mostRows ? [`and ${rows.length - mostRows} more`] : [];
  return [`${name}: ${[...rows.slice(0, mostRows), ...more].join(', ')}`];
}

function rangeOf(base: number, length: number): string {
  return length === 1 ? hex(base) : `${hex(base)} to ${hex(base + length - 1)}`;
}
