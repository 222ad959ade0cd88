// Rules about IORT: whether what it has is there in its revision.

import type { IortNode } from '../../../../firmware/index.ts';
import type { Finding } from '../../../inspection.ts';
import type { JudgedTables } from '../tables.ts';
import { type Report, reported } from './report.ts';

/** The newest revision of each type of node in the newest table of a revision, as far as they are known. */
const newest: readonly {
  readonly table: number;
  readonly nodes: Readonly<Partial<Record<IortNode['type'], number>>>;
}[] = [
  {
    table: 0,
    nodes: {
      'its-group': 0,
      'named-component': 3,
      'root-complex': 2,
      smmu: 2,
      'smmu-v3': 3,
      pmcg: 1,
      iwb: -1,
    },
  },
  {
    table: 4,
    nodes: {
      'its-group': 1,
      'named-component': 4,
      'root-complex': 3,
      smmu: 3,
      'smmu-v3': 4,
      pmcg: 2,
      iwb: -1,
    },
  },
  {
    table: 5,
    nodes: {
      'its-group': 1,
      'named-component': 4,
      'root-complex': 4,
      smmu: 3,
      'smmu-v3': 4,
      pmcg: 2,
      rmr: 3,
      iwb: -1,
    },
  },
];

const withdrawn: readonly number[] = [1, 2, 4];

export function iortRevisionFindings({ acpi: { iort } }: JudgedTables): Finding[] {
  if (iort === null) return [];
  const { revision } = iort.header;
  return reported((report) => {
    if (withdrawn.includes(revision)) {
      const message = `revision ${revision} of the table was withdrawn`;
      report('iort-rev', { offset: 8 }, message, 'use revision 0, 3, 5 or a later one');
    }
    const known = newest.find(({ table }) => revision <= table)?.nodes ?? {};
    for (const node of iort.nodes) {
      later(node, revision, known[node.type], report);
      earlier(node, report);
    }
  });
}

/** The table is older than what it has. */
function later(node: IortNode, table: number, newest: number | undefined, report: Report): void {
  if (newest === undefined || node.revision <= newest) return;
  const message =
    newest < 0
      ? `a node of type ${node.type}, of which there are none in tables of revision ${table}`
      : `a node of type ${node.type} has revision ${node.revision}, and a table of revision ${table} has at most ${newest}`;
  const help = 'give the table the revision that its nodes are from';
  report('iort-rev', { offset: node.offset + 3 }, message, help);
}

/** Flags that have a meaning in later revisions only. */
function earlier(node: IortNode, report: Report): void {
  if (node.type !== 'smmu-v3' || node.revision >= 5 || (node.node_flags & deviceIdValid) === 0)
    return;
  const message = `bit 4 means that the DeviceID index is valid, from revision 5 of the node on: this is revision ${node.revision}, and Linux goes by the interrupts`;
  const help = 'clear the bit, or write a node of revision 5';
  report('iort-index-valid', { offset: node.offset + 24 }, message, help);
}

const deviceIdValid = 0x10;
