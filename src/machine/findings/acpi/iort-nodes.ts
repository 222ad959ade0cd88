// Rules about the nodes of IORT: devices, root complexes, SMMUs and what belongs to them.

import type {
  IortIdMapping,
  IortNamedComponent,
  IortNode,
  IortRootComplex,
} from '../../../firmware/index.ts';
import { readNamespace } from '../../../firmware/index.ts';
import { isManagementComplex } from '../../../linux/index.ts';
import { few, hex } from '../../../util/index.ts';
import type { Finding } from '../../inspection.ts';
import { deviceIdIndex, isSingle, isSmmu } from './iort.ts';
import { controllersOf, inTable, type JudgedTables } from './tables.ts';

export function iortNodeFindings({ acpi, machine }: JudgedTables): Finding[] {
  const { iort, mcfg, tables } = acpi;
  if (iort === null) return [];
  const findings: Finding[] = [];
  const report = (rule: string, { offset }: Place, message: string, help: string): void => {
    findings.push(inTable('IORT', rule, offset, message, help));
  };
  const nodes = new Map(iort.nodes.map((node) => [node.offset, node]));
  const leadsTo = (map: IortIdMapping): IortNode | undefined => nodes.get(map.output_reference);
  if ([1, 2, 4].includes(iort.header.revision)) {
    const message = `revision ${iort.header.revision} of the table was withdrawn`;
    report('iort-rev', { offset: 8 }, message, 'use revision 0, 3, 5 or a later one');
  }
  namedComponents(
    iort.nodes,
    leadsTo,
    { all: objectsOf(tables), asking: askingOf(machine) },
    report,
  );
  const anySmmu = iort.nodes.some(isSmmu);
  rootComplexes(iort.nodes, anySmmu ? leadsTo : null, report);
  segments(iort.nodes, mcfg?.allocations.map(({ segment }) => segment) ?? null, report);
  smmus(iort.nodes, report);
  const services = controllersOf(acpi, itsOfMadt)?.map(({ id }) => id) ?? [];
  groups(iort.nodes, nodes, services, report);
  reserved(iort.nodes, iort.header.revision, leadsTo, report);
  return findings;
}

interface Place {
  readonly offset: number;
}

type Report = (rule: string, at: Place, message: string, help: string) => void;
type LeadsTo = (map: IortIdMapping) => IortNode | undefined;

/** The paths of the namespace; null when not all can be known. */
function objectsOf(tables: JudgedTables['acpi']['tables']): ReadonlySet<string> | null {
  if (!tables.some(({ header }) => header.signature === 'DSDT')) return null;
  const { devices, notes } = readNamespace(tables);
  return notes.length > 0 ? null : new Set(devices.map(({ path }) => path));
}

/** The objects of devices whose drivers ask by an ID, for which ranges are used. */
function askingOf({ devices }: JudgedTables['machine']): ReadonlySet<string> {
  const fwnodes = devices.flatMap(({ acpi }) => acpi?.fwnode ?? []);
  return new Set(fwnodes.flatMap((fwnode) => (isManagementComplex({ fwnode }) ? fwnode.path : [])));
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
  const nameless = components.filter(({ device_name }) => !fullPath.test(device_name));
  neverFound(nameless, report);
  for (const node of components) {
    // What it says else makes no difference.
    if (!fullPath.test(node.device_name)) continue;
    named(node, objects.all, report);
    addressLimit(node, node.memory_address_limit, report);
    coherency(node, report);
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
      const message = 'the device is behind two SMMUs: Linux gives all its IDs to the first';
      report('iort-nc-multi', other, message, 'name one SMMU');
    }
  }
}

/** Linux compares the path as text. */
const fullPath = /^\\([A-Z_][A-Z0-9_]{3})(\.[A-Z_][A-Z0-9_]{3})*$/;

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
    coherency(node, report);
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
}

const wholeRegisters = 0x1_0000n;

function smmus(nodes: readonly IortNode[], report: Report): void {
  const bases = new Set<bigint>();
  for (const node of nodes) {
    if (node.type !== 'smmu' && node.type !== 'smmu-v3') continue;
    const { base_address: base, model } = node;
    if (base === 0n || base % wholeRegisters !== 0n || bases.has(base)) {
      const what = bases.has(base) ? 'another SMMU is there' : 'no SMMU can be there';
      const message = `registers at ${hex(base)}: ${what}, and Linux may lose all SMMUs that follow`;
      report('iort-smmu-dup-base', node, message, 'give each SMMU the address of its registers');
    }
    bases.add(base);
    const most = node.type === 'smmu' ? 5 : 2;
    if (model > most) {
      report('iort-smmu-model', node, `model ${model} is not known`, `use 0 to ${most}`);
    }
    if (node.type === 'smmu' && node.context_interrupts.length === 0) {
      const message = 'there is no context interrupt: the driver of Linux refuses the SMMU';
      report('iort-smmu-no-context-irq', node, message, 'list the interrupts of its contexts');
    }
    deviceId(node, report);
  }
}

