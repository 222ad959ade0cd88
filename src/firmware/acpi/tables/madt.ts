// Multiple APIC Description Table (ACPI 6.5, 5.2.12): which interrupt controllers there are.

import type { Sdt } from '../table.ts';

/** Where the interrupt controllers begin, behind two fields about the old ones of PCs. */
const firstEntry = 44;

/** An interrupt controller. */
export interface MadtEntry {
  readonly type: number;
  /** Where it begins in the table. */
  readonly offset: number;
  /** By which other tables call an I/O APIC or an ITS; null of any other. */
  readonly id: number | null;
}

/** The entries up to the first that has no length or passes the end. */
export function madtEntries({ bytes }: Pick<Sdt, 'bytes'>): MadtEntry[] {
  const entries: MadtEntry[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let offset = firstEntry; offset + 2 <= bytes.length; ) {
    const type = view.getUint8(offset);
    const length = view.getUint8(offset + 1);
    if (length < 2 || offset + length > bytes.length) break;
    entries.push({ type, offset, id: idOf(view, type, offset, length) });
    offset += length;
  }
  return entries;
}

function idOf(view: DataView, type: number, offset: number, length: number): number | null {
  if (type === 1 && length >= 3) return view.getUint8(offset + 2);
  return type === 15 && length >= 8 ? view.getUint32(offset + 4, true) : null;
}
