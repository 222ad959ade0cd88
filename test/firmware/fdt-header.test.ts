import { describe, expect, test } from 'vitest';
import { fdt_header, parseFdt } from '../../src/firmware/index.ts';
import {
  assemble,
  be32,
  beginNode,
  blob,
  END,
  END_NODE,
  joined,
  node,
  patched,
  problemOf,
  prop,
  raw,
} from './fdt-builder.ts';

// 40 bytes of header, reservations at 40 to 72, structure at 72 to 112, strings at 112 to 117.
const good = blob(node('', [prop('reg2', be32(7, 8, 9))]), { reservations: [[0x1000n, 0x20n]] });

function at(field: string): number {
  return fdt_header.fields.find(({ name }) => name === field)?.offset ?? Number.NaN;
}

test('the header is read as the specification names it', () => {
  expect(parseFdt(good).header).toEqual({
    magic: 0xd00dfeed,
    totalsize: 117,
    off_dt_struct: 72,
    off_dt_strings: 112,
    off_mem_rsvmap: 40,
    version: 17,
    last_comp_version: 16,
    boot_cpuid_phys: 0,
    size_dt_strings: 5,
    size_dt_struct: 40,
  });
});

test('memory reservations are read up to the empty one', () => {
  expect(parseFdt(good).memory_reservations).toEqual([
    { address: 0x1000n, size: 0x20n, offset: 40 },
  ]);
  const high = blob(node(''), {
    reservations: [
      [2n ** 64n - 1n, 0n],
      [0n, 1n],
    ],
  });
  expect(parseFdt(high).memory_reservations.map(({ address }) => address)).toEqual([
    2n ** 64n - 1n,
    0n,
  ]);
});

test('version 16 has no size of the structure block', () => {
  const old = blob(node('', [prop('p', be32(7))]), { version: 16 });
  const { header, root, notes } = parseFdt(old);
  expect([header.size_dt_struct, root.properties.size, notes]).toEqual([null, 1, []]);
});

