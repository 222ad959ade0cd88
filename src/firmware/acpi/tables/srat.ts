// System Resource Affinity Table (ACPI 6.5, 5.2.16): which proximity domains there are.

import type { Sdt } from '../table.ts';

const firstEntry = 48;

/** By type: where the domain and the flags are, of which bit 0 says that the entry counts. */
const entries: ReadonlyMap<number, { readonly domain: number; readonly flags: number }> = new Map([
  [1, { domain: 2, flags: 28 }], // memory
  [2, { domain: 4, flags: 12 }], // processor, by its x2APIC ID
  [3, { domain: 2, flags: 10 }], // processor of Arm
  [5, { domain: 8, flags: 24 }], // generic initiator
]);

/** The processors of the oldest entries have the domain in two parts. */
const oldProcessor = { type: 0, low: 2, flags: 4, high: 9 } as const;

/** The domains that memory, a processor or an initiator is in, up to the first entry without a length. */
export function sratDomains({ bytes }: Pick<Sdt, 'bytes'>): ReadonlySet<number> {
  const domains = new Set<number>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = firstEntry; at + 2 <= bytes.length; ) {
    const type = view.getUint8(at);
    const length = view.getUint8(at + 1);
    if (length < 2 || at + length > bytes.length) break;
    const places = entries.get(type);
    if (places !== undefined && length >= places.flags + 4) {
      if (view.getUint32(at + places.flags, true) & 1)
        domains.add(view.getUint32(at + places.domain, true));
    } else if (type === oldProcessor.type && length >= 16) {
      const { low, flags, high } = oldProcessor;
      const upper = view.getUint32(at + high - 1, true) >>> 8;
      if (view.getUint32(at + flags, true) & 1)
        domains.add(((upper << 8) | view.getUint8(at + low)) >>> 0);
    }
    at += length;
  }
  return domains;
}
