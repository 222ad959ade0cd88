// What rules about ACPI tables look at, and what the readers of tables noted themselves.

import { type Acpi, type MadtEntry, madtEntries, type Sdt } from '../../../firmware/index.ts';
import type { FormatProblem } from '../../../util/index.ts';
import type { Boot } from '../../boot/boot.ts';
import type { Finding, Kills, Severity } from '../../inspection.ts';
import type { Machine } from '../../machine.ts';
import { everyRelease } from '../boot.ts';
import { severityOf } from '../rules/rules.ts';

export interface JudgedTables {
  readonly acpi: Acpi;
  readonly machine: Machine;
  readonly boot: Boot;
}

/** A finding at `offset` of a table; null when no byte of it is to blame. */
export function inTable(
  table: string,
  rule: string,
  offset: number | null,
  message: string,
  help: string,
): Finding {
  const severity = severityOf(rule);
  return { rule, severity, node: table, property: null, offset, message, help };
}

/** The interrupt controllers of a type, as MADT lists them; null without one. */
export function controllersOf({ tables }: Acpi, type: number): readonly MadtEntry[] | null {
  const madt = tables.find(({ header }) => header.signature === 'APIC');
  return madt === undefined ? null : madtEntries(madt).filter((entry) => entry.type === type);
}

/** Linux looks at the end of IORT when it goes from node to node, and nowhere else. */
export const readOutside: Kills = { how: 'read-outside', kernels: everyRelease };

/** What becomes of a note: the rule that it breaks, and what to do about it. */
interface NoteRule {
  readonly code: RegExp;
  readonly rule: string;
  readonly help: string;
  readonly kills?: Kills;
  /** Where it is not as bad as the rule. */
  readonly severity?: Severity;
}

const length = 'write the length of the whole structure, and the table checksum anew';

/** The first that fits counts. Notes that another rule speaks about have none. */
const noteRules: readonly NoteRule[] = [
  {
    code: /^ivrs\/bad-checksum$/,
    rule: 'ivrs-checksum',
    help: 'make the bytes sum to 0: Linux refuses the table',
  },
  { code: /\/bad-checksum$/, rule: 'acpi-checksum', help: 'make the bytes sum to 0' },
  {
    code: /^iort\/(truncated-table|trailing-bytes)$/,
    rule: 'iort-node-count',
    help: 'count the nodes',
  },
  {
    code: /^iort\/bad-offset$/,
    rule: 'iort-node-count',
    help: 'let node_offset be where the first node is: Linux finds none',
  },
  {
    code: /^iort\/(bad-length|short-node|truncated|unterminated-string)$/,
    rule: 'iort-node-length',
    help: length,
  },
  { code: /^iort\/unknown-node$/, rule: 'iort-node-type', help: 'newer kernels may know it' },
  {
    code: /^iort\/array-outside$/,
    rule: 'iort-map-outside',
    help: 'put arrays inside their node, and count what is there',
    kills: readOutside,
  },
  {
    code: /^iort\/(array-outside-node|no-mappings)$/,
    rule: 'iort-map-outside',
    help: 'put arrays inside their node, and count what is there',
  },
  {
    code: /^iort\/uncounted-mappings$/,
    rule: 'iort-map-outside',
    help: 'count all mappings, or end the node behind them',
    severity: 'warning',
  },
  {
    code: /^iort\/uncounted-identifiers$/,
    rule: 'iort-its',
    help: 'count all identifiers, or end the node behind them',
    severity: 'warning',
  },
  { code: /^iort\/range-overflow$/, rule: 'iort-map-wrap', help: 'end the range at the last ID' },
  {
    code: /^viot\/(bad-offset|truncated-table|trailing-bytes)$/,
    rule: 'viot-node-offset',
    help: 'nodes lie behind the header and before the end, as many as the header says',
  },
  { code: /^viot\/(bad-length|truncated)$/, rule: 'viot-node-size', help: length },
  { code: /^viot\/unknown-node$/, rule: 'viot-node-type', help: 'newer kernels may know it' },
  {
    code: /^viot\/bad-reference$/,
    rule: 'viot-output-node',
    help: 'give the offset of a node that is an IOMMU',
  },
  {
    code: /^mcfg\/trailing-bytes$/,
    rule: 'mcfg-length',
    help: 'end the table behind its last range',
  },
  {
    code: /^dmar\/(odd-path|scope-length)$/,
    rule: 'dmar-scope-length',
    help: 'a scope has 6 bytes and 2 for each step of its path',
  },
  {
    code: /^dmar\/(bad-length|no-length|truncated|unterminated-string)$/,
    rule: 'dmar-struct-length',
    help: length,
  },
  {
    code: /^dmar\/unknown-structure$/,
    rule: 'dmar-struct-type',
    help: 'newer kernels may know it',
  },
  { code: /^ivrs\/unknown-block$/, rule: 'ivrs-block-type', help: 'newer kernels may know it' },
  { code: /^ivrs\/(bad-length|truncated|endless)$/, rule: 'ivrs-entry-length', help: length },
];

/** Rules about lengths, from which a reader does not go on. */
const lengthRules = ['dmar-scope-length', 'ivrs-entry-length'];

/** What the readers found odd, table by table. */
export function noteFindings({ acpi, boot }: JudgedTables): Finding[] {
  const tables: readonly (Sdt | null)[] = [acpi.iort, acpi.viot, acpi.dmar, acpi.ivrs, acpi.mcfg];
  const findings = [
    ...acpi.notes.flatMap(({ length_of, message }) =>
      length_of === undefined ? [] : [lengthFinding(length_of, message)],
    ),
    ...tables.flatMap((table) => (table === null ? [] : findingsOfNotes(table))),
  ];
  // Where a kernel hangs is said once.
  const hung = boot.killers.filter(({ how }) => how === 'hang').map(({ table }) => table as string);
  return findings.filter(({ node, rule }) => !hung.includes(node) || !lengthRules.includes(rule));
}

const lengthField = 4;

function lengthFinding(signature: string, message: string): Finding {
  const help = 'write how many bytes the table has, and its checksum anew';
  return inTable(signature, 'acpi-length', lengthField, message, help);
}

/** The same of a table that is not there as a whole, which no reader goes on with; null for other problems. */
export function truncatedFinding({
  field,
  offset,
  expected,
  found,
}: FormatProblem): Finding | null {
  const [, signature] = /^(\w{4}) length$/.exec(field) ?? [];
  if (signature === undefined || offset !== lengthField) return null;
  return lengthFinding(signature, `the header says ${found} bytes, and there may be ${expected}`);
}

function findingsOfNotes({ header, bytes, notes }: Sdt): Finding[] {
  return notes.flatMap(({ code, offset, message }) => {
    // Nothing is there to be short: the header counts more than the table has.
    const behind = code.endsWith('/truncated') && offset >= bytes.length;
    const isScope =
      /^dmar\/(bad-length|truncated)$/.test(code) && /^DMAR (device scope|path)/.test(message);
    const effective = behind ? `${code}-table` : isScope ? 'dmar/scope-length' : code;
    const found = noteRules.find((rule) => rule.code.test(effective));
    if (found === undefined) return [];
    const { rule, help, severity } = found;
    const made = inTable(header.signature, rule, offset, message, help);
    const finding = severity === undefined ? made : { ...made, severity };
    return [found.kills === undefined ? finding : { ...finding, kills: found.kills }];
  });
}