describe('malformed', () => {
  test.each<[string, Uint8Array, object]>([
    [
      'an empty file',
      good.slice(0, 0),
      { code: 'fdt/truncated', offset: 0, field: 'fdt_header', expected: '4 bytes' },
    ],
    [
      '3 bytes',
      good.slice(0, 3),
      { code: 'fdt/truncated', offset: 0, found: '3 left in the file, which ends at 0x3' },
    ],
    [
      'a short text',
      raw('/dts-v1/;'),
      {
        code: 'fdt/bad-magic',
        offset: 0,
        field: 'fdt_header.magic',
        expected: '0xd00dfeed',
        found: '0x2f647473',
      },
    ],
    ['35 bytes', good.slice(0, 35), { code: 'fdt/truncated', expected: '36 bytes' }],
    [
      '39 bytes of version 17',
      good.slice(0, 39),
      { code: 'fdt/truncated', offset: 0, expected: '40 bytes' },
    ],
    [
      'bytes in the other order',
      patched(good, 0, 0xedfe0dd0),
      { code: 'fdt/bad-magic', found: '0xedfe0dd0' },
    ],
    [
      'version 15',
      patched(good, at('version'), 15),
      { code: 'fdt/unsupported-version', offset: 20, expected: '16 or newer', found: '15' },
    ],
    [
      'a version for newer readers',
      patched(patched(good, 20, 99), 24, 18),
      { code: 'fdt/unsupported-version', offset: 24, expected: 'at most 17', found: '18' },
    ],
    [
      'compatible only with its future',
      patched(patched(good, 20, 16), 24, 17),
      {
        code: 'fdt/unsupported-version',
        offset: 24,
        expected: 'at most the version, 16',
        found: '17',
      },
    ],
    [
      'totalsize below the header',
      patched(good, at('totalsize'), 39),
      { code: 'fdt/bad-totalsize', offset: 4, expected: "at least the header's 40", found: '39' },
    ],
    [
      'strings past totalsize',
      patched(good, at('totalsize'), 116),
      { code: 'fdt/block-outside', offset: 32, field: 'fdt_header.size_dt_strings', found: '5' },
    ],
    [
      'a misaligned structure block',
      patched(good, at('off_dt_struct'), 74),
      { code: 'fdt/misaligned-block', offset: 8, expected: 'a multiple of 4', found: '0x4a' },
    ],
    [
      'misaligned reservations',
      patched(good, at('off_mem_rsvmap'), 44),
      { code: 'fdt/misaligned-block', offset: 16, expected: 'a multiple of 8', found: '0x2c' },
    ],
    [
      'a structure block past the file',
      patched(good, at('off_dt_struct'), 0xfffffffc),
      {
        code: 'fdt/block-outside',
        offset: 8,
        expected: 'at most 0x75, the end',
        found: '0xfffffffc',
      },
    ],
    [
      'strings past the file',
      patched(good, at('off_dt_strings'), 118),
      { code: 'fdt/block-outside', offset: 12, found: '0x76' },
    ],
    [
      'reservations past the file',
      patched(good, at('off_mem_rsvmap'), 120),
      { code: 'fdt/block-outside', offset: 16, found: '0x78' },
    ],
    [
      'too large a structure block',
      patched(good, at('size_dt_struct'), 0xffffffff),
      {
        code: 'fdt/block-outside',
        offset: 36,
        expected: 'at most 45 bytes, from 0x48 to the end at 0x75',
        found: '4294967295',
      },
    ],
    [
      'too large a strings block',
      patched(good, at('size_dt_strings'), 6),
      {
        code: 'fdt/block-outside',
        offset: 32,
        expected: 'at most 5 bytes, from 0x70 to the end at 0x75',
        found: '6',
      },
    ],
    [
      'a cut strings block',
      good.slice(0, 116),
      { code: 'fdt/block-outside', offset: 32, found: '5' },
    ],
    [
      'a blob above the limit',
      patched(joined([good, new Uint8Array(16 << 20)]), 4, 0xffffffff),
      { code: 'fdt/limit', offset: 4, expected: 'at most 16777216', found: '4294967295' },
    ],
  ])('%s', (_, bytes, problem) => {
    expect(problemOf(() => parseFdt(bytes))).toMatchObject(problem);
  });

  test('a file that is cut short says so, and one that is whole does not', () => {
    const hintOf = (bytes: Uint8Array) => problemOf(() => parseFdt(bytes)).hint;
    expect(hintOf(good.subarray(0, 100))).toContain('100 of the 117 bytes');
    expect(hintOf(patched(good, at('off_dt_strings'), 118))).toBeUndefined();
  });

  test('a reservation block without its empty entry', () => {
    const bytes = patched(good, at('off_mem_rsvmap'), 104);
    expect(problemOf(() => parseFdt(bytes))).toMatchObject({
      code: 'fdt/truncated',
      offset: 112,
      field: 'fdt_reserve_entry.size',
      found: '5 left in the memory reservation block, which ends at 0x75',
    });
  });
});

describe('odd but complete', () => {
  const codes = (bytes: Uint8Array) =>
    parseFdt(bytes).notes.map(({ code, offset }) => [code, offset]);

  test.each<[string, Uint8Array, string, number]>([
    ['padding after the last block cut off', patched(good, 4, 1 << 20), 'fdt/short-file', 4],
    ['bytes after totalsize', joined([good, raw('x')]), 'fdt/trailing-bytes', 117],
    ['a newer version', patched(good, 20, 18), 'fdt/newer-version', 20],
    [
      'strings inside the structure block',
      patched(patched(good, 12, 108), 32, 9),
      'fdt/overlapping-blocks',
      108,
    ],
  ])('%s', (_, bytes, code, offset) => {
    expect(codes(bytes)).toContainEqual([code, offset]);
  });

  test('blocks may come in another order', () => {
    const root = [beginNode(''), END_NODE, END];
    const plain = assemble({ structure: root });
    const moved = joined([plain.slice(0, 40), ...root, plain.slice(40, 56)]);
    expect(codes(patched(patched(moved, 8, 40), 16, 56))).toEqual([]);
  });
});
