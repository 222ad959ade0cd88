// I/O Virtualization Reporting Structure (AMD I/O Virtualization Technology Specification, 5.2).

import { struct, u8, u16, u32, u64 } from '../../binary/struct.ts';
import {
  type OpenTable,
  openTable,
  orNote,
  readIn,
  readRecords,
  type Sdt,
  type TableRecord,
} from '../table.ts';
import { type IvhdEntry, readIvhdEntries } from './ivrs-entries.ts';

/** A hardware unit and the devices behind it. */
export interface Ivhd {
  readonly type: 'ivhd';
  readonly offset: number;
  /** 0x10, 0x11 or 0x40. Firmware describes one unit in blocks of several types. */
  readonly block_type: number;
  readonly flags: number;
  /** Requester ID of the unit itself. */
  readonly device_id: number;
  readonly capability_offset: number;
  readonly base_address: bigint;
  readonly segment: number;
  readonly info: number;
  /** Features in type 0x10, attributes in the others. */
  readonly features: number;
  /** Extended features; null in type 0x10, as the next field is. */
  readonly efr: bigint | null;
  readonly efr2: bigint | null;
  /** In table order. */
  readonly entries: readonly IvhdEntry[];
}

/** Memory that some devices need at its own address, or must not use. */
export interface Ivmd {
  readonly type: 'ivmd';
  readonly offset: number;
  /** 0x20 all devices, 0x21 one, 0x22 a range. */
  readonly block_type: number;
  /** Bit 0: unity mapping; bit 1: read; bit 2: write; bit 3: exclusion. */
  readonly flags: number;
  readonly device_id: number;
  /** Of a range, the last device. */
  readonly auxiliary: number;
  readonly start_address: bigint;
  /** In bytes. */
  readonly memory_length: bigint;
}

/** A block of a type that the specification did not have when this was written. */
export interface IvrsOther {
  readonly type: 'other';
  readonly offset: number;
  readonly block_type: number;
}

export interface Ivrs {
  readonly iv_info: number;
  /** In table order. */
  readonly blocks: readonly (Ivhd | Ivmd | IvrsOther)[];
}

const ivrs_header = struct('IVRS', 'little', { iv_info: u32(36), reserved: u64(40) });

const block_header = struct('IVRS block', 'little', { type: u8(0), length: u16(2) });

const ivhd = struct('IVHD', 'little', {
  block_type: u8(0),
  flags: u8(1),
  device_id: u16(4),
  capability_offset: u16(6),
  base_address: u64(8),
  segment: u16(16),
  info: u16(18),
  features: u32(20),
});
const ivhd_extended = struct('IVHD', 'little', { efr: u64(24), efr2: u64(32) });

const ivmd = struct('IVMD', 'little', {
  block_type: u8(0),
  flags: u8(1),
  device_id: u16(4),
  auxiliary: u16(6),
  start_address: u64(16),
  memory_length: u64(24),
});

/** Read an IVRS. Throws {@link FormatError}. */
export function parseIvrs(bytes: Uint8Array): Ivrs & Sdt {
  const table = openTable(bytes, 'IVRS');
  const end = table.bytes.length;
  const { iv_info } = readIn(table, ivrs_header, { offset: 0, end });
  // Linux comes to no end with such a table, or reads what is behind it.
  const blocks = orNote(table, () =>
    readRecords(table, block_header, ivrs_header.size, end).map((record) =>
      readBlock(table, record),
    ),
  );
  return { ...table, iv_info, blocks: blocks ?? [] };
}

function readBlock(table: OpenTable, record: TableRecord): Ivhd | Ivmd | IvrsOther {
  const { type, offset } = record;
  switch (type) {
    case 0x10:
    case 0x11:
    case 0x40: {
      const extended = type === 0x10 ? null : readIn(table, ivhd_extended, record);
      const first = offset + (extended === null ? ivhd.size : ivhd_extended.size);
      return {
        type: 'ivhd',
        offset,
        ...readIn(table, ivhd, record),
        efr: extended?.efr ?? null,
        efr2: extended?.efr2 ?? null,
        entries: readIvhdEntries(table, first, record.end),
      };
    }
    case 0x20:
    case 0x21:
    case 0x22:
      return { type: 'ivmd', offset, ...readIn(table, ivmd, record) };
    default:
      table.notes.push({ code: 'ivrs/unknown-block', offset, message: `block of type ${type}` });
      return { type: 'other', offset, block_type: type };
  }
}
