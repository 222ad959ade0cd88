// What a device of the namespace says of itself, decoded (ACPI 6.5, chapters 6 and 19).

import type { AmlValue } from './aml.ts';
import type { AcpiDevice } from './namespace.ts';

/** `_HID` as Linux names devices by it, null when there is none or code gives it. */
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

/** A name with a number as its value, null when there is none or code gives it. */
export function numberOf({ names }: AcpiDevice, name: string): bigint | null {
  const value = names.get(name);
  return typeof value === 'bigint' ? value : null;
}

/** Text, or a number that packs three letters and four digits (19.3.4, "EISAID"). */
function idOf(value: AmlValue): string | null {
  if (typeof value === 'string') return value;
  if (typeof value !== 'bigint') return null;
  const packed = Number(value & 0xffff_ffffn);
  const swapped = ((packed & 0xff) << 8) | ((packed >> 8) & 0xff);
  const letters = [10, 5, 0].map((shift) =>
    String.fromCharCode(0x40 + ((swapped >> shift) & 0x1f)),
  );
  const digits = [16, 24].map((shift) => ((packed >>> shift) & 0xff).toString(16).padStart(2, '0'));
  return letters.join('') + digits.join('').toUpperCase();
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
