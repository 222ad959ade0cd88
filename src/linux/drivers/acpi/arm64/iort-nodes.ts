// Which IORT nodes speak of a device, and how nodes lead to each other. The table does not change, so
// reading it is no scheduling point.

import {
  ACPI_IORT_ID_SINGLE_MAPPING,
  type Iort,
  type IortIdMapping,
  type IortNamedComponent,
  type IortNode,
  type IortRootComplex,
  iortNodeAt,
} from '../../../../firmware/acpi/index.ts';
import type { device } from '../../../include/linux/device.ts';
import { to_acpi_device_node } from '../../../include/linux/fwnode.ts';
import type { kernel } from '../../../kernel.ts';
import type { Release } from '../../../release.ts';

/** The first node for a PCI segment: further ones are never looked at. */
export function rootComplexOf(k: kernel, segment: number): IortRootComplex | null {
  return (k.acpi?.iort && namesIn(k.acpi.iort).complexes.get(segment)) ?? null;
}

/** The node that names the device's object, or that of the device above which has one. */
export function namedComponentOf(k: kernel, dev: device): IortNamedComponent | null {
  const companion = to_acpi_device_node(dev.fwnode) ?? dev.dma_companion;
  if (companion === null || !k.acpi?.iort) return null;
  return namesIn(k.acpi.iort).components.get(companion.path) ?? null;
}

/** The first node that speaks of each segment and of each object. */
interface NodeNames {
  readonly complexes: ReadonlyMap<number, IortRootComplex>;
  readonly components: ReadonlyMap<string, IortNamedComponent>;
}

const known = new WeakMap<Iort, NodeNames>();

function namesIn(iort: Iort): NodeNames {
  const found = known.get(iort);
  if (found !== undefined) return found;
  const complexes = new Map<number, IortRootComplex>();
  const components = new Map<string, IortNamedComponent>();
  for (const node of iort.nodes) {
    if (node.type === 'root-complex' && !complexes.has(node.pci_segment_number))
      complexes.set(node.pci_segment_number, node);
    if (node.type === 'named-component' && !components.has(node.device_name))
      components.set(node.device_name, node);
  }
  const names = { complexes, components };
  known.set(iort, names);
  return names;
}

/** @linux drivers/acpi/arm64/iort.c iort_pci_rc_supports_ats */
export function iort_pci_rc_supports_ats({ ats_attribute }: IortRootComplex): boolean {
  return (ats_attribute & 1) !== 0;
}

/** Whether there will ever be a driver. @linux drivers/acpi/arm64/iort.c iort_iommu_driver_enabled */
export function iort_iommu_driver_enabled(k: kernel, { type }: IortNode): boolean {
  if (type === 'smmu-v3') return k.config.CONFIG_ARM_SMMU_V3;
  return type === 'smmu' && k.config.CONFIG_ARM_SMMU;
}

/** The nodes that are IOMMUs. @linux drivers/acpi/arm64/iort.c IORT_IOMMU_TYPE */
export const IORT_IOMMU_TYPE: readonly IortNode['type'][] = ['smmu', 'smmu-v3'];

/** Where mappings lead. */
export interface IortTarget {
  readonly node: IortNode;
  readonly id: number;
  /** The mappings on the way. */
  readonly via: readonly IortIdMapping[];
}

/**
 * Follow the mappings from a node to one of the wanted types. The first mapping that covers the ID
 * wins, but a match at the very end of a range only when no other range begins there: the length
 * of a range is stored minus one, and some firmware forgets that.
 *
 * @linux drivers/acpi/arm64/iort.c iort_node_map_id
 */
export function iort_node_map_id(
  k: kernel,
  from: IortNode,
  id_in: number,
  types: readonly IortNode['type'][],
): IortTarget | null {
  const iort = k.acpi?.iort ?? null;
  // A chain that is longer than the table has a loop in it; Linux would never come back from it.
  let at: IortTarget = { node: from, id: id_in, via: [] };
  for (let hops = 0; hops <= (iort?.nodes.length ?? 0); hops++) {
    if (types.includes(at.node.type)) return at;
    const next = mapOnce(k, at);
    const node =
      iort === null || next === null ? null : iortNodeAt(iort, next.map.output_reference);
    if (next === null || node === null) return null;
    at = { node, id: next.id, via: [...at.via, next.map] };
  }
  return null;
}

/**
 * The mapping at which a walk from a node begins to go round in a circle: it is at a node with an ID
 * that it was at before. Without an ID, of the walks that the node's single mappings begin.
 */
export function iortLoopFrom(
  k: kernel,
  from: IortNode,
  id: number | null,
  types: readonly IortNode['type'][],
): IortIdMapping | null {
  const iort = k.acpi?.iort ?? { nodes: [] };
  const starts: (IortTarget | null)[] =
    id === null
      ? from.mappings.map((_map, index) => iort_node_get_id(k, from, index))
      : [{ node: from, id, via: [] }];
  for (const start of starts) {
    const seen = new Set<string>();
    for (let at = start; at !== null && !types.includes(at.node.type); ) {
      const next = mapOnce(k, at);
      const node = next === null ? null : iortNodeAt(iort, next.map.output_reference);
      if (next === null || node === null) break;
      // A walk of so many steps has an end that no boot waits for.
      if (seen.has(`${node.offset} ${next.id}`) || seen.size > longestWalk) return next.map;
      seen.add(`${node.offset} ${next.id}`);
      at = { node, id: next.id, via: [] };
    }
  }
  return null;
}

