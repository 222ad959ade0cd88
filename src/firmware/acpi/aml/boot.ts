// From tables to a namespace, in the order of Linux: the tables, then what objects do at the start.

import { osiFeatures, osiSystems, predefined } from './os.ts';
import { Machine } from './run/machine.ts';
import type { Around, Known } from './tree/around.ts';
import type { AmlNode, Code } from './tree/node.ts';
import { Failure, integerOf, Unknown, type Value } from './tree/value.ts';

/** A table with AML in it. */
export interface AmlTable {
  readonly signature: string;
  readonly oem_id: string;
  readonly oem_table_id: string;
  readonly revision: number;
  readonly bytes: Uint8Array;
}

/** Behind its header. */
const START = 36;

/** Steps that all code together may take, besides eight for each byte. */
const MAX_STEPS = 200_000;

const PRESENT = 1n;
const FUNCTIONING = 8n;

/**
 * DSDT and SSDTs, loaded and initialised; other tables, and the configuration space of functions, are
 * there for code that asks for them.
 */
export function bootAml(
  tables: readonly AmlTable[],
  { functions = new Map(), osi = [...osiSystems, ...osiFeatures] }: Known = {},
): Machine {
  const dsdt = tables.find(({ signature }) => signature === 'DSDT');
  const size = tables.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const bits = dsdt !== undefined && dsdt.revision < 2 ? 32 : 64;
  const machine = new Machine(predefined(osi), { bits }, MAX_STEPS + 8 * size);
  let loaded = 0;
  const load = ({ signature, bytes }: AmlTable, scope: AmlNode): boolean => {
    if (loaded >= tables.length + 32) return false;
    loaded++;
    const code: Code = { table: signature, bytes };
    machine.load(code, { start: START, end: bytes.length }, scope);
    return true;
  };
  const find = (signature: string, oemId: string, oemTableId: string): AmlTable | undefined =>
    tables.find(
      (table) =>
        table.signature === signature &&
        (oemId === '' || trimmed(table.oem_id) === oemId) &&
        (oemTableId === '' || trimmed(table.oem_table_id) === oemTableId),
    );
  const loadTable: Around['loadTable'] = (...names) => {
    const table = find(...names);
    return table !== undefined && !isLoadedAtBoot(table) && load(table, machine.root);
  };
  const loadBytes: Around['loadBytes'] = (bytes, scope) => {
    const [, low = 0, middle = 0, high = 0] = [3, 4, 5, 6].map((at) => bytes[at] ?? 0);
    const end = low | (middle << 8) | (high << 16);
    if (end < START || end > bytes.length) return false;
    const signature = String.fromCharCode(...bytes.subarray(0, 4));
    const table = { signature, oem_id: '', oem_table_id: '', revision: 2 };
    return load({ ...table, bytes: bytes.slice(0, end) }, scope);
  };
  const tableBytes: Around['tableBytes'] = (...names) => find(...names)?.bytes ?? null;
  machine.around = { loadTable, loadBytes, tableBytes, functions };
  for (const signature of ['DSDT', 'SSDT']) {
    for (const table of tables) if (table.signature === signature) load(table, machine.root);
  }
  initialise(machine);
  return machine;
}

function isLoadedAtBoot({ signature }: AmlTable): boolean {
  return signature === 'DSDT' || signature === 'SSDT';
}

/** Names in a header are filled up with zeros or blanks. */
function trimmed(text: string): string {
  return text.replace(/[\0 ]+$/, '');
}

/** Run `_INI` of the root, of the system bus, then of each device, as long as it is there. */
function initialise(machine: Machine): void {
  const { root } = machine;
  const bus = root.children.get('_SB_');
  for (const scope of [root, bus]) {
    const ini = scope?.children.get('_INI');
    if (ini !== undefined) machine.evaluate(ini);
  }
  const busy = new Set<AmlNode>();
  const regions: AmlNode[] = [];
  collect(root, busy, regions);
  // Which regions have a handler, and when they get it, differs.
  const why = new Unknown('what _REG is told');
  for (const region of regions) machine.evaluate(region, [why, why], { outer: null, why });
  for (const child of root.children.values()) initialiseBelow(machine, child, busy, null, bus);
}

/** Which scopes have an `_INI` in or below them, and all `_REG`. */
function collect(node: AmlNode, busy: Set<AmlNode>, regions: AmlNode[]): boolean {
  let found = node.children.has('_INI');
  const region = node.children.get('_REG');
  if (region?.content.kind === 'method') regions.push(region);
  for (const child of node.children.values()) {
    if (child.isScope && collect(child, busy, regions)) found = true;
  }
  if (found) busy.add(node);
  return found;
}

function initialiseBelow(
  machine: Machine,
  node: AmlNode,
  busy: ReadonlySet<AmlNode>,
  doubt: Unknown | null,
  done: AmlNode | undefined,
): void {
  if (!busy.has(node)) return;
  const status = statusOf(machine, node);
  const unsure = doubt ?? node.born?.why ?? (status instanceof Unknown ? status : null);
  const bits = status instanceof Unknown ? PRESENT : status;
  if ((bits & (PRESENT | FUNCTIONING)) === 0n) return;
  const ini = node.children.get('_INI');
  if (ini !== undefined && node !== done && (bits & PRESENT) !== 0n) {
    machine.evaluate(ini, [], unsure === null ? null : { outer: null, why: unsure });
  }
  for (const child of [...node.children.values()]) {
    initialiseBelow(machine, child, busy, unsure, done);
  }
}

function statusOf(machine: Machine, node: AmlNode): bigint | Unknown {
  const status = node.children.get('_STA');
  if (status === undefined) return PRESENT | FUNCTIONING;
  const value: Value | Failure = machine.evaluate(status.target);
  if (value instanceof Failure) return PRESENT | FUNCTIONING;
  try {
    return integerOf(value, machine.width);
  } catch {
    return PRESENT | FUNCTIONING;
  }
}
