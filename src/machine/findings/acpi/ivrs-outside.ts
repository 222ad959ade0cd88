// IDs in IVRS that Linux has no room for. It counts up to the highest ID of some kinds of entries, and
// writes into its tables for those of all kinds.

import type { Ivhd, IvhdEntry } from '../../../firmware/index.ts';
import { highestTypeIn } from '../../../linux/index.ts';
import { newestKernel, oldestKernel, rlookupRooms } from '../../../series/index.ts';
import { few, hex } from '../../../util/index.ts';
import type { Finding, Kills } from '../../inspection.ts';
import { everyRelease } from '../boot.ts';
import { inTable, type JudgedTables } from './tables.ts';

/** An ID that the kernel writes for, and where it is. */
interface Written {
  readonly id: number;
  readonly offset: number;
  /** It gets an entry in the device table. */
  readonly withSettings: boolean;
}

/** Bytes of an entry in the device table. */
const deviceEntry = 32;
const page = 4096;

/** From here on kernels with SNP have a device table for all IDs. */
const snp = 1n << 43n;

export function outsideFindings({ machine: { acpi }, acpi: { ivrs } }: JudgedTables): Finding[] {
  const read = acpi?.ivrs ?? null;
  if (ivrs === null || read === null || typeof read === 'string') return [];
  const target = highestTypeIn(ivrs.blocks);
  const units = ivrs.blocks.filter(
    (block): block is Ivhd => block.type === 'ivhd' && block.block_type === target,
  );
  return [...read.segments.values()].flatMap(({ id: segment, last_bdf: last }) => {
    const own = units.filter((unit) => unit.segment === segment);
    const large = own.some(({ efr }) => ((efr ?? 0n) & snp) !== 0n);
    const devices = large ? Number.POSITIVE_INFINITY : deviceEntries(last);
    const outside = own.flatMap(writtenBy).flatMap((written) => {
      const first = firstBeyond(written, last, devices);
      return first === null ? [] : [{ ...written, first }];
    });
    const [one] = outside;
    if (one === undefined) return [];
    const first = outside.some((of) => of.first === oldestKernel) ? oldestKernel : one.first;
    const kernels: Kills['kernels'] = first === oldestKernel ? everyRelease : [first, newestKernel];
    const ids = few([...new Set(outside.map(({ id }) => hex(id)))]);
    const message = `the last ID that counts in segment ${segment} is ${hex(last)}, and for ${ids} Linux writes beyond its tables`;
    const help = 'end the last range at 0xffff, as most firmware does';
    const finding = inTable('IVRS', 'ivrs-outside', one.offset, message, help);
    return [{ ...finding, kills: { how: 'write-outside' as const, kernels } }];
  });
}

/** For how many IDs the device table has room: it is a power of two in pages. */
function deviceEntries(last: number): number {
  const bytes = 2 ** Math.ceil(Math.log2((last + 1) * deviceEntry));
  return Math.max(page, bytes) / deviceEntry;
}

/** The first kernel for which an ID is beyond the end of a table, null when there is none. */
function firstBeyond({ id, withSettings }: Written, last: number, devices: number): string | null {
  if (withSettings && id >= devices) return oldestKernel;
  const tight = rlookupRooms.find(({ room }) => id >= room(last + 1));
  return tight === undefined ? null : tight.kernels[0];
}

/** The IDs of a unit that do not count, its own among them. */
function writtenBy(unit: Ivhd): Written[] {
  const written: Written[] = [{ id: unit.device_id, offset: unit.offset + 4, withSettings: false }];
  let begun: IvhdEntry | null = null;
  for (const entry of unit.entries) {
    if (entry.type.endsWith('start')) begun = entry;
    const from = entry.type === 'end' ? begun : entry;
    const id = from === null ? null : uncounted(from, entry, unit);
    if (from === null || id === null) continue;
    written.push({ id, offset: from.offset, withSettings: from.settings !== 0 });
  }
  return written;
}

/** The ID that an entry names without counting; of a range, when it ends. */
function uncounted(from: IvhdEntry, at: IvhdEntry, { block_type }: Ivhd): number | null {
  if (from.type === 'alias-start') return at.type === 'end' ? from.source_id : null;
  if (from.type === 'alias-select' || from.type === 'special') return from.source_id;
  return from.type === 'acpi' && block_type === 0x40 ? from.device_id : null;
}
