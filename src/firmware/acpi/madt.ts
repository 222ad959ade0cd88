// Multiple APIC Description Table (ACPI 6.5, 5.2.12): which interrupt controllers there are.

import type { Sdt } from './table.ts';

/** Where the interrupt controllers begin, behind two fields about the old ones of PCs. */
const firstEntry = 44;

/** The types of its entries up to the first that has no length; nothing else is read. */
export function madtEntryTypes({ bytes }: Pick<Sdt, 'bytes'>): ReadonlySet<number> {
  const types = new Set<number>();
  for (let at = firstEntry; at + 2 <= bytes.length; ) {
    const [type = 0, length = 0] = bytes.subarray(at, at + 2);
    if (length < 2) break;
    types.add(type);
    at += length;
  }
  return types;
}
