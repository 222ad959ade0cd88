// What Linux makes of IVRS when it starts: its units, and for each PCI segment what is known of
// every requester ID. The table does not change, so reading it is no scheduling point.

import type { Ivhd, Ivrs } from '../../../../firmware/acpi/index.ts';

/** @linux drivers/iommu/amd/amd_iommu_types.h amd_iommu_pci_seg */
export interface amd_iommu_pci_seg {
  readonly id: number;
  /** The highest ID that entries name: the arrays end there. */
  readonly last_bdf: number;
  /** The unit that each ID is behind. */
  readonly rlookup_table: ReadonlyMap<number, Ivhd>;
  /** The ID that requests of a device carry, where it is not its own. */
  readonly alias_table: ReadonlyMap<number, number>;
}

/** An object of the ACPI namespace that sends requests. @linux drivers/iommu/amd/amd_iommu_types.h acpihid_map_entry */
export interface acpihid_map_entry {
  readonly hid: string;
  /** Empty when any will do. */
  readonly uid: string;
  readonly segment: number;
  readonly devid: number;
}

/** What a kernel has read. */
export interface AmdUnits {
  /** In the order of their numbers. */
  readonly units: readonly Ivhd[];
  readonly segments: ReadonlyMap<number, amd_iommu_pci_seg>;
  readonly acpihid_map: readonly acpihid_map_entry[];
}

/** A segment that is being read: what entries say, in their order. */
interface Segment extends Pick<amd_iommu_pci_seg, 'id' | 'last_bdf'> {
  readonly covered: Range<Ivhd>[];
  readonly aliased: Range<number>[];
}

interface Range<T> {
  readonly first: number;
  readonly last: number;
  readonly value: T;
}

/** @linux drivers/iommu/amd/amd_iommu_types.h MAX_IOMMUS */
const MAX_IOMMUS = 32;

/** Newer types of blocks than this end the search for the type to use. */
const ACPI_IVHD_TYPE_MAX_SUPPORTED = 0x40;

/** Types of entries from here on have a length of their own, and Linux knows that of one. */
const FIRST_TYPE_OF_ANY_LENGTH = 0x80;

/** The units of IVRS; or why Linux gives up on all of it. @linux drivers/iommu/amd/init.c early_amd_iommu_init */
export function readAmdUnits(ivrs: Ivrs & { readonly checksum_valid: boolean }): AmdUnits | string {
  if (!ivrs.checksum_valid) return 'the bytes of IVRS do not sum to 0';
  return new Reader(ivrs.blocks).read();
}

/**
 * Firmware describes a unit in blocks of several types for kernels old and new. The last type that
 * the device of the first block is described in counts; blocks about memory name devices, too.
 *
 * @linux drivers/iommu/amd/init.c get_highest_supported_ivhd_type
 */
export function highestTypeIn(blocks: Ivrs['blocks']): number | null {
  const [first] = blocks;
  if (first === undefined) return null;
  const devid = first.type === 'other' ? null : first.device_id;
  let last_type = first.block_type;
  for (const block of blocks) {
    if (block.block_type > ACPI_IVHD_TYPE_MAX_SUPPORTED) break;
    if (block.type !== 'other' && block.device_id === devid) last_type = block.block_type;
  }
  return last_type;
}

class Reader {
  readonly #blocks: Ivrs['blocks'];
  readonly #units: Ivhd[] = [];
  readonly #segments = new Map<number, Segment>();
  readonly #acpihid_map: acpihid_map_entry[] = [];

  constructor(blocks: Ivrs['blocks']) {
    this.#blocks = blocks;
  }

