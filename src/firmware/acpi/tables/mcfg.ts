// MCFG (PCI Firmware Specification 3.3, 4.1.2): where configuration space is in memory.

import { struct, u8, u16, u32, u64 } from '../../binary/struct.ts';
import { openTable, readIn, type Sdt } from '../table.ts';

/** A range of buses of one segment. */
export interface McfgAllocation {
  readonly offset: number;
  /** Of bus 0 of the segment, also where the range begins later. */
  readonly base_address: bigint;
  readonly segment: number;
  readonly start_bus: number;
  readonly end_bus: number;
}

export interface Mcfg {
  /** In table order. */
  readonly allocations: readonly McfgAllocation[];
}

const mcfg_header = struct('MCFG', 'little', { reserved: u64(36) });

const allocation = struct('MCFG allocation', 'little', {
  base_address: u64(0),
  segment: u16(8),
  start_bus: u8(10),
  end_bus: u8(11),
  reserved: u32(12),
});

/** Read an MCFG. Throws {@link FormatError}. */
export function parseMcfg(bytes: Uint8Array): Mcfg & Sdt {
  const table = openTable(bytes, 'MCFG');
  const end = table.bytes.length;
  readIn(table, mcfg_header, { offset: 0, end });
  const allocations: McfgAllocation[] = [];
  let offset: number = mcfg_header.size;
  for (; offset + allocation.size <= end; offset += allocation.size) {
    const { reserved: _, ...fields } = readIn(table, allocation, { offset, end });
    allocations.push({ offset, ...fields });
  }
  if (offset < end) {
    const message = `${end - offset} bytes behind the last range are no whole one`;
    table.notes.push({ code: 'mcfg/trailing-bytes', offset, message });
  }
  return { ...table, allocations };
}
