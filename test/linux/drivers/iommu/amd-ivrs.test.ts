// What Linux makes of IVRS: which requester IDs are behind which unit.
import { describe, expect, test } from 'vitest';
import { parseIvrs } from '../../../../src/firmware/index.ts';
import { type AmdUnits, readAmdUnits } from '../../../../src/linux/index.ts';
import {
  aliasEntry,
  block,
  edited,
  entry,
  ivrsOf,
  le8,
  le16,
  le32,
  le64,
  zeros,
} from '../../../firmware/acpi-builder.ts';
import { joined, raw } from '../../../firmware/fdt-builder.ts';

interface UnitOptions {
  readonly type?: number;
  readonly device?: number;
  readonly base?: number;
  readonly segment?: number;
  readonly features?: number;
  readonly efr?: bigint;
}

function ivhd(entries: readonly Uint8Array[], options: UnitOptions = {}): Uint8Array {
  const { type = 0x10, device = 2, base = 0xfed8_0000, segment = 0, features = 0, efr } = options;
  const header = [le16(device, 0x40), le64(base), le16(segment, 0), le32(features)];
  const extended = type === 0x10 ? [] : [le64(efr ?? 0, 0)];
  return block(type, 0, ...header, ...extended, ...entries);
}

const all = entry(1, 0);
const select = (device: number) => entry(2, device);
const range = (first: number, last: number) => joined([entry(3, first), entry(4, last)]);
const aliasRange = (first: number, last: number, source: number) =>
  joined([aliasEntry(67, first, source), entry(4, last)]);
const special = (source: number, variety = 1) =>
  joined([entry(72, 0), le8(0), le16(source), le8(variety)]);
const object = (device: number, hid: string, uid: readonly [type: number, ...number[]] = [0]) =>
  joined([
    entry(240, device),
    raw(hid.padEnd(8, '\0')),
    zeros(8),
    le8(uid[0], uid.length - 1, ...uid.slice(1)),
  ]);

const read = (...blocks: readonly Uint8Array[]) => readAmdUnits(parseIvrs(ivrsOf(...blocks)));

function units(...blocks: readonly Uint8Array[]): AmdUnits {
  const found = read(...blocks);
  if (typeof found === 'string') throw new Error(found);
  return found;
}

/** The IDs of the first 4096 that are behind unit `index`, as ranges; of segment 0. */
function behind({ units: found, segments }: AmdUnits, index = 0): string {
  const table = segments.get(0)?.rlookup_table;
  const ranges: [number, number][] = [];
  for (let id = 0; id < 0x1000; id++) {
    if (table?.get(id) !== found[index]) continue;
    const last = ranges.at(-1);
    if (last?.[1] === id - 1) last[1] = id;
    else ranges.push([id, id]);
  }
  return ranges
    .map(([from, to]) => (from === to ? [from] : [from, to]).map((id) => id.toString(16)).join('-'))
    .join(' ');
}

describe('an entry puts behind its unit', () => {
  test.each<[string, readonly Uint8Array[], string]>([
    ['one device', [select(0x18)], '18'],
    ['a range, both ends included', [range(0x100, 0x1ff)], '100-1ff'],
    ['all devices, but not the unit itself', [all], '0-1 3-fff'],
    ['all from 0 on when a range has no start', [entry(4, 0x10)], '0-1 3-10'],
    ['nothing when a range has no end', [select(0x18), entry(3, 0x20)], '18'],
    ['an alias and its source', [aliasEntry(66, 0x20, 0x30)], '20 30'],
    ['a range of aliases and their source', [aliasRange(0x100, 0x10f, 8)], '8 100-10f'],
    [
      'devices with extended settings',
      [entry(70, 0x40), le32(0), entry(71, 0x50), le32(0), entry(4, 0x57)],
      '40 50-57',
    ],
    ['an IOAPIC', [select(0x18), special(0xa0)], '18 a0'],
    ['nothing by a gap', [select(0x18), entry(0, 0x20)], '18'],
  ])('%s', (_what, entries, ids) => {
    expect(behind(units(ivhd(entries)))).toBe(ids);
  });

  test('the source of an alias is what its requests carry', () => {
    const { segments } = units(ivhd([aliasEntry(66, 0x20, 0x30), aliasRange(0x101, 0x102, 0x100)]));
    expect(segments.get(0)?.alias_table).toEqual(
      new Map([
        [0x20, 0x30],
        [0x101, 0x100],
        [0x102, 0x100],
      ]),
    );
  });

  test('what the later of two units names is behind the later', () => {
    const found = units(
      ivhd([range(0, 0xff)], { device: 2 }),
      ivhd([range(0x80, 0x1ff)], { device: 0x82, base: 0xfee8_0000 }),
    );
    expect([behind(found, 0), behind(found, 1)]).toEqual(['0-1 3-7f', '80-81 83-1ff']);
  });
});

