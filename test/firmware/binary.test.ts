import { describe, expect, test } from 'vitest';
import { Cursor, type Endian } from '../../src/firmware/binary/cursor.ts';
import { bytes, struct, u8, u16, u32, u64 } from '../../src/firmware/binary/struct.ts';
import { InternalError } from '../../src/util/index.ts';
import { problemOf, raw } from './fdt-builder.ts';

const file = Uint8Array.from({ length: 16 }, (_, index) => index);

function cursor(from: Uint8Array, start: number, end: number, endian: Endian = 'big') {
  return new Cursor(from, { format: 'fmt', name: 'block', endian, start, end });
}

describe('cursor', () => {
  test('reads numbers in both byte orders', () => {
    const big = cursor(file, 1, 16);
    expect([big.u8('a'), big.u16('b'), big.u32('c'), big.u64('d')]).toEqual([
      0x01,
      0x0203,
      0x04050607,
      0x08090a0b0c0d0e0fn,
    ]);
    const little = cursor(file, 1, 16, 'little');
    expect([little.u8('a'), little.u16('b'), little.u32('c'), little.u64('d')]).toEqual([
      0x01,
      0x0302,
      0x07060504,
      0x0f0e0d0c0b0a0908n,
    ]);
  });

  test('counts from the start of a view, not of its buffer', () => {
    expect(cursor(file.subarray(4), 2, 12).u8('a')).toBe(6);
  });

  test('gives plain views of a Buffer, without copying', () => {
    const buffer = Buffer.from([1, 2, 3, 4]);
    const slice = cursor(buffer, 1, 4).bytes('a', 2);
    expect(slice.constructor).toBe(Uint8Array);
    buffer[1] = 9;
    expect([...slice]).toEqual([9, 3]);
  });

  test('aligns to the start of the file', () => {
    const at = cursor(file, 5, 16);
    at.align('pad', 4);
    expect(at.offset).toBe(8);
    at.align('pad', 4);
    expect(at.offset).toBe(8);
  });

  test('says whether padding is zero', () => {
    const padded = Uint8Array.of(9, 0, 0, 0, 9, 0, 7, 0, 9, 9, 9, 9);
    const at = cursor(padded, 1, 12);
    expect(at.align('pad', 4)).toBe(true);
    at.u8('byte');
    expect(at.align('pad', 4)).toBe(false);
    expect(at.align('nothing', 4)).toBe(true);
  });

  test('keeps the bytes of a string one to one', () => {
    const at = cursor(raw('\x1b\xe9\0b'), 0, 4);
    expect([at.cstring('a', 10), at.offset]).toEqual(['\x1b\xe9', 3]);
  });

  const short = { code: 'fmt/truncated', field: 'x' };
  test.each([
    ['u8', () => cursor(file, 8, 8).u8('x'), { ...short, offset: 8, expected: '1 bytes' }],
    ['u16', () => cursor(file, 7, 8).u16('x'), { ...short, offset: 7, expected: '2 bytes' }],
    ['u32', () => cursor(file, 5, 8).u32('x'), { ...short, offset: 5, expected: '4 bytes' }],
    ['u64', () => cursor(file, 1, 8).u64('x'), { ...short, offset: 1, expected: '8 bytes' }],
    [
      'bytes',
      () => cursor(file, 6, 8).bytes('x', 3),
      { found: '2 left in the block, which ends at 0x8' },
    ],
    ['align', () => cursor(file, 5, 7).align('x', 4), { ...short, offset: 5, expected: '3 bytes' }],
    ['a start past the end', () => cursor(file, 99, 8).u8('x'), { ...short, offset: 99 }],
    ['an end past the file', () => cursor(file, 15, 99).u16('x'), { ...short, offset: 15 }],
    [
      'a string without end',
      () => cursor(raw('abc\0'), 0, 3).cstring('x', 10),
      { code: 'fmt/unterminated-string', offset: 0, field: 'x' },
    ],
    [
      'a string that is too long',
      () => cursor(raw('abc\0'), 0, 4).cstring('x', 2),
      { code: 'fmt/limit', offset: 0, expected: 'at most 2 characters' },
    ],
  ])('%s does not pass the end', (_, read, problem) => {
    expect(problemOf(read)).toMatchObject(problem);
  });
});

describe('struct', () => {
  const layout = struct('table', 'little', {
    tail: bytes(0x08, 3),
    id: u32(0x04),
    kind: u8(0x00),
    length: u16(0x02),
  });

  test('reads its rows', () => {
    const value = layout.read(file, { format: 'fmt', offset: 1, end: 16 });
    const id: number = value.id;
    expect([value.kind, value.length, id, [...value.tail]]).toEqual([
      1,
      0x0403,
      0x08070605,
      [9, 10, 11],
    ]);
    const wide = struct('wide', 'big', { address: u64(0) });
    expect(wide.read(file, { format: 'fmt', offset: 0, end: 8 })).toEqual({
      address: 0x01020304050607n,
    });
  });

  test('knows where its fields are', () => {
    expect(layout.size).toBe(11);
    expect(layout.fields).toEqual([
      { name: 'kind', offset: 0, size: 1 },
      { name: 'length', offset: 2, size: 2 },
      { name: 'id', offset: 4, size: 4 },
      { name: 'tail', offset: 8, size: 3 },
    ]);
  });

  test('needs all of its bytes before the end', () => {
    expect(problemOf(() => layout.read(file, { format: 'fmt', offset: 6, end: 16 }))).toEqual({
      code: 'fmt/truncated',
      offset: 6,
      field: 'table',
      expected: '11 bytes',
      found: '10 left in the file, which ends at 0x10',
    });
  });

  test('rejects rows that overlap', () => {
    expect(() => struct('table', 'big', { a: u32(0), b: u8(3) })).toThrow(InternalError);
    expect(() => struct('table', 'big', { a: u32(4), b: u64(0) })).toThrow(/table\.a overlaps/);
  });
});