const longestWalk = 10_000;

/** What one node's mappings make of an ID. */
function mapOnce(k: kernel, { node, id }: IortTarget): { map: IortIdMapping; id: number } | null {
  const [first] = node.mappings;
  if (first === undefined) return null;
  if (first.output_reference === 0) {
    k.dev_err(null, `IORT: node at ${node.offset}: ID map has NULL parent reference`);
    return null;
  }
  const special = iort_get_id_mapping_index(k, node);
  let fallback: { map: IortIdMapping; id: number } | null = null;
  for (const [i, map] of node.mappings.entries()) {
    if (i === special) continue;
    const found = iort_id_map(k, map, node, id, fallback !== null);
    if (found === null) continue;
    const next = { map, id: found.id };
    if (!found.atEnd) return next;
    fallback = next;
  }
  return fallback;
}

/** @linux drivers/acpi/arm64/iort.c iort_id_map */
function iort_id_map(
  k: kernel,
  map: IortIdMapping,
  { type, offset }: IortNode,
  rid_in: number,
  check_overlap: boolean,
): { readonly id: number; readonly atEnd: boolean } | null {
  if (map.flags & ACPI_IORT_ID_SINGLE_MAPPING) {
    if (type === 'named-component' || type === 'root-complex')
      return { id: map.output_base, atEnd: false };
    k.dev_warn(null, `IORT: node at ${offset}: SINGLE MAPPING is not allowed for this type`);
    return null;
  }
  const last = (map.input_base + map.id_count) >>> 0;
  if (rid_in < map.input_base || rid_in > last) return null;
  if (check_overlap) {
    k.dev_err(null, `IORT: node at ${offset}: conflicting mapping for input ID ${rid_in}`);
    if (rid_in !== map.input_base) return null;
    k.dev_err(null, 'IORT: applying workaround.');
  }
  return {
    id: (map.output_base + (rid_in - map.input_base)) >>> 0,
    atEnd: map.id_count > 0 && rid_in === last,
  };
}

/**
 * Where the mapping at `index` leads, which must be a single one.
 *
 * @linux drivers/acpi/arm64/iort.c iort_node_map_platform_id
 */
export function iort_node_map_platform_id(
  k: kernel,
  node: IortNode,
  types: readonly IortNode['type'][],
  index: number,
): IortTarget | null {
  const parent = iort_node_get_id(k, node, index);
  if (parent === null || types.includes(parent.node.type)) return parent;
  const found = iort_node_map_id(k, parent.node, parent.id, types);
  return found === null ? null : { ...found, via: [...parent.via, ...found.via] };
}

/** @linux drivers/acpi/arm64/iort.c iort_node_get_id */
function iort_node_get_id(k: kernel, node: IortNode, index: number): IortTarget | null {
  const map = node.mappings[index];
  if (map === undefined) return null;
  if (map.output_reference === 0) {
    k.dev_err(null, `IORT: node at ${node.offset}: ID map has NULL parent reference`);
    return null;
  }
  const single = (map.flags & ACPI_IORT_ID_SINGLE_MAPPING) !== 0;
  if (!single || !['named-component', 'root-complex', 'smmu-v3', 'pmcg'].includes(node.type))
    return null;
  const parent = iortNodeAt(k.acpi?.iort ?? { nodes: [] }, map.output_reference);
  return parent === null ? null : { node: parent, id: map.output_base, via: [map] };
}

/** Which mapping is about the node's own messages, or -1. @linux drivers/acpi/arm64/iort.c iort_get_id_mapping_index */
function iort_get_id_mapping_index(k: kernel, node: IortNode): number {
  if (node.type === 'pmcg') return node.overflow_gsiv !== 0 || node.mappings.length === 0 ? -1 : 0;
  const index = deviceIdIndexOf(node, k.design.release);
  if (index === null) return -1;
  if (index >= node.mappings.length) {
    k.dev_err(null, `IORT: node at ${node.offset}: ID mapping index overflows valid mappings`);
    return -1;
  }
  return index;
}

/** Flag: the DeviceID index counts. Before revision 5, and for kernels before the flag, it does unless all interrupts are wired. */
const ACPI_IORT_SMMU_V3_DEVICEID_VALID = 0x10;

/** The index by which an SMMUv3 means the mapping for its own messages; null where it means none. */
export function deviceIdIndexOf(
  node: IortNode,
  { deviceIdFlag }: Pick<Release, 'deviceIdFlag'>,
): number | null {
  if (node.type !== 'smmu-v3' || node.revision < 1) return null;
  const wired = [node.event_gsiv, node.pri_gsiv, node.gerr_gsiv, node.sync_gsiv];
  const counts =
    node.revision < 5 || !deviceIdFlag
      ? wired.includes(0)
      : (node.node_flags & ACPI_IORT_SMMU_V3_DEVICEID_VALID) !== 0;
  return counts ? node.id_mapping_index : null;
}
