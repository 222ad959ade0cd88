// Terms of ACPI Machine Language (ACPI 6.5, chapter 20).
import { le8 } from './acpi-builder.ts';
import { joined, raw } from './fdt-builder.ts';

/** A length that counts itself, in one to four bytes, and what it counts. */
export function pkg(...parts: readonly Uint8Array[]): Uint8Array {
  const body = joined(parts);
  if (body.length + 1 < 0x40) return joined([le8(body.length + 1), body]);
  let more = 1;
  while (body.length + 1 + more >= 1 << (4 + 8 * more)) more++;
  const size = body.length + 1 + more;
  const high = Array.from({ length: more }, (_, i) => (size >> (4 + 8 * i)) & 0xff);
  return joined([le8((more << 6) | (size & 0xf), ...high), body]);
}

export const scope = (name: string, ...terms: readonly Uint8Array[]): Uint8Array =>
  joined([le8(0x10), pkg(raw(name), ...terms)]);
export const device = (name: string, ...terms: readonly Uint8Array[]): Uint8Array =>
  joined([le8(0x5b, 0x82), pkg(raw(name), ...terms)]);
export const method = (name: string, ...code: readonly Uint8Array[]): Uint8Array =>
  joined([le8(0x14), pkg(raw(name), le8(0), ...code)]);
export const name = (of: string, ...value: readonly Uint8Array[]): Uint8Array =>
  joined([le8(0x08), raw(of), ...value]);
export const byte = (value: number): Uint8Array => le8(0x0a, value);
export const text = (value: string): Uint8Array => joined([le8(0x0d), raw(`${value}\0`)]);
export const buffer = (bytes: Uint8Array): Uint8Array =>
  joined([le8(0x11), pkg(byte(bytes.length), bytes)]);
/** A package of data objects. */
export const list = (...elements: readonly Uint8Array[]): Uint8Array =>
  joined([le8(0x12), pkg(le8(elements.length), ...elements)]);
