// Rules about IORT: where its mappings lead.

import {
  ACPI_IORT_ID_SINGLE_MAPPING,
  type IortIdMapping,
  type IortNamedComponent,
  type IortNode,
} from '../../../../firmware/index.ts';
import { deviceIdIndexOf } from '../../../../linux/index.ts';
import { hex } from '../../../../util/index.ts';
import type { Finding, Kills } from '../../../inspection.ts';
import { everyRelease } from '../../boot.ts';
import { inTable, type JudgedTables, readOutside } from '../tables.ts';

/** Nodes by the offset that references mean. */
type Nodes = ReadonlyMap<number, IortNode>;

/** What the mappings of each type of node may lead to. */
const targets: Partial<Record<IortNode['type'], readonly IortNode['type'][]>> = {
  'its-group': [],
  'named-component': ['smmu', 'smmu-v3', 'its-group'],
  'root-complex': ['smmu', 'smmu-v3', 'its-group'],
  smmu: ['its-group'],
  'smmu-v3': ['its-group'],
  pmcg: ['its-group'],
  rmr: ['smmu', 'smmu-v3'],
  iwb: ['its-group'],
};

/** Types whose mappings may ignore the input ID. */
const withSingle: readonly IortNode['type'][] = [
  ...(['named-component', 'root-complex', 'smmu-v3', 'pmcg', 'rmr'] as const),
];

export function iortMappingFindings({ acpi: { iort }, boot }: JudgedTables): Finding[] {
  if (iort === null) return [];
  const nodes = new Map(iort.nodes.map((node) => [node.offset, node]));
  // What of an array lies in the table is most likely something else.
  const lost = new Set(
    iort.notes.flatMap(({ code, offset }) => (code === 'iort/array-outside' ? [offset] : [])),
  );
  const whole = iort.nodes.filter(({ offset }) => !lost.has(offset));
  return [
    ...whole.flatMap((node) =>
      node.mappings.flatMap((map) => reference(nodes, iort.bytes.length, node, map)),
    ),
    ...whole.flatMap((node) => ranges(node, deviceIdIndexOf(node, boot.k.design.release))),
    ...loops(iort.nodes, nodes),
  ];
}

export function isSmmu(node: IortNode | undefined): boolean {
  return node?.type === 'smmu' || node?.type === 'smmu-v3';
}

export function isSingle({ flags }: IortIdMapping): boolean {
  return (flags & ACPI_IORT_ID_SINGLE_MAPPING) !== 0;
}

/** Linux compares the path as text. */
const fullPath = /^\\([A-Z_][A-Z0-9_]{3})(\.[A-Z_][A-Z0-9_]{3})*$/;

export function isNamedInFull({ device_name }: IortNamedComponent): boolean {
  return fullPath.test(device_name);
}

function reference(
  nodes: Nodes,
  size: number,
  { type, mappings }: IortNode,
  map: IortIdMapping,
): Finding[] {
  const { offset, output_reference } = map;
  const findings: Finding[] = [];
  const report = (rule: string, message: string, help: string, kills?: Kills): void => {
    const finding = inTable('IORT', rule, offset, message, help);
    // Those of reserved memory are compared, never followed.
    findings.push(kills === undefined || type === 'rmr' ? finding : { ...finding, kills });
  };
  const target = nodes.get(output_reference);
  const allowed = targets[type];
  if (output_reference === 0 && map === mappings[0]) {
    const message = 'the mapping leads nowhere: Linux ignores all mappings of the node';
    report('iort-ref-null', message, 'give the offset of an SMMU or an ITS group');
  } else if (output_reference === 0) {
    const message = 'the mapping leads nowhere: Linux takes the header of the table for a node';
    report('iort-ref-null', message, 'give the offset of an SMMU or an ITS group', readOutside);
  } else if (target === undefined && output_reference >= size) {
    const message = `${hex(output_reference)} is outside the table: Linux takes what is there for a node`;
    report('iort-ref-not-a-node', message, 'give the offset of a node', readOutside);
  } else if (target === undefined) {
    const message = `no node is at ${hex(output_reference)}: Linux takes what is there for one`;
    report('iort-ref-not-a-node', message, 'give the offset of a node');
  } else if (allowed !== undefined && target.type !== 'other' && !allowed.includes(target.type)) {
    const message = `a mapping of a node of type ${type} leads to one of type ${target.type}`;
    report('iort-ref-type', message, `it may lead to: ${allowed.join(', ') || 'nothing'}`);
  }
  if (isSingle(map) && type !== 'other' && !withSingle.includes(type)) {
    const message = `a node of type ${type} has no single mappings: Linux ignores this one`;
    report('iort-single-not-allowed', message, 'write a range of one ID');
  }
  return findings;
}

/** Ranges that have IDs in common. One in common at the end is a count that is not minus one. */
function ranges(node: IortNode, special: number | null): Finding[] {
  const sorted = node.mappings
    .filter((map, index) => !isSingle(map) && index !== special)
    .sort((a, b) => a.input_base - b.input_base || a.offset - b.offset);
  const findings: Finding[] = [];
  let before: IortIdMapping | null = null;
  for (const map of sorted) {
    if (before !== null && map.input_base <= lastOf(before)) {
      const touch = map.input_base === lastOf(before) && before.id_count > 0;
      const rule = touch ? 'iort-off-by-one' : 'iort-map-overlap';
      const message = touch
        ? `ID ${hex(map.input_base)} is the last of the range at ${hex(before.offset)} too: Linux takes this one`
        : `the range at ${hex(before.offset)} has IDs from ${hex(map.input_base)} on too: the first in the table wins`;
      const help = touch
        ? 'the number of IDs is written minus one'
        : 'let each ID be in one range only';
      findings.push(inTable('IORT', rule, map.offset, message, help));
    }
    if (before === null || lastOf(map) > lastOf(before)) before = map;
  }
  return findings;
}

function lastOf({ input_base, id_count }: IortIdMapping): number {
  return input_base + id_count;
}

/** Linux follows references without counting. */
function loops(all: readonly IortNode[], nodes: Nodes): Finding[] {
  const findings: Finding[] = [];
  const done = new Set<IortNode>();
  const kills: Kills = { how: 'hang', kernels: everyRelease };
  for (const start of all) {
    const path: { readonly node: IortNode; next: number }[] = [];
    const onPath = new Set<IortNode>();
    const enter = (node: IortNode): void => {
      path.push({ node, next: 0 });
      onPath.add(node);
    };
    if (!done.has(start)) enter(start);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const map = top.node.mappings[top.next++];
      const target = map === undefined ? undefined : nodes.get(map.output_reference);
      if (map === undefined) {
        done.add(top.node);
        onPath.delete(top.node);
        path.pop();
      } else if (target !== undefined && onPath.has(target)) {
        const message = `the mapping leads back to the node at ${hex(target.offset)}: Linux hangs when a device uses it`;
        const help = 'let mappings lead from devices to SMMUs, and from there to ITS groups';
        findings.push({ ...inTable('IORT', 'iort-loop', map.offset, message, help), kills });
      } else if (target !== undefined && !done.has(target)) enter(target);
    }
  }
  return findings;
}
