// The devices of DSDT and SSDTs, by what is written down about them (ACPI 6.5, 5.3 and 19.6).

import type { Note } from '../note.ts';
import { type AmlName, AmlReader, type AmlValue, NotData } from './aml.ts';
import { type Sdt, sdt_header } from './table.ts';

/** A device of the namespace. Text is raw: one character per byte, to be escaped before printing. */
export interface AcpiDevice {
  /** As Linux and IORT spell it: `\_SB_.PCI0`. */
  readonly path: string;
  /** Its names, `_HID` among them; null where a value would have to be computed. */
  readonly names: ReadonlyMap<string, AmlValue>;
}

/** What can be read of the namespace without running it. */
export interface AcpiNamespace {
  /** In the order of their definition. */
  readonly devices: readonly AcpiDevice[];
  /** Where code decides, and what it may define is not there; the first 100 places. */
  readonly notes: readonly Note[];
}

/** The devices that DSDT and SSDTs define; nothing is executed, and nothing thrown. */
export function readNamespace(tables: readonly Sdt[]): AcpiNamespace {
  const walk = new Walk();
  for (const signature of ['DSDT', 'SSDT']) {
    for (const table of tables) {
      if (table.header.signature === signature) walk.table(table);
    }
  }
  return { devices: walk.devices, notes: walk.notes };
}

const op = {
  alias: 0x06,
  name: 0x08,
  scope: 0x10,
  method: 0x14,
  external: 0x15,
  createDwordField: 0x8a,
  createWordField: 0x8b,
  createByteField: 0x8c,
  createBitField: 0x8d,
  createQwordField: 0x8f,
  if: 0xa0,
  else: 0xa1,
  while: 0xa2,
  mutex: 0x5b01,
  event: 0x5b02,
  operationRegion: 0x5b80,
  field: 0x5b81,
  device: 0x5b82,
  processor: 0x5b83,
  powerResource: 0x5b84,
  thermalZone: 0x5b85,
  indexField: 0x5b86,
  bankField: 0x5b87,
} as const;

/** More than real machines have, and few enough to keep all their paths. */
const MAX_SCOPES = 1 << 16;
const MAX_PATH = 1023;
const MAX_NOTES = 100;

/** Scopes that exist before any table is read (5.3.1). */
const predefined = ['\\_GPE', '\\_PR_', '\\_SB_', '\\_SI_', '\\_TZ_'];

class Walk {
  readonly devices: AcpiDevice[] = [];
  readonly notes: Note[] = [];
  /** What each scope has; tables may add to the scopes of others. */
  readonly #scopes = new Map<string, Map<string, AmlValue>>(
    ['\\', ...predefined].map((path) => [path, new Map()]),
  );

  table({ bytes, header }: Sdt): void {
    this.#terms(new AmlReader(bytes, sdt_header.size, bytes.length), '\\', header.signature);
  }

  /** A list of terms; when it comes to code that it cannot skip, the rest of the scope is left out. */
  #terms(reader: AmlReader, scope: string, table: string): void {
    while (!reader.done) {
      const { offset } = reader;
      try {
        this.#term(reader, scope, table);
      } catch (error) {
        if (!(error instanceof NotData)) throw error;
        this.#note(offset, `${table}: the rest of ${scope} is not known (${error.message})`);
        return;
      }
    }
  }

  #term(reader: AmlReader, scope: string, table: string): void {
    const { offset } = reader;
    const opcode = reader.opcode();
    switch (opcode) {
      case op.name:
        this.#define(scope, reader.name(), reader.value());
        return;
      case op.method:
        this.#define(scope, reader.package().name(), null);
        return;
      case op.scope: {
        const inside = reader.package();
        this.#terms(inside, this.#find(scope, inside.name()), table);
        return;
      }
      case op.device:
      case op.processor:
      case op.powerResource:
      case op.thermalZone: {
        const inside = reader.package();
        const path = pathOf(scope, inside.name());
        if (opcode === op.device) this.#device(path);
        if (opcode === op.processor) inside.number(6);
        if (opcode === op.powerResource) inside.number(3);
        this.#terms(inside, path, table);
        return;
      }
      case op.if:
      case op.else:
      case op.while: {
        reader.package();
        this.#note(offset, `${table}: what code in ${scope} defines is not known`);
        return;
      }
      default:
        skip(reader, opcode);
    }
  }

  #device(path: string): void {
    if (this.#scopes.has(path)) return;
    this.devices.push({ path, names: this.#namesOf(path) });
  }

  #define(scope: string, name: AmlName, value: AmlValue): void {
    const names = this.#namesOf(parentOf(pathOf(scope, name)));
    const last = name.segments.at(-1);
    if (last !== undefined && !names.has(last)) names.set(last, value);
  }

  #namesOf(path: string): Map<string, AmlValue> {
    const known = this.#scopes.get(path);
    if (known !== undefined) return known;
    if (this.#scopes.size >= MAX_SCOPES) throw new NotData('too many scopes');
    const names = new Map<string, AmlValue>();
    this.#scopes.set(path, names);
    return names;
  }

  #note(offset: number, message: string): void {
    if (this.notes.length < MAX_NOTES) this.notes.push({ code: 'acpi/code', offset, message });
  }

  /** The scope that a name means: one segment alone is looked for in the scopes above, too. */
  #find(scope: string, name: AmlName): string {
    const direct = pathOf(scope, name);
    if (name.absolute || name.up > 0 || name.segments.length !== 1) return direct;
    for (let from = scope; ; from = parentOf(from)) {
      const path = pathOf(from, name);
      if (this.#scopes.has(path)) return path;
      if (from === '\\') return direct;
    }
  }
}

/** Terms that define no device and give none a value. */
function skip(reader: AmlReader, opcode: number): void {
  switch (opcode) {
    case op.alias:
      reader.name();
      reader.name();
      return;
    case op.external:
      reader.name();
      reader.number(2);
      return;
    case op.mutex:
      reader.name();
      reader.u8();
      return;
    case op.event:
      reader.name();
      return;
    case op.operationRegion:
      reader.name();
      reader.u8();
      reader.value();
      reader.value();
      return;
    case op.field:
    case op.indexField:
    case op.bankField:
      reader.package();
      return;
    case op.createDwordField:
    case op.createWordField:
    case op.createByteField:
    case op.createBitField:
    case op.createQwordField:
      reader.value();
      reader.value();
      reader.name();
      return;
    default:
      throw new NotData(`code 0x${opcode.toString(16)}`);
  }
}

function pathOf(scope: string, { absolute, up, segments }: AmlName): string {
  let base = absolute ? '\\' : scope;
  for (let level = 0; level < up; level++) base = parentOf(base);
  if (segments.length === 0) return base;
  const path = `${base}${base === '\\' ? '' : '.'}${segments.join('.')}`;
  if (path.length > MAX_PATH) throw new NotData('a path that is too long');
  return path;
}

function parentOf(path: string): string {
  const cut = path.lastIndexOf('.');
  return cut < 0 ? '\\' : path.slice(0, cut);
}
