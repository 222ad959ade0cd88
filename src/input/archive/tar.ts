// The archives of tar: ustar of POSIX.1-1988, pax of POSIX.1-2001, and GNU's long names.

import { lettersOf, refuse } from '../bytes.ts';
import type { Entry } from './entry.ts';

const blockSize = 512;

/** Where a header has what. */
const fields = {
  name: [0, 100],
  size: [124, 12],
  checksum: [148, 8],
  typeflag: [156, 1],
  linkname: [157, 100],
  magic: [257, 5],
  prefix: [345, 155],
} as const;

type Field = keyof typeof fields;

/** Whether a header with the right checksum is at the beginning. */
export function isTar(bytes: Uint8Array): boolean {
  return bytes.length >= blockSize && hasChecksum(bytes.subarray(0, blockSize));
}

function hasChecksum(header: Uint8Array): boolean {
  const [start, length] = fields.checksum;
  let sum = 8 * 0x20;
  header.forEach((byte, at) => {
    if (at < start || at >= start + length) sum += byte;
  });
  const text = letters(header, 'checksum').trim();
  return /^[0-7]+$/.test(text) && Number.parseInt(text, 8) === sum;
}

/** What is in an archive, in its order. Links to files of the archive are those files. */
export function readTar(bytes: Uint8Array): Entry[] {
  const entries = new Map<string, Entry>();
  let long: { name?: string; link?: string } = {};
  for (let at = 0; at + blockSize <= bytes.length; ) {
    const header = bytes.subarray(at, at + blockSize);
    if (header.every((byte) => byte === 0)) break;
    if (!hasChecksum(header))
      throw refuse('damaged-tar', 'header', at, 'a header of tar', 'one whose checksum is wrong');
    const start = at + blockSize;
    const size = sizeOf(header, at);
    if (start + size > bytes.length) {
      const there = `${bytes.length - start}`;
      throw refuse('damaged-tar', 'size', at + fields.size[0], `at most ${there} bytes`, `${size}`);
    }
    const content = bytes.subarray(start, start + size);
    const kind = letters(header, 'typeflag');
    if (kind === 'L') long.name = lettersOf(content).replace(/\0+$/, '');
    else if (kind === 'K') long.link = lettersOf(content).replace(/\0+$/, '');
    else if (kind === 'x') long = { ...long, ...fromPax(content) };
    else if (kind !== 'g') {
      const name = long.name ?? nameOf(header);
      const link = long.link ?? letters(header, 'linkname');
      entries.set(name, { name, offset: at, ...contentOf(name, kind, content, entries.get(link)) });
      long = {};
    }
    at = start + Math.ceil(size / blockSize) * blockSize;
  }
  return [...entries.values()];
}

function contentOf(
  name: string,
  kind: string,
  content: Uint8Array,
  linked: Entry | undefined,
): Pick<Entry, 'kind' | 'bytes'> {
  // The oldest format tells a folder by its name alone.
  if (kind === '5' || name.endsWith('/')) return { kind: 'folder', bytes: null };
  if (kind === '1' && linked?.bytes) return { kind: 'file', bytes: linked.bytes };
  // Of what is no file, such as a device, there are no bytes.
  if (kind !== '' && kind !== '0' && kind !== '7') return { kind: 'other', bytes: null };
  return { kind: 'file', bytes: content };
}

function nameOf(header: Uint8Array): string {
  const name = letters(header, 'name');
  const prefix = letters(header, 'magic') === 'ustar' ? letters(header, 'prefix') : '';
  // GNU's own format has times where POSIX has the prefix.
  const gnu = lettersOf(header.subarray(257, 265)) === 'ustar  \0';
  return prefix === '' || gnu ? name : `${prefix}/${name}`;
}

function letters(header: Uint8Array, field: Field): string {
  const [start, length] = fields[field];
  return lettersOf(header.subarray(start, start + length)).split('\0', 1)[0] ?? '';
}

/** Octal digits; GNU writes large numbers in binary, which nothing that is read here needs. */
function sizeOf(header: Uint8Array, at: number): number {
  const text = letters(header, 'size').trim();
  if (/^[0-7]*$/.test(text)) return text === '' ? 0 : Number.parseInt(text, 8);
  throw refuse('damaged-tar', 'size', at + fields.size[0], 'octal digits', JSON.stringify(text));
}

/** Records such as `30 path=acpi/tables/DSDT\n`, the first number their length. */
function fromPax(content: Uint8Array): { name?: string; link?: string } {
  const found: { name?: string; link?: string } = {};
  for (let at = 0; at < content.length; ) {
    const [, length = '', key, value = ''] =
      /^(\d{1,9}) ([^=]+)=([\s\S]*)\n$/.exec(recordAt(content, at)) ?? [];
    if (key === 'path') found.name = value;
    if (key === 'linkpath') found.link = value;
    at += Number(length) || content.length;
  }
  return found;
}

function recordAt(content: Uint8Array, at: number): string {
  const [digits = ''] = /^\d*/.exec(lettersOf(content.subarray(at, at + 9))) ?? [];
  return lettersOf(content.subarray(at, at + Number(digits)));
}
