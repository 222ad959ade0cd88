// Values as they leave the interpreter.

import { AmlBuffer, AmlPackage, AmlText, Reference, Unknown, type Value } from '../tree/value.ts';
import { nodeIn } from './objects.ts';

/** An object that a package names. */
export interface AmlReference {
  readonly reference: string;
}

/** Numbers, text, bytes, other objects by their paths, and packages of these; null is anything else. */
export type AmlValue = bigint | string | Uint8Array | AmlReference | readonly AmlValue[] | null;

/** Deeper than any package that Linux reads; a package may hold itself. */
const MAX_DEPTH = 8;

/** The value, and why it is null where it is not known. */
export function amlValue(value: Value): { readonly value: AmlValue; readonly why: string | null } {
  const unknown = value instanceof AmlBuffer ? value.unknown : value;
  return { value: plain(value, 0), why: unknown instanceof Unknown ? unknown.why : null };
}

function plain(value: Value, depth: number): AmlValue {
  if (typeof value === 'bigint') return value;
  if (value instanceof AmlText) return value.text;
  if (value instanceof AmlBuffer) return value.unknown === null ? value.bytes : null;
  if (value instanceof AmlPackage && depth < MAX_DEPTH) {
    return value.elements.map((element) => plain(element, depth + 1));
  }
  if (!(value instanceof Reference)) return null;
  const node = nodeIn(value);
  return node === null ? null : { reference: node.path };
}

/**
 * Text, or a number that packs three letters and four digits (19.3.4, "EISAID"). ACPICA makes letters
 * large and takes an asterisk away.
 */
export function idOf(value: AmlValue): string | null {
  if (typeof value === 'string') return value.replace(/^\*/, '').toUpperCase();
  if (typeof value !== 'bigint') return null;
  const packed = Number(value & 0xffff_ffffn);
  const swapped = ((packed & 0xff) << 8) | ((packed >> 8) & 0xff);
  const letters = [10, 5, 0].map((shift) =>
    String.fromCharCode(0x40 + ((swapped >> shift) & 0x1f)),
  );
  const digits = [16, 24].map((shift) => ((packed >>> shift) & 0xff).toString(16).padStart(2, '0'));
  return letters.join('') + digits.join('').toUpperCase();
}
