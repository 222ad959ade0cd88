// DMA Remapping Table (Intel Virtualization Technology for Directed I/O 4.1, chapter 8).

import { struct, u8, u16, u32, u64 } from '../../binary/struct.ts';
import {
  type OpenTable,
  openTable,
  orNote,
  readIn,
  readName,
  readRecord,
  readRecords,
  type Sdt,
  type TableRecord,
} from '../table.ts';

/** One step from a bus to a device on it. */
export interface DmarPathEntry {
  readonly device: number;
  readonly function: number;
}

/** A device that a structure is about. */
export interface DmarScope {
  readonly type: 'pci-endpoint' | 'pci-bridge' | 'ioapic' | 'hpet' | 'namespace' | 'other';
  readonly offset: number;
  /** As stored: 1 to 5 for the types above. */
  readonly scope_type: number;
  readonly flags: number;
  /** Of an IOAPIC, an HPET or a namespace device. */
  readonly enumeration_id: number;
  readonly start_bus: number;
  /** All but the last step are bridges, which lead to their secondary bus. */
  readonly path: readonly DmarPathEntry[];
}

interface DmarHeader {
  readonly offset: number;
}

/** A hardware unit. */
export interface DmarDrhd extends DmarHeader {
  readonly type: 'drhd';
  /** Bit 0: every PCI device of the segment that no other unit names. */
  readonly flags: number;
  /** Bits 0 to 3: its registers take 2^n pages. */
  readonly size: number;
  readonly segment: number;
  readonly base_address: bigint;
  readonly scopes: readonly DmarScope[];
}

/** Reserved memory. */
export interface DmarRmrr extends DmarHeader {
  readonly type: 'rmrr';
  readonly segment: number;
  readonly base_address: bigint;
  /** The last byte. */
  readonly end_address: bigint;
  readonly scopes: readonly DmarScope[];
}

/** Root ports that support ATS. */
export interface DmarAtsr extends DmarHeader {
  readonly type: 'atsr';
  /** Bit 0: all ports of the segment. */
  readonly flags: number;
  readonly segment: number;
  readonly scopes: readonly DmarScope[];
}

/** A unit's NUMA node. */
export interface DmarRhsa extends DmarHeader {
  readonly type: 'rhsa';
  readonly base_address: bigint;
  readonly proximity_domain: number;
}

/** A device of the ACPI namespace. */
export interface DmarAndd extends DmarHeader {
  readonly type: 'andd';
  readonly device_number: number;
  /** Raw: one character per byte, to be escaped before printing. */
  readonly device_name: string;
}

/** Devices inside the SoC with ATS. */
export interface DmarSatc extends DmarHeader {
  readonly type: 'satc';
  /** Bit 0: ATS is needed for the device to work. */
  readonly flags: number;
  readonly segment: number;
  readonly scopes: readonly DmarScope[];
}

/** Properties of devices inside the SoC. */
export interface DmarSidp extends DmarHeader {
  readonly type: 'sidp';
  readonly segment: number;
  readonly scopes: readonly DmarScope[];
}

/** A structure of a type that the specification did not have when this was written. */
export interface DmarOther extends DmarHeader {
  readonly type: 'other';
  readonly structure_type: number;
}

export type DmarStructure =
  | DmarDrhd
  | DmarRmrr
  | DmarAtsr
  | DmarRhsa
  | DmarAndd
  | DmarSatc
  | DmarSidp
  | DmarOther;

export interface Dmar {
  /** In bits. */
  readonly host_address_width: number;
  /** Bit 0: interrupt remapping; bit 1: x2APIC opt-out; bit 2: DMA control opt-in. */
  readonly flags: number;
  /** In table order. */
  readonly structures: readonly DmarStructure[];
}

const dmar_header = struct('DMAR', 'little', {
  width: u8(36),
  flags: u8(37),
  reserved: u64(40),
});

const structure_header = struct('DMAR structure', 'little', { type: u16(0), length: u16(2) });
const scope_header = struct('DMAR device scope', 'little', { type: u8(0), length: u8(1) });
const scope_fields = struct('DMAR device scope', 'little', {
  scope_type: u8(0),
  flags: u8(2),
  enumeration_id: u8(4),
  start_bus: u8(5),
});

