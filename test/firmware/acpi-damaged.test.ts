// What a damaged table still says: what Linux would use of it, and a note about the rest.
import { describe, expect, test } from 'vitest';
import { parseDmar, parseIort, parseIvrs, parseViot } from '../../src/firmware/index.ts';
import {
  dmarSample,
  edited,
  iort,
  iortNode,
  itsGroup,
  ivrsSample,
  le8,
  le16,
  le32,
  rootComplex,
  table,
  viotSample,
  zeros,
} from './acpi-builder.ts';
import { joined, raw } from './fdt-builder.ts';

/** What is wrong, the table, the note about it, and the offsets of what is left. */
type Case = readonly [what: string, bytes: Uint8Array, note: object, left: readonly number[]];

/** Two nodes of 24 bytes. */
const two = iort(itsGroup(5), itsGroup(6));
const second = 0x30 + 24;

describe('IORT: nodes are used as far as there are any', () => {
  const cases: readonly Case[] = [
    [
      'more nodes than there are',
      edited(two, 36, le32(3)),
      at('iort/truncated', 0x60),
      [0x30, second],
    ],
    ['nodes that begin behind the end', edited(two, 40, le32(0x60)), at('iort/bad-offset', 40), []],
    [
      'nodes behind one that passes the end',
      edited(two, 0x31, le16(0xffff)),
      at('iort/truncated', 0x60),
      [0x30],
    ],
    ['a node of no length', edited(two, 0x31, le16(0)), at('iort/bad-length', 0x31), [0x30]],
    ['a node of 15 bytes', edited(two, 0x31, le16(15)), at('iort/bad-length', 0x31), [0x30]],
    [
      'a node that passes the end',
      edited(two, second + 1, le16(25)),
      at('iort/bad-length', second + 1),
      [0x30, second],
    ],
    [
      'a node that ends before its fields do, which are read all the same',
      edited(two, 0x31, le16(16)),
      at('iort/short-node', 0x30),
      [0x30, 0x40],
    ],
    [
      'a node whose fields pass the end of the table',
      edited(two, second, le8(2)),
      at('iort/truncated', second),
      [0x30],
    ],
    [
      'a path without an end',
      iort(itsGroup(5), iortNode(1, joined([zeros(13), raw('ABC')]))),
      at('iort/unterminated-string', second + 29),
      [0x30],
    ],
  ];
  test.each(cases)('%s', (_what, bytes, note, left) => {
    const { nodes, notes } = parseIort(bytes);
    expect(notes).toContainEqual(expect.objectContaining(note));
    expect(nodes.map(({ offset }) => offset)).toEqual(left);
  });

  test('mappings that pass the end of the table are left out', () => {
    const mapping = { from: 0, count: 1, to: 0, reference: 0x30 };
    const whole = iort(itsGroup(5), rootComplex(0, { mappings: [mapping, mapping] }));
    const { nodes, notes } = parseIort(edited(whole, second + 8, le32(3)));
    expect(notes).toContainEqual(expect.objectContaining(at('iort/array-outside', second)));
    expect(nodes[1]?.mappings).toHaveLength(2);
  });
});

describe('VIOT: nodes before the damage are used', () => {
  const cases: readonly Case[] = [
    ['nodes inside the header', edited(viotSample, 38, le16(47)), at('viot/bad-offset', 38), []],
    [
      'more nodes than there are',
      edited(viotSample, 36, le16(5)),
      at('viot/truncated', 0x80),
      [0x30, 0x40, 0x50, 0x68],
    ],
    ['an empty node', edited(viotSample, 0x42, le16(3)), at('viot/bad-length', 0x42), [0x30]],
    [
      'a range that is too short',
      edited(viotSample, 0x52, le16(23)),
      at('viot/truncated', 0x50),
      [0x30, 0x40],
    ],
    [
      'an endpoint that is too short',
      edited(viotSample, 0x6a, le16(23)),
      at('viot/truncated', 0x68),
      [0x30, 0x40, 0x50],
    ],
    [
      'an IOMMU that is too short: it is not there, what follows is',
      viotWithShortIommu(),
      at('viot/truncated', 0x30),
      [0x3c],
    ],
  ];
  test.each(cases)('%s', (_what, bytes, note, left) => {
    const { nodes, notes } = parseViot(bytes);
    expect(notes).toContainEqual(expect.objectContaining(note));
    expect(nodes.map(({ offset }) => offset)).toEqual(left);
  });
});

/** An IOMMU of 12 bytes, and a range behind it. */
function viotWithShortIommu(): Uint8Array {
  const short = joined([le8(3, 0), le16(12, 0, 8), zeros(4)]);
  const range = joined([le8(1, 0), le16(24), le32(0), le16(0, 0, 0, 0xff, 0x30), zeros(6)]);
  return table('VIOT', le16(2, 48), zeros(8), short, range);
}

describe('DMAR', () => {
  const scopeAt = 0x30 + 16;
  const rmrr = 0x30 + 24;
  const cases: readonly Case[] = [
    [
      'a structure of no length: what is before it is used',
      edited(dmarSample, rmrr + 2, le16(0)),
      at('dmar/no-length', rmrr + 2),
      [0x30],
    ],
    [
      'a structure that passes the end of the table: none is used',
      edited(dmarSample, rmrr + 2, le16(0x1000)),
      at('dmar/bad-length', rmrr + 2),
      [],
    ],
    [
      'a scope of no length: none is used',
      edited(dmarSample, scopeAt + 1, le8(0)),
      at('dmar/bad-length', scopeAt + 1),
      [],
    ],
    [
      'a scope that passes its structure: none is used',
      edited(dmarSample, scopeAt + 1, le8(10)),
      at('dmar/bad-length', scopeAt + 1),
      [],
    ],
    [
      'half a step of a path: the step is left out',
      table('DMAR', le8(38, 0), zeros(10), le16(6, 15, 0, 3), le8(1, 7, 0, 0, 0, 0, 3)),
      at('dmar/odd-path', 0x30 + 8 + 6),
      [0x30],
    ],
  ];
  test.each(cases)('%s', (_what, bytes, note, left) => {
    const { structures, notes } = parseDmar(bytes);
    expect(notes).toContainEqual(expect.objectContaining(note));
    expect(structures.map(({ offset }) => offset)).toEqual(left);
  });
});

describe('IVRS: no block is used', () => {
  const entry = 0x30 + 24 + 12;
  const cases: readonly Case[] = [
    ['a block of no length', edited(ivrsSample, 0x32, le16(0)), at('ivrs/bad-length', 0x32), []],
    [
      'an entry that passes its block',
      edited(ivrsSample, entry, le8(72)),
      at('ivrs/truncated', entry),
      [],
    ],
    [
      'an entry whose length nobody knows',
      edited(ivrsSample, entry, le8(0x80)),
      at('ivrs/endless', entry),
      [],
    ],
  ];
  test.each(cases)('%s', (_what, bytes, note, left) => {
    const { blocks, notes } = parseIvrs(bytes);
    expect(notes).toContainEqual(expect.objectContaining(note));
    expect(blocks).toEqual(left);
  });
});

function at(code: string, offset: number): object {
  return { code, offset };
}
