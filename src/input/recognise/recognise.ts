// What some bytes are, by how they begin. A name says something only where bytes cannot.

import { dumpsIn, isLspci, isTable } from '../../firmware/index.ts';
import { isTar } from '../archive/tar.ts';
import { lettersOf, startsWith } from '../bytes.ts';
import { treesIn } from '../trees.ts';
import { type Binary, binaries } from './binaries.ts';
import { isMostlyText, type Other, otherText, preface, whereFrom } from './texts.ts';

/** What can be opened or read. */
export type Readable = 'devicetree' | 'source' | 'tables' | 'functions' | 'gzip' | 'tar' | 'zip';

/** What somebody gave, as far as its first bytes tell. */
export type Kind = { readonly is: Readable; readonly bytes: Uint8Array } | Other;

function startsTree(bytes: Uint8Array): boolean {
  return startsWith(bytes, '\xd0\x0d\xfe\xed');
}

/** Bytes that are read as something else than they are, such as a text of two bytes a letter, are that. */
export function recognise(name: string, given: Uint8Array): Kind {
  const bytes = plainBytes(given);
  const is = (kind: Readable): Kind => ({ is: kind, bytes });
  if (bytes.length === 0) return { is: 'other', what: 'nothing', hint: whereFrom };
  if (startsTree(bytes)) return is('devicetree');
  if (startsWith(bytes, '\x1f\x8b')) return treesIn(bytes).length === 0 ? is('gzip') : packedKernel;
  if (startsWith(bytes, 'PK\x03\x04') || startsWith(bytes, 'PK\x05\x06')) return is('zip');
  if (isTar(bytes)) return is('tar');
  if (lacksBytes(bytes)) return lacking;
  const binary = binaries.find((of) => isBinary(of, bytes));
  if (binary !== undefined) return { is: 'other', what: binary.what, hint: binary.hint };
  if (name.endsWith('.dts') || isSource(bytes)) return is('source');
  if (isLspci(bytes) || hasLspci(bytes)) return is('functions');
  return tablesOrTree(bytes) ?? tablesOrTree(withoutControls(bytes)) ?? otherText(bytes);
}

/** A binary file that went through a program for text has EF BF BD for all that is no text. */
export const lacking: Other = {
  is: 'other',
  what: 'bytes that a program took for text: what is no text in it is lost',
  hint: 'copy it once more, as binary',
};

/** Whether nearly all bytes above 0x7f, among zeros, are those three. */
export function lacksBytes(bytes: Uint8Array): boolean {
  const start = bytes.subarray(0, preface);
  if (!start.includes(0)) return false;
  let [others, lost] = [0, 0];
  for (let at = 0; at < start.length; at++) {
    if ((start[at] ?? 0) < 0x80) continue;
    if (startsWith(start, '\xef\xbf\xbd', at)) {
      lost++;
      at += 2;
    } else others++;
  }
  return lost > 1 && others * 10 < lost;
}

/** Where it says, or there behind any number of blocks of 4096 bytes. */
function isBinary({ starts, at = 0, inAnyBlock = false }: Binary, bytes: Uint8Array): boolean {
  const last = inAnyBlock ? bytes.length : at;
  for (let from = at; from <= last; from += 4096) if (startsWith(bytes, starts, from)) return true;
  return false;
}

/** Android’s Image.gz-dtb, of which gzip would unpack the kernel alone. */
const packedKernel: Other = {
  is: 'other',
  what: 'a packed kernel with trees behind it',
  hint: 'ask for one of them by its number',
};

/** Tables, or a devicetree that hexdump printed. */
function tablesOrTree(bytes: Uint8Array): Kind | null {
  // A note that begins with the name of a table is shorter than any, and has no zeros.
  if (bytes.length < 36 && isMostlyText(lettersOf(bytes))) return null;
  const dumps = dumpsIn(bytes);
  if (dumps.length === 0 && !isTable(bytes)) return null;
  const tree = dumps.find((dump) => startsTree(dump));
  return tree === undefined ? { is: 'tables', bytes } : { is: 'devicetree', bytes: tree };
}

/** A text of which a terminal has kept more than letters. */
function withoutControls(bytes: Uint8Array): Uint8Array {
  if (!isMostlyText(lettersOf(bytes, preface))) return new Uint8Array();
  return bytes.map((byte) => (byte < 0x20 && byte !== 0x0a && byte !== 0x0d ? 0x20 : byte));
}

/** What lspci printed, with something before it, such as the command. */
function hasLspci(bytes: Uint8Array): boolean {
  const text = lettersOf(bytes, preface);
  const title = /^(?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[01][0-9a-f]\.[0-7] /im;
  return title.test(text) && showsBytes(bytes);
}

/** Whether lspci printed bytes, and not only names. */
export function showsBytes(bytes: Uint8Array): boolean {
  return /^00:(?: [0-9a-f]{2}){16}\s*$/im.test(lettersOf(plainBytes(bytes), preface));
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
