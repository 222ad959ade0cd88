// From a device's node to the nodes of its IOMMUs: `iommus`, or `iommu-map` for each requester ID.

import {
  type FdtNode,
  type FdtProperty,
  mapEntries,
  propertyOf,
  specifiers,
} from '../../firmware/index.ts';
import { type device, errnoName, firstCell, type kernel, mapIommuId } from '../../linux/index.ts';
import { hex, onceForEach } from '../../util/index.ts';
import type { MappedId } from '../boot/mapped-ids.ts';
import type { MachineDevice } from '../machine.ts';
import { atNode, atProperty, type Chain } from './explanation.ts';
import { addAlias } from './pci.ts';

/** What a chain is drawn from, and the IOMMUs that it comes to. */
export interface Described {
  readonly k: kernel;
  readonly dev: device;
  readonly devices: ReadonlyMap<device, MachineDevice>;
}

/** The nodes that a platform device's `iommus` names; none when the chain ends here. */
export function addSpecifiers(chain: Chain, { k }: Described, np: FdtNode): FdtNode[] {
  const property = propertyOf(np, 'iommus');
  if (property === undefined) {
    chain.fail('description', `${np.path} has no property iommus`, atNode(np));
    addMapBelow(chain, k, np);
    return [];
  }
  chain.add('description', `${np.path} has iommus`, atProperty(np, property));
  const found: FdtNode[] = [];
  const entries = k.fdt === null ? [] : specifiers(k.fdt, property, '#iommu-cells');
  entries.forEach((entry, n) => {
    const start = entry.offset - property.offset;
    if (entry.ok) {
      const args = entry.args.length === 0 ? 'no cells' : entry.args.map(hex).join(' ');
      const text = `specifier ${n}: phandle ${hex(entry.phandle)} is ${entry.node.path}, ${args}`;
      chain.add('map', text, atProperty(np, property, start, 4 + 4 * entry.args.length));
      found.push(entry.node);
      return;
    }
    const { expected, found: what } = entry.problem;
    const rest = atProperty(np, property, start, property.value.length - start);
    const text = `specifier ${n} cannot be read: expected ${expected}, found ${what}`;
    if (found.length === 0) chain.fail('map', text, rest);
    else chain.add('map', `${text}; the list ends before it`, rest);
  });
  if (entries.length === 0) chain.fail('map', 'it is empty', atProperty(np, property));
  return found;
}

/** The nodes that `iommu-map` names for each ID of a device; up to where a test fails. */
export function addMap(
  chain: Chain,
  described: Described,
  np: FdtNode,
  ids: readonly MappedId[],
): FdtNode[] {
  const { dev, devices } = described;
  const owner = dev.pci === null ? 'its maker' : 'its host bridge';
  const map = propertyOf(np, 'iommu-map');
  if (map === undefined) {
    chain.fail('description', `${owner} ${np.path} has no property iommu-map`, atNode(np));
    return [];
  }
  const text = `${owner} ${np.path} has iommu-map, ${map.value.length} bytes`;
  chain.add('description', text, atProperty(np, map));
  addMask(chain, np);
  const found: FdtNode[] = [];
  for (const { id, pdev } of ids) {
    if (dev.pci === null || pdev === null) chain.add('alias', `its number is its ID: ${hex(id)}`);
    else addAlias(chain, devices, dev.pci, { pdev, alias: id });
    const target = addEntry(chain, described, np, map, id);
    if (target === null) return found;
    if (!found.includes(target)) found.push(target);
  }
  return found;
}

/** The map of a host bridge: it is for the functions below, and decides whether there are any. */
function addMapBelow(chain: Chain, k: kernel, np: FdtNode): void {
  const map = propertyOf(np, 'iommu-map');
  if (map === undefined || k.fdt === null) return;
  const cellsOf = k.design.functions.outputCells(k, map, '#iommu-cells');
  const { entries, trailingBytes } = mapEntries(k.fdt, map, cellsOf);
  const { length } = map.value;
  if (trailingBytes > 0 || entries.length === 0)
    chain.fail(
      'map',
      `its iommu-map, for the functions below it, has ${length} bytes, which are no list of entries`,
      atProperty(np, map),
    );
  else
    chain.add(
      'map',
      `its iommu-map is for the functions below it${rangesText(k, map)}`,
      atProperty(np, map),
    );
}