function deviceId(node: IortNode, report: Report): void {
  const index = deviceIdIndex(node);
  if (index === null || node.mappings.length === 0) return;
  const map = node.mappings[index];
  if (map === undefined) {
    const message = `mapping ${index} is to give the DeviceID, and there are ${node.mappings.length}`;
    report('iort-index-range', node, message, 'let the index mean a mapping');
  } else if (!isSingle(map)) {
    const message = `mapping ${index} is taken for the one that gives the DeviceID, and is a range`;
    report('iort-index-valid', map, message, 'let the index mean a single mapping');
  }
}

/** The type of its entries. */
const itsOfMadt = 15;

function groups(
  nodes: readonly IortNode[],
  byOffset: ReadonlyMap<number, IortNode>,
  services: readonly (number | null)[],
  report: Report,
): void {
  const identifiers = new Set<number>();
  for (const node of nodes) {
    if (node.type === 'its-group') {
      const twice = node.identifiers.find((identifier) => identifiers.has(identifier));
      if (node.identifiers.length === 0 || twice !== undefined) {
        const message =
          twice === undefined ? 'no ITS is in the group' : `ITS ${twice} is in two groups`;
        report('iort-its', node, message, 'put each ITS into one group');
      }
      for (const identifier of node.identifiers) identifiers.add(identifier);
      const missing = node.identifiers.find((of) => services.length > 0 && !services.includes(of));
      if (missing !== undefined)
        report('iort-its', node, `MADT has no ITS ${missing}`, 'name an ITS that MADT lists');
      if (node.mappings.length > 0)
        report('iort-its-no-map', node, 'an ITS group has mappings', 'leave them out');
    } else if (node.type === 'pmcg') {
      const watched = byOffset.has(node.node_reference);
      if (watched && node.mappings.length <= 1) continue;
      const message = watched ? 'there is more than one mapping' : 'it refers to no node';
      report('iort-pmcg', node, message, 'a PMCG refers to what it watches, and has one mapping');
    }
  }
}

function reserved(
  nodes: readonly IortNode[],
  revision: number,
  leadsTo: LeadsTo,
  report: Report,
): void {
  const all: { readonly base: bigint; readonly end: bigint }[] = [];
  for (const node of nodes) {
    if (node.type !== 'rmr') continue;
    if (revision < 5) {
      const message = `reserved memory in a table of revision ${revision}: Linux ignores it`;
      report('iort-rmr-ignored', node, message, 'use revision 5 or a later one');
    }
    if (!node.mappings.some((map) => isSmmu(leadsTo(map)))) {
      const message = 'no mapping leads to an SMMU: Linux ignores the node';
      report('iort-rmr-no-map', node, message, 'map the stream IDs of the device that uses it');
    }
    const attribute = (node.node_flags >> 2) & 0xff;
    if (attribute > 5)
      report('iort-rmr-attr', node, `access attribute ${attribute} is not known`, 'use 0 to 5');
    for (const { base_address: base, length } of node.memory_ranges) {
      if (base % wholeRegisters !== 0n || length % wholeRegisters !== 0n) {
        const message = `${hex(base)} and ${hex(length)} bytes are not multiples of 64 KiB`;
        report('iort-rmr-align', node, message, 'align memory that is reserved to 64 KiB');
      }
      const end = base + length;
      if (length === 0n || all.some((other) => base < other.end && other.base < end)) {
        const what = length === 0n ? 'is empty' : 'overlaps another';
        report(
          'iort-rmr-overlap',
          node,
          `the range at ${hex(base)} ${what}`,
          'reserve memory once',
        );
      }
      // More are not compared with each other.
      if (all.length < 1024) all.push({ base, end });
    }
  }
}

function addressLimit(at: Place, limit: number, report: Report): void {
  if (limit !== 0) return;
  const message = 'the memory address limit is 0: Linux ignores what the node says about DMA';
  report('iort-address-limit-zero', at, message, 'write the number of address bits');
}

function coherency(node: IortNamedComponent | IortRootComplex, report: Report): void {
  const { cache_coherency, memory_flags } = node.memory_properties;
  if (cache_coherency > 1 || (cache_coherency === 1 && (memory_flags & 1) === 0)) {
    const message = `cache coherency ${cache_coherency} does not go with memory flags ${hex(memory_flags)}`;
    report('iort-cca', node, message, 'coherent devices have a coherent path to memory');
  }
}