const drhd = struct('DRHD', 'little', {
  flags: u8(4),
  size: u8(5),
  segment: u16(6),
  base_address: u64(8),
});
const rmrr = struct('RMRR', 'little', {
  segment: u16(6),
  base_address: u64(8),
  end_address: u64(16),
});
const atsr = struct('ATSR', 'little', { flags: u8(4), segment: u16(6) });
const rhsa = struct('RHSA', 'little', { base_address: u64(8), proximity_domain: u32(16) });
const andd = struct('ANDD', 'little', { device_number: u8(7) });
const satc = struct('SATC', 'little', { flags: u8(4), segment: u16(6) });
const sidp = struct('SIDP', 'little', { segment: u16(6) });

const scopeTypes = ['other', 'pci-endpoint', 'pci-bridge', 'ioapic', 'hpet', 'namespace'] as const;

/** Read a DMAR. Throws {@link FormatError}. */
export function parseDmar(bytes: Uint8Array): Dmar & Sdt {
  const table = openTable(bytes, 'DMAR');
  const end = table.bytes.length;
  const { width, flags } = readIn(table, dmar_header, { offset: 0, end });
  // Linux gives up on the whole table.
  const structures = orNote(table, () => readStructures(table)) ?? [];
  return { ...table, host_address_width: width + 1, flags, structures };
}

function readStructures(table: OpenTable): DmarStructure[] {
  const structures: DmarStructure[] = [];
  const end = table.bytes.length;
  for (let offset: number = dmar_header.size; offset < end; ) {
    if (readIn(table, structure_header, { offset, end }).length === 0) {
      const message = 'a structure of no length: Linux looks at nothing behind it';
      table.notes.push({ code: 'dmar/no-length', offset: offset + 2, message });
      break;
    }
    const record = readRecord(table, structure_header, offset, end);
    structures.push(readStructure(table, record));
    offset = record.end;
  }
  return structures;
}

function readStructure(table: OpenTable, record: TableRecord): DmarStructure {
  const { type, offset } = record;
  const scopes = (start: number) => readScopes(table, record, start);
  switch (type) {
    case 0:
      return { type: 'drhd', offset, ...readIn(table, drhd, record), scopes: scopes(16) };
    case 1:
      return { type: 'rmrr', offset, ...readIn(table, rmrr, record), scopes: scopes(24) };
    case 2:
      return { type: 'atsr', offset, ...readIn(table, atsr, record), scopes: scopes(8) };
    case 3:
      return { type: 'rhsa', offset, ...readIn(table, rhsa, record) };
    case 4:
      return readAndd(table, record);
    case 5:
      return { type: 'satc', offset, ...readIn(table, satc, record), scopes: scopes(8) };
    case 6:
      return { type: 'sidp', offset, ...readIn(table, sidp, record), scopes: scopes(8) };
    default:
      table.notes.push({ code: 'dmar/unknown-structure', offset, message: `type ${type}` });
      return { type: 'other', offset, structure_type: type };
  }
}

function readAndd(table: OpenTable, record: TableRecord): DmarAndd {
  const { offset, end } = record;
  const { device_number } = readIn(table, andd, record);
  const device_name = readName(table, 'ANDD.device_name', offset + 8, end);
  return { type: 'andd', offset, device_number, device_name };
}

function readScopes(table: OpenTable, { offset, end }: TableRecord, start: number): DmarScope[] {
  return readRecords(table, scope_header, offset + start, end).map((record) => {
    const fields = readIn(table, scope_fields, record);
    const type = scopeTypes[fields.scope_type] ?? 'other';
    return { type, offset: record.offset, ...fields, path: readPath(table, record) };
  });
}

const path_entry = struct('DMAR path entry', 'little', { device: u8(0), function: u8(1) });

function readPath(table: OpenTable, { offset, end }: TableRecord): DmarPathEntry[] {
  const path: DmarPathEntry[] = [];
  let at = offset + scope_fields.size;
  for (; at + path_entry.size <= end; at += path_entry.size) {
    path.push(readIn(table, path_entry, { offset: at, end }));
  }
  if (at < end) {
    const message = 'a path ends with half a step, which Linux leaves out';
    table.notes.push({ code: 'dmar/odd-path', offset: at, message });
  }
  return path;
}
