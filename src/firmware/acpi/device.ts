// What a device of the namespace says of itself, decoded (ACPI 6.5, chapters 6 and 19).

import { type AmlValue, idOf } from './aml/run/data.ts';
import type { AcpiDevice } from './namespace.ts';

/** `_HID` as Linux names devices by it, null when there is none or it is not known. */
export function hardwareId({ names }: AcpiDevice): string | null {
  return idOf(names.get('_HID') ?? null);
}

/** `_CID`, one or several. */
export function compatibleIds({ names }: AcpiDevice): string[] {
  const value = names.get('_CID') ?? null;
  const values = Array.isArray(value) ? (value as readonly AmlValue[]) : [value as AmlValue];
  return values.map(idOf).filter((id) => id !== null);
}

/** `_UID`, of which numbers are written in decimal. */
export function uniqueId({ names }: AcpiDevice): string | null {
  const value = names.get('_UID') ?? null;
  return typeof value === 'string' || typeof value === 'bigint' ? `${value}` : null;
}

/** A name with a number as its value, null when there is none or it is not known. */
export function numberOf({ names }: AcpiDevice, name: string): bigint | null {
  const value = names.get(name);
  return typeof value === 'bigint' ? value : null;
}

/** The objects that `_DEP` names, null when something else is in it or it is not known. */
export function dependenciesOf({ names }: AcpiDevice): string[] | null {
  const value = names.get('_DEP');
  if (value === undefined) return [];
  if (!Array.isArray(value)) return null;
  const paths: string[] = [];
  for (const element of value as readonly AmlValue[]) {
    if (element === null || typeof element !== 'object' || !('reference' in element)) return null;
    paths.push(element.reference);
  }
  return paths;
}

/** Kinds of properties in `_DSD` that Linux takes as properties of the device. */
const propertyUuids: readonly string[] = [
  'daffd814-6eba-4d8c-8a91-bc9bbf4aa301', // of any device
  '6211e2c0-58a3-4af3-90e1-927a4e0c55a4', // of ports for hot-plugging
  'efcc06cc-73ac-4bc3-bff0-76143807c389', // of ports that face the outside
];

/** The value of a device property (6.2.5), undefined when there is none or it is not known. */
export function devicePropertyOf({ names }: AcpiDevice, property: string): AmlValue | undefined {
  const dsd = listOf(names.get('_DSD'));
  for (let at = 0; at + 1 < dsd.length; at += 2) {
    const uuid = dsd[at];
    if (!(uuid instanceof Uint8Array) || !propertyUuids.includes(uuidOf(uuid))) continue;
    for (const pair of listOf(dsd[at + 1])) {
      const [name, value] = listOf(pair);
      if (name === property && value !== undefined) return value;
    }
  }
  return undefined;
}

function listOf(value: AmlValue | undefined): readonly AmlValue[] {
  return Array.isArray(value) ? (value as readonly AmlValue[]) : [];
}

/** As text; the first three fields are stored with their low byte first (19.6.142, "ToUUID"). */
function uuidOf(bytes: Uint8Array): string {
  const fields = [
    [3, 2, 1, 0],
    [5, 4],
    [7, 6],
    [8, 9],
    [10, 11, 12, 13, 14, 15],
  ];
  const hex = (at: number): string => (bytes[at] ?? 0).toString(16).padStart(2, '0');
  return bytes.length === 16 ? fields.map((field) => field.map(hex).join('')).join('-') : '';
}

/** A range of memory, in bytes. */
export interface AcpiMemory {
  readonly base_address: bigint;
  readonly length: bigint;
}

/** The memory in `_CRS`, in its order (6.4); null when code gives it. */
export function memoryOf({ names }: AcpiDevice): AcpiMemory[] | null {
  const crs = names.get('_CRS');
  if (crs === null) return null;
  if (!(crs instanceof Uint8Array)) return [];
  const found: AcpiMemory[] = [];
  const view = new DataView(crs.buffer, crs.byteOffset, crs.byteLength);
  for (let offset = 0; offset < crs.length; ) {
    const tag = view.getUint8(offset);
    const large = tag >= 0x80;
    if (tag >> 3 === 0x0f || (large && offset + 3 > crs.length)) break;
    const size = large ? 3 + view.getUint16(offset + 1, true) : 1 + (tag & 7);
    if (offset + size > crs.length) break;
    const memory = memoryIn(new DataView(crs.buffer, crs.byteOffset + offset, size), tag);
    if (memory !== null) found.push(memory);
    offset += size;
  }
  return found;
}

function memoryIn(item: DataView, tag: number): AcpiMemory | null {
  const u32 = (offset: number) => BigInt(item.getUint32(offset, true));
  const u64 = (offset: number) => item.getBigUint64(offset, true);
  const { byteLength: size } = item;
  if (tag === 0x86 && size >= 12) return { base_address: u32(4), length: u32(8) };
  if (tag === 0x85 && size >= 20) return { base_address: u32(4), length: u32(16) };
  // Address spaces: of memory, if the byte behind the length is 0.
  if (size < 4 || item.getUint8(3) !== 0) return null;
  if (tag === 0x87 && size >= 26) return { base_address: u32(10), length: u32(22) };
  if (tag === 0x8a && size >= 46) return { base_address: u64(14), length: u64(38) };
  return null;
}
