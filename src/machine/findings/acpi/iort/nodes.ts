// Rules about the nodes of IORT: devices, root complexes, SMMUs and what belongs to them.

import type {
  IortIdMapping,
  IortNamedComponent,
  IortNode,
  IortPmcg,
  IortRootComplex,
} from '../../../../firmware/index.ts';
import { readNamespace } from '../../../../firmware/index.ts';
import { few, hex } from '../../../../util/index.ts';
import type { Finding } from '../../../inspection.ts';
import { controllersOf, type JudgedTables } from '../tables.ts';
import { isNamedInFull, isSingle, isSmmu } from './mappings.ts';
import { type Place, type Report, reported } from './report.ts';
import { askingIn } from './stretches.ts';

export function iortNodeFindings({ acpi, machine }: JudgedTables): Finding[] {
  const { iort, mcfg, tables } = acpi;
  if (iort === null) return [];
  const nodes = new Map(iort.nodes.map((node) => [node.offset, node]));
  const leadsTo = (map: IortIdMapping): IortNode | undefined => nodes.get(map.output_reference);
  const objects: Objects = { all: objectsOf(tables), asking: askingIn(machine.devices) };
  const services = controllersOf(acpi, itsOfMadt)?.map(({ id }) => id) ?? [];
  return reported((report) => {
    namedComponents(iort.nodes, leadsTo, objects, report);
    rootComplexes(iort.nodes, iort.nodes.some(isSmmu) ? leadsTo : null, report);
    segments(iort.nodes, leadsTo, mcfg?.allocations.map(({ segment }) => segment) ?? null, report);
    groups(iort.nodes, services, report);
    for (const node of iort.nodes) if (node.type === 'pmcg') monitor(node, nodes, report);
  });
}

type LeadsTo = (map: IortIdMapping) => IortNode | undefined;

/** The paths of the namespace; null when not all can be known. */
function objectsOf(tables: JudgedTables['acpi']['tables']): ReadonlySet<string> | null {
  if (!tables.some(({ header }) => header.signature === 'DSDT')) return null;
  const { devices, notes } = readNamespace(tables);
  return notes.length > 0 ? null : new Set(devices.map(({ path }) => path));
}

interface Objects {
  /** Null when not all can be known. */
  readonly all: ReadonlySet<string> | null;
  readonly asking: ReadonlySet<string>;
}

function namedComponents(
  nodes: readonly IortNode[],
  leadsTo: LeadsTo,
  objects: Objects,
  report: Report,
): void {
  const components = nodes.filter((node) => node.type === 'named-component');
  const nameless = components.filter((node) => !isNamedInFull(node));
  neverFound(nameless, report);
  const used = new Map<string, IortNamedComponent>();
  for (const node of components) {
    // What it says else makes no difference.
    if (!isNamedInFull(node)) continue;
    named(node, objects.all, report);
    const same = used.get(node.device_name);
    if (same !== undefined) {
      const message = `${node.device_name} has the node at ${hex(same.offset)}: this one is never used`;
      report('iort-nc-name', node, message, 'put the mappings of a device into one node');
      continue;
    }
    used.set(node.device_name, node);
    addressLimit(node, node.memory_address_limit, report);
    const reaching = node.mappings.filter((map) => isSmmu(leadsTo(map)));
    const range = reaching.find((map) => !isSingle(map));
    if (range !== undefined && !objects.asking.has(node.device_name)) {
      const message = 'a range of IDs: Linux wants single mappings here, and ignores this one';
      report('iort-nc-not-single', range, message, 'set the flag for a single mapping');
    }
    const late = node.mappings.findIndex((map) => isSmmu(leadsTo(map)));
    const [first] = reaching;
    if (late > 0 && first !== undefined) {
      const message = 'mappings that lead to no SMMU come first: Linux stops at them';
      report('iort-nc-order', first, message, 'put the mappings to the SMMU first');
    }
    const other = reaching.find((map) => map.output_reference !== first?.output_reference);
    if (other !== undefined) {
      const isAlike = leadsTo(other)?.type === (first && leadsTo(first)?.type);
      const message = isAlike
        ? 'the device is behind two SMMUs: Linux takes it for behind the first alone, with its other IDs or without'
        : 'the device is behind SMMUs of two drivers: Linux refuses it, or takes it for behind the first alone';
      report('iort-nc-multi', other, message, 'name one SMMU');
    }
  }
}

/** Where one is written so, all are. */
function neverFound(nodes: readonly IortNamedComponent[], report: Report): void {
  const [first] = nodes;
  if (first === undefined) return;
  const names = few(nodes.map(({ device_name }) => device_name));
  const message =
    nodes.length === 1
      ? `${names} is no full path with names of four characters: it is never found`
      : `${names} are no full paths with names of four characters: they are never found`;
  report('iort-nc-name', first, message, 'write it as in \\_SB_.DEV0');
}

function named(
  node: IortNamedComponent,
  objects: ReadonlySet<string> | null,
  report: Report,
): void {
  const name = node.device_name;
  if (objects !== null && !objects.has(name)) {
    const message = `the namespace has no device ${name}`;
    report('iort-nc-name', node, message, 'name a device that DSDT or an SSDT defines');
  }
}

