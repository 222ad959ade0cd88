// Archives of zip: APPNOTE.TXT of PKWARE, without encryption, several disks and zip64.

import { lettersOf, refuse, view } from '../bytes.ts';
import { maxBytes } from '../files.ts';
import type { Inflate } from '../tools.ts';
import type { Entry } from './entry.ts';

const endSize = 22;
const centralSize = 46;
const localSize = 30;
/** The comment behind the end has at most so many bytes. */
const longestComment = 0xffff;

/** What is in an archive, as its central directory has it. */
export async function readZip(bytes: Uint8Array, inflate: Inflate): Promise<Entry[]> {
  const at = endOf(bytes);
  const data = view(bytes);
  const entries: Entry[] = [];
  let left = maxBytes;
  let next = data.getUint32(at + 16, true);
  for (let count = data.getUint16(at + 10, true); count > 0; count--) {
    if (next + centralSize > bytes.length || data.getUint32(next, true) !== 0x02014b50) {
      const found = next + centralSize > bytes.length ? 'the end' : 'something else';
      throw refuse('damaged-zip', 'central directory', next, 'the header of a file', found);
    }
    const entry = await entryAt(bytes, next, inflate, left);
    left -= entry.bytes?.length ?? 0;
    entries.push(entry);
    const lengths = [28, 30, 32].map((field) => data.getUint16(next + field, true));
    next += lengths.reduce((sum, length) => sum + length, centralSize);
  }
  return entries;
}

/** Where the end of the central directory is. */
function endOf(bytes: Uint8Array): number {
  const data = view(bytes);
  const first = Math.max(0, bytes.length - endSize - longestComment);
  for (let at = bytes.length - endSize; at >= first; at--)
    if (data.getUint32(at, true) === 0x06054b50) return at;
  const expected = 'the end of the central directory';
  throw refuse('damaged-zip', 'file', bytes.length, expected, 'a file that was cut');
}

async function entryAt(
  bytes: Uint8Array,
  at: number,
  inflate: Inflate,
  left: number,
): Promise<Entry> {
  const data = view(bytes);
  const name = lettersOf(
    bytes.subarray(at + centralSize, at + centralSize + data.getUint16(at + 28, true)),
  ).replaceAll('\\', '/');
  const entry = { name, offset: at };
  // Unix puts the mode of a file into the upper half: a link has no bytes of its own.
  const isLink = data.getUint32(at + 38, true) >>> 28 === 0xa;
  if (name.endsWith('/')) return { ...entry, kind: 'folder', bytes: null };
  if (isLink) return { ...entry, kind: 'other', bytes: null };
  if ((data.getUint16(at + 8, true) & 1) !== 0)
    throw refuse('encrypted', name, at, 'a file that anyone can read', 'one with a password');
  const size = data.getUint32(at + 24, true);
  if (size > left)
    throw refuse('too-large', name, at, `at most ${left} bytes when unpacked`, `${size}`);
  const packed = packedAt(bytes, data.getUint32(at + 42, true), data.getUint32(at + 20, true));
  const method = data.getUint16(at + 10, true);
  if (method !== 0 && method !== 8)
    throw refuse('method', name, at, 'a file that is stored or deflated', `method ${method}`);
  const content = method === 0 ? packed : await inflate(packed, 'deflate-raw', size);
  if (typeof content === 'string' || content.length !== size || crc(content) !== crcAt(data, at))
    throw refuse('damaged-zip', name, at, `${size} bytes with the checksum that it has`, 'others');
  return { ...entry, kind: 'file', bytes: content };
}

/** The bytes behind a local header, whose name and extra field may be longer than those before. */
function packedAt(bytes: Uint8Array, at: number, size: number): Uint8Array {
  const data = view(bytes);
  const isHeader = at + localSize <= bytes.length && data.getUint32(at, true) === 0x04034b50;
  const start = isHeader
    ? at + localSize + data.getUint16(at + 26, true) + data.getUint16(at + 28, true)
    : bytes.length;
  if (start + size > bytes.length)
    throw refuse('damaged-zip', 'local header', at, `a file of ${size} bytes`, 'fewer');
  return bytes.subarray(start, start + size);
}

function crcAt(data: DataView, at: number): number {
  return data.getUint32(at + 16, true);
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = (value >>> 8) ^ (table[(value ^ byte) & 0xff] ?? 0);
  return (value ^ 0xffffffff) >>> 0;
}
