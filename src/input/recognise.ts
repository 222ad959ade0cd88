// What some bytes are, by how they begin. A name says something only where bytes cannot.

import { isAcpi, isLspci } from '../firmware/index.ts';
import { binaries } from './binaries.ts';
import { lettersOf, startsWith, view } from './bytes.ts';
import { isTar } from './tar.ts';
import { type Other, otherText } from './texts.ts';

/** What can be opened or read. */
export type Readable = 'devicetree' | 'source' | 'tables' | 'functions' | 'gzip' | 'tar' | 'zip';

/** What somebody gave, as far as its first bytes tell. */
export type Kind = { readonly is: Readable; readonly bytes: Uint8Array } | Other;

export const fdtMagic = 0xd00dfeed;

/** Bytes that are read as something else than they are, such as a text of two bytes a letter, are that. */
export function recognise(name: string, given: Uint8Array): Kind {
  const bytes = plainBytes(given);
  const is = (kind: Readable): Kind => ({ is: kind, bytes });
  if (bytes.length === 0) return { is: 'other', what: 'nothing', hint: null };
  if (bytes.length >= 4 && view(bytes).getUint32(0) === fdtMagic) return is('devicetree');
  if (startsWith(bytes, '\x1f\x8b')) return is('gzip');
  if (startsWith(bytes, 'PK\x03\x04') || startsWith(bytes, 'PK\x05\x06')) return is('zip');
  if (isTar(bytes)) return is('tar');
  const binary = binaries.find(({ starts, at = 0 }) => startsWith(bytes, starts, at));
  if (binary !== undefined) return { is: 'other', what: binary.what, hint: binary.hint };
  if (name.endsWith('.dts') || isSource(bytes)) return is('source');
  if (isLspci(bytes)) return is('functions');
  if (isAcpi(bytes)) return is('tables');
  return otherText(bytes);
}

/** Whether this is the source of a devicetree: `/dts-v1/` after nothing but comments and `#include`. */
function isSource(bytes: Uint8Array): boolean {
  const text = lettersOf(bytes, longestPreface);
  const before = /(?:\s|\/\/[^\n]*|\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\/|#[^\n]*)*/y;
  return before.test(text) && text.startsWith('/dts-v1/', before.lastIndex);
}

/** Licences and `#include` lines before `/dts-v1/` are never so long. */
const longestPreface = 1 << 18;

/** Text of Windows, one byte for each letter: UTF-16 with a mark or without, UTF-8 with one. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  if (startsWith(bytes, '\xef\xbb\xbf')) return bytes.subarray(3);
  if (startsWith(bytes, '\xff\xfe')) return lowBytes(bytes.subarray(2), 0);
  if (startsWith(bytes, '\xfe\xff')) return lowBytes(bytes.subarray(2), 1);
  for (const low of [0, 1]) if (isWide(bytes, low)) return lowBytes(bytes, low);
  return bytes;
}

/** Letters with a zero beside each of them, as no binary file begins. */
function isWide(bytes: Uint8Array, low: number): boolean {
  const start = bytes.subarray(0, 32);
  return (
    start.length === 32 && start.every((byte, at) => (at % 2 === low ? isLetter(byte) : byte === 0))
  );
}

function isLetter(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || (byte >= 0x09 && byte <= 0x0d);
}

/** Of each letter the byte that ASCII has; anything else becomes a question mark. */
function lowBytes(bytes: Uint8Array, low: number): Uint8Array {
  return Uint8Array.from({ length: bytes.length >> 1 }, (_, i) =>
    bytes[2 * i + 1 - low] === 0 ? (bytes[2 * i + low] ?? 0) : 0x3f,
  );
}