/** That functions have no IOMMU says nothing on a machine without any. */
function rootComplexes(nodes: readonly IortNode[], leadsTo: LeadsTo | null, report: Report): void {
  for (const node of nodes) {
    if (node.type !== 'root-complex') continue;
    if (node.revision >= 1 && node.memory_address_limit !== null)
      addressLimit(node, node.memory_address_limit, report);
    for (const map of node.mappings) {
      if (isSingle(map)) {
        const message = `a single mapping: all functions get the ID ${hex(map.output_base)}`;
        report('iort-rc-single', map, message, 'write a range of IDs');
      }
      if (leadsTo?.(map)?.type === 'its-group') {
        const message = `functions from ID ${hex(map.input_base)} on have no IOMMU`;
        report(
          'iort-rc-no-smmu',
          map,
          message,
          'let the range lead to an SMMU unless that is meant',
        );
      }
    }
  }
}

/** One root complex for each segment, and the segments that there are. */
function segments(
  nodes: readonly IortNode[],
  leadsTo: LeadsTo,
  known: readonly number[] | null,
  report: Report,
): void {
  const seen = new Map<number, IortRootComplex>();
  for (const node of nodes) {
    if (node.type !== 'root-complex') continue;
    const segment = node.pci_segment_number;
    const first = seen.get(segment);
    if (first !== undefined) {
      const message = `segment ${segment} has the node at ${hex(first.offset)}: this one is never used`;
      report('iort-dup-segment', node, message, 'put the mappings of a segment into one node');
    } else seen.set(segment, node);
    if (known !== null && !known.includes(segment)) {
      const message = `MCFG has no segment ${segment}`;
      report('iort-segment-unknown', node, message, 'name a segment that the machine has');
    }
  }
  if (![...seen.values()].some(({ mappings }) => mappings.some((map) => isSmmu(leadsTo(map)))))
    return;
  for (const segment of new Set(known)) {
    if (seen.has(segment)) continue;
    const message = `no root complex is for segment ${segment} of MCFG: its functions have no IOMMU`;
    const help = 'add a root complex for the segment';
    report('iort-segment-unknown', { offset: nodeCount }, message, help);
  }
}

/** Where the table says how many nodes it has. */
const nodeCount = 36;

/** The type of its entries. */
const itsOfMadt = 15;

function groups(
  nodes: readonly IortNode[],
  services: readonly (number | null)[],
  report: Report,
): void {
  const identifiers = new Set<number>();
  for (const node of nodes) {
    if (node.type !== 'its-group') continue;
    const twice = node.identifiers.find((identifier) => identifiers.has(identifier));
    const own = new Set<number>();
    const again = node.identifiers.find((of) => own.size === own.add(of).size);
    const help = 'put each ITS into one group, once';
    if (node.identifiers.length === 0) report('iort-its', node, 'no ITS is in the group', help);
    else if (again !== undefined) report('iort-its', node, `ITS ${again} is listed twice`, help);
    else if (twice !== undefined) report('iort-its', node, `ITS ${twice} is in two groups`, help);
    for (const identifier of node.identifiers) identifiers.add(identifier);
    const missing = node.identifiers.find((of) => services.length > 0 && !services.includes(of));
    if (missing !== undefined)
      report('iort-its', node, `MADT has no ITS ${missing}`, 'name an ITS that MADT lists');
    if (node.mappings.length > 0)
      report('iort-its-no-map', node, 'an ITS group has mappings', 'leave them out');
  }
}

/** What has performance counters. */
const watched: readonly IortNode['type'][] = [
  ...(['smmu-v3', 'smmu', 'root-complex', 'named-component'] as const),
];

function monitor(node: IortPmcg, nodes: ReadonlyMap<number, IortNode>, report: Report): void {
  const { offset, node_reference, mappings, overflow_gsiv, page1_base_address } = node;
  const help = 'a PMCG refers to what it watches, and has one mapping';
  const say = (field: number, message: string): void =>
    report('iort-pmcg', { offset: offset + field }, message, help);
  const target = nodes.get(node_reference);
  if (target === undefined) say(28, `no node is at ${hex(node_reference)}, to which it refers`);
  else if (target.type !== 'other' && !watched.includes(target.type))
    say(28, `it refers to a node of type ${target.type}, which has no counters`);
  if (mappings.length > 1) say(8, 'there is more than one mapping');
  const [map] = mappings;
  if (overflow_gsiv === 0 && map !== undefined && !isSingle(map)) {
    const message = 'the mapping for its messages is a range: Linux wants a single mapping here';
    report('iort-pmcg', map, message, 'set the flag for a single mapping');
  }
  if (page1_base_address === 0n) say(32, 'there is no page 1, where the counters are');
}

function addressLimit(at: Place, limit: number, report: Report): void {
  if (limit !== 0) return;
  const message = 'the memory address limit is 0: Linux ignores what the node says about DMA';
  report('iort-address-limit-zero', at, message, 'write the number of address bits');
}
