// Device entries of an IVHD block (AMD I/O Virtualization Technology Specification, 5.2.2).

import { hex } from '../../../util/index.ts';
import { struct, u8, u16, u32 } from '../../binary/struct.ts';
import { chars, formatOf, type OpenTable, problem, readIn, type TableRecord } from '../table.ts';

interface EntryHeader {
  readonly offset: number;
  /** Requester ID. In `special` and `all` it means nothing. */
  readonly device_id: number;
  /** Bits 0 to 2: pass INIT, external interrupts, NMI; 4 and 5: system management; 6 and 7: LINT. */
  readonly settings: number;
}

/** One device, or one end of a range of them. */
export interface IvhdSelect extends EntryHeader {
  readonly type: 'all' | 'select' | 'start' | 'end';
}

/** As select and start, for devices that use another requester ID. */
export interface IvhdAlias extends EntryHeader {
  readonly type: 'alias-select' | 'alias-start';
  readonly source_id: number;
}

/** As select and start, with further settings. */
export interface IvhdExtended extends EntryHeader {
  readonly type: 'extended-select' | 'extended-start';
  /** Bit 31: ATS is disabled. */
  readonly extended_settings: number;
}

/** A device outside PCI that sends interrupts. */
export interface IvhdSpecial extends EntryHeader {
  readonly type: 'special';
  readonly handle: number;
  readonly source_id: number;
  /** 1 IOAPIC, 2 HPET. */
  readonly variety: number;
}

/** A device of the ACPI namespace. Text is raw: one character per byte, to be escaped before printing. */
export interface IvhdAcpi extends EntryHeader {
  readonly type: 'acpi';
  readonly hid: string;
  readonly cid: string;
  /** 0 none, 1 a number, 2 text. */
  readonly uid_type: number;
  readonly uid: Uint8Array;
}

/** A gap, or an entry of a type that the specification did not have when this was written. */
export interface IvhdOther extends EntryHeader {
  readonly type: 'pad' | 'other';
  readonly entry_type: number;
}

export type IvhdEntry = IvhdSelect | IvhdAlias | IvhdExtended | IvhdSpecial | IvhdAcpi | IvhdOther;

const entry = struct('IVHD entry', 'little', {
  entry_type: u8(0),
  device_id: u16(1),
  settings: u8(3),
});
const alias = struct('IVHD alias entry', 'little', { source_id: u16(5) });
const extended = struct('IVHD extended entry', 'little', { extended_settings: u32(4) });
const special = struct('IVHD special entry', 'little', {
  handle: u8(4),
  source_id: u16(5),
  variety: u8(7),
});
const acpi = struct('IVHD ACPI entry', 'little', {
  hid: chars(4, 8),
  cid: chars(12, 8),
  uid_type: u8(20),
  uid_length: u8(21),
});

/** The entries between two offsets, one behind the other. */
export function readIvhdEntries(table: OpenTable, start: number, end: number): IvhdEntry[] {
  const entries: IvhdEntry[] = [];
  for (let offset = start; offset < end; ) {
    const at = { offset, end };
    const { entry_type, device_id, settings } = readIn(table, entry, at);
    const size = entry_type === 240 ? acpiSize(table, at) : 4 << (entry_type >> 6);
    if (entry_type >= 0x80 && entry_type !== 240) {
      const expected = 'a type below 0x80, or 0xf0';
      const found = `${hex(entry_type)}, whose length Linux takes to be 0`;
      throw problem(formatOf(table), 'endless', offset, entry.name, expected, found);
    }
    if (offset + size > end) {
      const expected = `${size} bytes for type ${entry_type}`;
      const found = `${end - offset} left in the block`;
      throw problem(formatOf(table), 'truncated', offset, entry.name, expected, found);
    }
    entries.push(readBody(table, entry_type, { offset, device_id, settings }, at));
    offset += size;
  }
  return entries;
}

/** The only entry whose size its type does not give. */
function acpiSize(table: OpenTable, at: Place): number {
  return acpi.size + readIn(table, acpi, at).uid_length;
}

type Place = Pick<TableRecord, 'offset' | 'end'>;

function readBody(table: OpenTable, type: number, header: EntryHeader, at: Place): IvhdEntry {
  switch (type) {
    case 0:
      return { type: 'pad', ...header, entry_type: type };
    case 1:
      return { type: 'all', ...header };
    case 2:
      return { type: 'select', ...header };
    case 3:
      return { type: 'start', ...header };
    case 4:
      return { type: 'end', ...header };
    case 66:
      return { type: 'alias-select', ...header, ...readIn(table, alias, at) };
    case 67:
      return { type: 'alias-start', ...header, ...readIn(table, alias, at) };
    case 70:
      return { type: 'extended-select', ...header, ...readIn(table, extended, at) };
    case 71:
      return { type: 'extended-start', ...header, ...readIn(table, extended, at) };
    case 72:
      return { type: 'special', ...header, ...readIn(table, special, at) };
    case 240: {
      const { uid_length, ...fields } = readIn(table, acpi, at);
      const start = at.offset + acpi.size;
      const uid = table.bytes.subarray(start, start + uid_length);
      return { type: 'acpi', ...header, ...fields, uid };
    }
    default:
      return { type: 'other', ...header, entry_type: type };
  }
}