  read(): AmdUnits | string {
    const target = highestTypeIn(this.#blocks);
    for (const block of this.#blocks) {
      if (block.block_type !== target) continue;
      if (block.type !== 'ivhd')
        return `it looks for units in blocks of type ${target}, which are not about units`;
      const error = this.#init_iommu_one(block);
      if (error !== null) return error;
    }
    const segments = new Map(
      [...this.#segments].map(([id, segment]) => [id, this.#tablesOf(segment)] as const),
    );
    return { units: this.#units, segments, acpihid_map: this.#acpihid_map };
  }

  #tablesOf({ id, last_bdf, covered, aliased }: Segment): amd_iommu_pci_seg {
    const rlookup_table = lastValues(covered);
    // The entries say that a unit is behind itself.
    for (const { segment, device_id } of this.#units)
      if (segment === id) rlookup_table.delete(device_id);
    return { id, last_bdf, rlookup_table, alias_table: lastValues(aliased) };
  }

  /** @linux drivers/iommu/amd/init.c init_iommu_one */
  #init_iommu_one(unit: Ivhd): string | null {
    const segment = this.#segmentOf(unit);
    if (typeof segment === 'string') return segment;
    if (this.#units.push(unit) > MAX_IOMMUS) return `there are more than ${MAX_IOMMUS} units`;
    const [start, end] = registersOf(unit);
    const taken = this.#units
      .slice(0, -1)
      .map(registersOf)
      .some(([first, last]) => start < last && first < end);
    if (taken || start === 0n)
      return `the registers at 0x${start.toString(16)} are somebody else's`;
    return this.#init_iommu_from_acpi(unit, segment);
  }

  #segmentOf({ segment: id, block_type }: Ivhd): Segment | string {
    const known = this.#segments.get(id);
    if (known !== undefined) return known;
    const units = this.#blocks.filter(
      (block): block is Ivhd =>
        block.type === 'ivhd' && block.block_type === block_type && block.segment === id,
    );
    let last_bdf = 0;
    for (const unit of units) {
      const last = lastDevidOf(unit);
      if (typeof last === 'string') return last;
      last_bdf = Math.max(last_bdf, last);
    }
    const segment: Segment = { id, last_bdf, covered: [], aliased: [] };
    this.#segments.set(id, segment);
    return segment;
  }

  /** @linux drivers/iommu/amd/init.c init_iommu_from_acpi */
  #init_iommu_from_acpi(unit: Ivhd, { last_bdf, covered, aliased }: Segment): string | null {
    const cover = (first: number, last = first): void => {
      covered.push({ first, last, value: unit });
    };
    let start = 0;
    let alias: number | null = null;
    for (const entry of unit.entries) {
      const { device_id } = entry;
      switch (entry.type) {
        case 'all':
          cover(0, last_bdf);
          break;
        case 'select':
        case 'extended-select':
          cover(device_id);
          break;
        case 'alias-select':
          cover(device_id);
          cover(entry.source_id);
          aliased.push({ first: device_id, last: device_id, value: entry.source_id });
          break;
        case 'start':
        case 'extended-start':
        case 'alias-start':
          start = device_id;
          alias = entry.type === 'alias-start' ? entry.source_id : null;
          break;
        case 'end':
          if (alias !== null) {
            aliased.push({ first: start, last: device_id, value: alias });
            cover(alias);
          }
          cover(start, device_id);
          break;
        case 'special':
          if (entry.variety !== 1 && entry.variety !== 2)
            return `an entry is about a special device of unknown variety ${entry.variety}`;
          cover(entry.source_id);
          break;
        case 'acpi': {
          const hid = untilZero(entry.hid);
          if (unit.block_type !== 0x40 || hid === '') break;
          const uid = uidOf(entry.uid_type, entry.uid);
          this.#acpihid_map.push({ hid, uid, segment: unit.segment, devid: device_id });
          cover(device_id);
          break;
        }
      }
    }
    return null;
  }
}

/** What was said last of each ID. However often that was, no ID is looked at twice. */
function lastValues<T>(ranges: readonly Range<T>[]): Map<number, T> {
  const values = new Map<number, T>();
  /** Of an ID that has its value, one further on that may have none. */
  const next = Uint32Array.from({ length: 0x1_0001 }, (_, id) => id);
  const open = (from: number): number => {
    let id = from;
    for (let to = next[id] ?? id; to !== id; to = next[id] ?? id) {
      next[id] = next[to] ?? to;
      id = to;
    }
    return id;
  };
  for (const { first, last, value } of ranges.toReversed()) {
    for (let id = open(first); id <= last; id = open(id)) {
      values.set(id, value);
      next[id] = id + 1;
    }
  }
  return values;
}

/** @linux drivers/iommu/amd/init.c find_last_devid_from_ivhd */
function lastDevidOf({ entries }: Ivhd): number | string {
  let last: number | null = null;
  for (const entry of entries) {
    switch (entry.type) {
      case 'all':
        return 0xffff;
      case 'select':
      case 'end':
      case 'alias-select':
      case 'extended-select':
        last = Math.max(last ?? 0, entry.device_id);
        break;
      case 'other':
        if (entry.entry_type >= FIRST_TYPE_OF_ANY_LENGTH)
          return `it reads an entry of unknown type ${entry.entry_type} for ever`;
    }
  }
  return last ?? 'a unit has no entry that names a device';
}

/** Where a unit's registers begin and end: with counters of events, there are more of them. */
function registersOf({ block_type, base_address, features, efr }: Ivhd): [bigint, bigint] {
  const banks = (features >>> 17) & 0x3f;
  const counters = (features >>> 13) & 0xf;
  const counts =
    block_type === 0x10 ? banks !== 0 && counters !== 0 : ((efr ?? 0n) & (1n << 9n)) !== 0n;
  return [base_address, base_address + (counts ? 0x80000n : 0x4000n)];
}

function untilZero(text: string): string {
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

/** Of a number, Linux looks at the lowest byte. */
function uidOf(type: number, uid: Uint8Array): string {
  if (type === 1) return `${uid[0] ?? 0}`;
  return type === 2 ? untilZero(String.fromCharCode(...uid)) : '';
}
