// The devices of DSDT and SSDTs, by what they say of themselves (ACPI 6.5, 5.3 and chapter 6).

import type { Writable } from '../../util/index.ts';
import type { Note } from '../note.ts';
import { bootAml } from './aml/boot.ts';
import { type AmlValue, amlValue } from './aml/run/data.ts';
import type { Machine } from './aml/run/machine.ts';
import type { Known } from './aml/tree/around.ts';
import type { AmlNode } from './aml/tree/node.ts';
import { Failure } from './aml/tree/value.ts';
import type { Sdt } from './table.ts';

/** A device of the namespace. Text is raw: one character per byte, to be escaped before printing. */
export interface AcpiDevice {
  /** As Linux and IORT spell it: `\_SB_.PCI0`. */
  readonly path: string;
  /** Of the names that Linux asks for, those that it has; null where the value is not known. */
  readonly names: ReadonlyMap<string, AmlValue>;
  /** Why a value is not known, by name; absent where all are. */
  readonly unknown?: ReadonlyMap<string, string>;
  /** Whether it has `_DSM`, which is not run; absent where it has none. */
  readonly has_dsm?: true;
  /** Why it is not known whether it exists; absent where it does. */
  readonly doubt?: string;
}

/** What can be known of the namespace without the machine. */
export interface AcpiNamespace {
  /** An object before those below it, siblings in the order of their definition. */
  readonly devices: readonly AcpiDevice[];
  /** What could not be read; the first 100 places. */
  readonly notes: readonly Note[];
}

/** The names that are asked for, in this order. */
const names = [
  ...['_STA', '_HID', '_UID', '_CID', '_ADR', '_CLS', '_CCA', '_DEP', '_SEG', '_BBN', '_DSD'],
  '_CRS',
  '_DMA',
] as const;

/** More than real machines have, and few enough to keep all their paths. */
const MAX_DEVICES = 1 << 16;
const MAX_NOTES = 100;

/**
 * The devices that DSDT and SSDTs define. Code runs, as far as it does not depend on the machine: what
 * does is not known, and so is all that depends on it. Never throws, and ends. Of the machine itself
 * the configuration space of PCI functions may be shown, by their names.
 */
export function readNamespace(tables: readonly Sdt[], known: Known = {}): AcpiNamespace {
  const read = tables.map(({ header, bytes }) => ({ ...header, bytes }));
  const machine = bootAml(read, known);
  const devices: AcpiDevice[] = [];
  const notes = machine.gaps.slice(0, MAX_NOTES).map(({ table, offset, message }): Note => {
    return { code: 'acpi/code', offset, message: `${table}: ${message}` };
  });
  if (!visit(machine, machine.root, null, devices)) {
    const message = `only the first ${MAX_DEVICES} devices of the namespace are read`;
    notes.push({ code: 'acpi/code', offset: 0, message });
  }
  return { devices, notes };
}

/** Adds what is below an object; false when there is too much. */
function visit(
  machine: Machine,
  node: AmlNode,
  above: string | null,
  devices: AcpiDevice[],
): boolean {
  for (const child of [...node.children.values()]) {
    const doubt = above ?? child.born?.why.why ?? null;
    if (child.content.kind === 'device') {
      if (devices.length >= MAX_DEVICES) return false;
      devices.push(deviceOf(machine, child, doubt));
    }
    if (child.isScope && !visit(machine, child, doubt, devices)) return false;
  }
  return true;
}

function deviceOf(machine: Machine, node: AmlNode, doubt: string | null): AcpiDevice {
  const values = new Map<string, AmlValue>();
  let unknown: Map<string, string> | null = null;
  for (const name of names) {
    const object = node.children.get(name)?.target;
    if (object === undefined) continue;
    const found = machine.evaluate(object, [], node.born);
    const { value, why } =
      found instanceof Failure
        ? { value: null, why: `its code fails: ${found.message}` }
        : amlValue(found);
    values.set(name, value);
    if (why === null) continue;
    unknown ??= new Map();
    unknown.set(name, why);
  }
  const device: Writable<AcpiDevice> = { path: node.path, names: values };
  if (unknown !== null) device.unknown = unknown;
  if (node.children.has('_DSM')) device.has_dsm = true;
  if (doubt !== null) device.doubt = doubt;
  return device;
}