function addMask(chain: Chain, np: FdtNode): void {
  const mask = propertyOf(np, 'iommu-map-mask');
  if (mask === undefined) return;
  chain.add('description', `iommu-map-mask keeps bits ${hex(maskOf(np))}`, atProperty(np, mask));
}

function maskOf(np: FdtNode): number {
  return firstCell(np, 'iommu-map-mask') ?? 0xffffffff;
}

/** What the map makes of one ID, by the kernel's own function; null when that is nothing. */
function addEntry(
  chain: Chain,
  { k, dev }: Described,
  np: FdtNode,
  map: FdtProperty,
  id: number,
): FdtNode | null {
  const before = k.log.length;
  const mapped = mapIommuId(k, dev, np, id);
  const said = k.log.slice(before).map(({ text }) => text);
  const mask = maskOf(np);
  const masked = (id & mask) >>> 0;
  const looked = mask === 0xffffffff ? hex(id) : `${hex(id)} & ${hex(mask)} = ${hex(masked)}`;
  if ('error' in mapped) {
    const why =
      said.length > 0 ? said.join('; ') : 'an entry for it names a node that is not there';
    chain.fail('map', `${looked}: ${errnoName(mapped.error)}, ${why}`, atProperty(np, map));
    return null;
  }
  if (mapped.target === null) {
    const text = `no entry of iommu-map holds ${looked}${rangesText(k, map)}`;
    chain.fail('map', text, atProperty(np, map));
    return null;
  }
  const { at, count } = mapped.entry ?? { at: 0, count: 0 };
  const entry = k.wordsOf(map).slice(at, at + count);
  const text = `${looked} is in ${entryText(entry, at, masked, mapped.target)}`;
  chain.add('map', text, atProperty(np, map, at * 4, count * 4));
  return mapped.target;
}

/** Base, phandle, as many output words as the target wants, length. */
function entryText(words: readonly number[], at: number, masked: number, target: FdtNode): string {
  const [base = 0, _phandle, ...rest] = words;
  const length = rest.at(-1) ?? 0;
  const range = length === 1 ? hex(base) : `${hex(base)} to ${hex(base + length - 1)}`;
  const sums = rest
    .slice(0, -1)
    .map(
      (out) => `${hex(masked)} - ${hex(base)} + ${hex(out)} = ${hex((masked - base + out) >>> 0)}`,
    );
  return `entry ${at / words.length}, which sends ${range} to ${target.path}: ${sums.join(', ')}`;
}

/** The ranges of input IDs of the first entries, where all have one output word. */
const rangesText = ({ fdt }: kernel, map: FdtProperty): string => rangesIn(fdt ?? noTree)(map);

const noTree: Parameters<typeof mapEntries>[0] = { phandles: new Map() };

/** Many devices may ask about one long map. */
const rangesIn = onceForEach((fdt: typeof noTree) =>
  onceForEach((map: FdtProperty) => rangesOf(fdt, map)),
);

function rangesOf(fdt: typeof noTree, map: FdtProperty): string {
  const { entries } = mapEntries(fdt, map);
  if (!entries.every(({ node }) => node === null || cellsOf(node) === 1)) return '';
  const shown = entries
    .slice(0, 8)
    .map(({ inputBase, length }) =>
      length === 0
        ? `nothing from ${hex(inputBase)}`
        : `${hex(inputBase)} to ${hex(inputBase + length - 1)}`,
    );
  if (entries.length > shown.length) shown.push(`and ${entries.length - shown.length} more`);
  return shown.length === 0 ? ': it is empty' : `: it has ${shown.join(', ')}`;
}

function cellsOf(np: FdtNode): number {
  return firstCell(np, '#iommu-cells') ?? 1;
}
