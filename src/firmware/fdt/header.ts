// Devicetree Specification v0.4, 5.2 "Header".

import { FormatError, hex } from '../../util/index.ts';
import { type Struct, struct, u32 } from '../binary/struct.ts';
import type { Note } from '../note.ts';
import { MAX_SIZE } from './limits.ts';
import type { FdtHeader } from './types.ts';

const FDT_MAGIC = 0xd00dfeed;

/** The version this reader knows; older readers' version 16 lacks `size_dt_struct`. */
const LATEST_VERSION = 17;
const OLDEST_VERSION = 16;

const rows_v16 = {
  magic: u32(0x00),
  totalsize: u32(0x04),
  off_dt_struct: u32(0x08),
  off_dt_strings: u32(0x0c),
  off_mem_rsvmap: u32(0x10),
  version: u32(0x14),
  last_comp_version: u32(0x18),
  boot_cpuid_phys: u32(0x1c),
  size_dt_strings: u32(0x20),
};
const rows_v17 = { ...rows_v16, size_dt_struct: u32(0x24) };

/** Read before all else, so that a short text file is not called a truncated blob. */
const fdt_magic = struct('fdt_header', 'big', { magic: rows_v16.magic });

const fdt_header_v16 = struct('fdt_header', 'big', rows_v16);

/** The layout since version 17, for whoever shows the header's bytes. */
export const fdt_header: Struct<FdtHeader & { readonly size_dt_struct: number }> = struct(
  'fdt_header',
  'big',
  rows_v17,
);

/** A part of the blob: first byte, and first byte after it. */
export interface Block {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** The header, and the blocks it points to, all inside the file. */
export interface Layout {
  readonly header: FdtHeader;
  /** In bytes. */
  readonly header_size: number;
  /** The end is only an upper bound: the entries end themselves. */
  readonly reservations: Block;
  /** In version 16 the end is only an upper bound. */
  readonly structure: Block;
  readonly strings: Block;
}

/** The checked header of a blob. Throws {@link FormatError}; adds to `notes`. */
export function readLayout(bytes: Uint8Array, notes: Note[]): Layout {
  const header = readHeader(bytes);
  if (header.totalsize > bytes.length) {
    const message = `totalsize is ${header.totalsize}, the file has ${bytes.length} bytes; every block is there`;
    notes.push({ code: 'fdt/short-file', offset: place('totalsize'), message });
  } else if (header.totalsize < bytes.length) {
    const message = `${bytes.length - header.totalsize} bytes follow the blob`;
    notes.push({ code: 'fdt/trailing-bytes', offset: header.totalsize, message });
  }
  if (header.version > LATEST_VERSION) {
    const message = `version ${header.version} is newer than ${LATEST_VERSION}, with which it says it is compatible`;
    notes.push({ code: 'fdt/newer-version', offset: place('version'), message });
  }

  const end = Math.min(header.totalsize, bytes.length);
  const hint =
    header.totalsize > bytes.length
      ? `the file has ${bytes.length} of the ${header.totalsize} bytes that totalsize says: it is cut short`
      : undefined;
  checkBlockStart('off_mem_rsvmap', header.off_mem_rsvmap, 8, end, hint);
  checkBlockStart('off_dt_struct', header.off_dt_struct, 4, end, hint);
  checkBlockStart('off_dt_strings', header.off_dt_strings, 1, end, hint);
  const structure_size = header.size_dt_struct ?? end - header.off_dt_struct;
  checkBlockEnd('size_dt_struct', header.off_dt_struct, structure_size, end, hint);
  checkBlockEnd('size_dt_strings', header.off_dt_strings, header.size_dt_strings, end, hint);
  return {
    header,
    header_size: headerSize(header.version),
    reservations: { name: 'memory reservation block', start: header.off_mem_rsvmap, end },
    structure: {
      name: 'structure block',
      start: header.off_dt_struct,
      end: header.off_dt_struct + structure_size,
    },
    strings: {
      name: 'strings block',
      start: header.off_dt_strings,
      end: header.off_dt_strings + header.size_dt_strings,
    },
  };
}

function readHeader(bytes: Uint8Array): FdtHeader {
  const where = { format: 'fdt', offset: 0, end: bytes.length };
  const { magic } = fdt_magic.read(bytes, where);
  if (magic !== FDT_MAGIC) reject('bad-magic', 'magic', hex(FDT_MAGIC), hex(magic));

  const v16 = fdt_header_v16.read(bytes, where);
  const { totalsize, version, last_comp_version } = v16;
  if (version < OLDEST_VERSION) {
    reject('unsupported-version', 'version', `${OLDEST_VERSION} or newer`, `${version}`);
  }
  if (last_comp_version > LATEST_VERSION) {
    const expected = `at most ${LATEST_VERSION}`;
    reject('unsupported-version', 'last_comp_version', expected, `${last_comp_version}`);
  }
  if (last_comp_version > version) {
    const expected = `at most the version, ${version}`;
    reject('unsupported-version', 'last_comp_version', expected, `${last_comp_version}`);
  }
  const header =
    version < LATEST_VERSION ? { ...v16, size_dt_struct: null } : fdt_header.read(bytes, where);

  const smallest = headerSize(version);
  if (totalsize < smallest) {
    reject('bad-totalsize', 'totalsize', `at least the header's ${smallest}`, `${totalsize}`);
  }
  if (Math.min(totalsize, bytes.length) > MAX_SIZE) {
    reject('limit', 'totalsize', `at most ${MAX_SIZE}`, `${totalsize}`);
  }
  return header;
}

function headerSize(version: number): number {
  return version < LATEST_VERSION ? fdt_header_v16.size : fdt_header.size;
}

function checkBlockStart(
  field: Field,
  start: number,
  alignment: number,
  end: number,
  hint: string | undefined,
): void {
  if (start % alignment !== 0) {
    reject('misaligned-block', field, `a multiple of ${alignment}`, hex(start));
  }
  if (start > end) reject('block-outside', field, `at most ${hex(end)}, the end`, hex(start), hint);
}

function checkBlockEnd(
  field: Field,
  start: number,
  size: number,
  end: number,
  hint: string | undefined,
): void {
  if (start + size > end) {
    const expected = `at most ${end - start} bytes, from ${hex(start)} to the end at ${hex(end)}`;
    reject('block-outside', field, expected, `${size}`, hint);
  }
}

type Field = keyof typeof rows_v17;

function place(field: Field): number {
  return rows_v17[field].offset;
}

function reject(code: string, field: Field, expected: string, found: string, hint?: string): never {
  const offset = place(field);
  throw new FormatError({
    code: `fdt/${code}`,
    offset,
    field: `fdt_header.${field}`,
    expected,
    found,
    ...(hint !== undefined && { hint }),
  });
}