describe('the table ends at', () => {
  test.each<[string, readonly Uint8Array[], number]>([
    ['the highest device', [select(0x18), select(0x10)], 0x18],
    ['the end of the last range', [range(0x20, 0x2ff), select(3)], 0x2ff],
    ['the very end for all devices', [select(0x18), all], 0xffff],
    ['a device, not the IOAPIC after it', [select(0x18), special(0xa0)], 0x18],
    ['a device, not a start after it', [select(0x18), entry(3, 0x20)], 0x18],
    ['an alias, not its source', [aliasEntry(66, 0x20, 0x300)], 0x20],
  ])('%s', (_what, entries, last) => {
    expect(units(ivhd(entries)).segments.get(0)?.last_bdf).toBe(last);
  });

  test('what is the highest in its segment', () => {
    const { segments } = units(
      ivhd([range(0, 0xff)]),
      ivhd([range(0, 0x1ff)], { segment: 1, base: 0xfee8_0000 }),
    );
    expect([...segments].map(([id, { last_bdf }]) => [id, last_bdf])).toEqual([
      [0, 0xff],
      [1, 0x1ff],
    ]);
  });
});

describe('of the types of blocks', () => {
  const taken = (...blocks: readonly Uint8Array[]) =>
    units(...blocks).units.map(({ block_type }) => block_type);

  test('the last one about the first unit counts', () => {
    expect(taken(ivhd([all]), ivhd([all], { type: 0x11 }))).toEqual([0x11]);
    expect(taken(ivhd([all], { type: 0x40 }), ivhd([all]))).toEqual([0x10]);
  });

  test('one that only another unit has does not count', () => {
    expect(taken(ivhd([all]), ivhd([all], { type: 0x11, device: 0x102 }))).toEqual([0x10]);
  });

  test('none counts after a block that is newer than Linux', () => {
    expect(taken(ivhd([all]), block(0x41, 0, le16(2)), ivhd([all], { type: 0x11 }))).toEqual([
      0x10,
    ]);
  });
});

describe('Linux gives up on all of IVRS when', () => {
  const memoryOf = (device: number) =>
    block(0x21, 1, le16(device, 0), zeros(8), le64(0x8000_0000, 0x1000));

  test.each<[string, readonly Uint8Array[], string]>([
    ['a unit names no device', [ivhd([special(0xa0)])], 'no entry that names a device'],
    ['a special device is of an unknown kind', [ivhd([all, special(0xa0, 3)])], 'variety 3'],
    ['memory is kept for the unit itself', [ivhd([all]), memoryOf(2)], 'not about units'],
    ['two units have the same registers', [ivhd([all]), ivhd([all], { device: 3 })], 'somebody'],
    [
      'registers reach into those of another unit',
      [
        ivhd([all], { type: 0x11, efr: 1n << 9n }),
        ivhd([all], { type: 0x11, device: 3, base: 0xfed8_4000 }),
      ],
      'somebody',
    ],
    ['registers are at 0', [ivhd([all], { base: 0 })], 'somebody'],
  ])('%s', (_what, blocks, why) => {
    expect(read(...blocks)).toContain(why);
  });

  test('there are more than 32 units', () => {
    const many = Array.from({ length: 33 }, (_, i) =>
      ivhd([all], { device: 8 * i, base: 0xfe00_0000 + 0x4000 * i }),
    );
    expect(units(...many.slice(1)).units).toHaveLength(32);
    expect(read(...many)).toContain('more than 32');
  });

  test('the checksum is wrong', () => {
    const bytes = edited(ivrsOf(ivhd([all])), 10, le8(0));
    expect(readAmdUnits(parseIvrs(bytes))).toContain('do not sum to 0');
  });

  test('but not for registers next to each other, or memory of another device', () => {
    const next = ivhd([all], { device: 3, base: 0xfed8_4000 });
    expect(units(ivhd([all]), next, memoryOf(8)).units).toHaveLength(2);
  });
});

describe('an object of the namespace', () => {
  const found = (type: number, ...entries: readonly Uint8Array[]) =>
    units(ivhd([select(0x18), ...entries], { type })).acpihid_map;

  test('has an ID of its own, and is known by its HID and UID', () => {
    expect(found(0x40, object(0x60, 'AMDI0040', [2, 0x5f, 0x55]), object(0x61, 'X'))).toEqual([
      { hid: 'AMDI0040', uid: '_U', segment: 0, devid: 0x60 },
      { hid: 'X', uid: '', segment: 0, devid: 0x61 },
    ]);
  });

  test('is known by the lowest byte of a UID that is a number', () => {
    const uid = [1, 0x03, 0x01, 0, 0, 0, 0, 0, 0] as const;
    expect(found(0x40, object(0x60, 'AMDI0040', uid))).toMatchObject([{ uid: '3' }]);
  });

  test('counts in blocks of type 0x40 only, and with a HID', () => {
    expect(found(0x11, object(0x60, 'AMDI0040'))).toEqual([]);
    expect(found(0x40, object(0x60, ''))).toEqual([]);
  });
});

test('a table that says the same thousands of times is read in no time', () => {
  const entries = Array.from({ length: 16_000 }, () => all);
  expect(units(ivhd(entries)).segments.get(0)?.rlookup_table.size).toBe(0xffff);
});
