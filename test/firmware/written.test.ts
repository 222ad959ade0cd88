import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writtenIn } from '../../src/firmware/index.ts';

function cellsOf(...numbers: readonly number[]): Uint8Array {
  const value = new Uint8Array(numbers.length * 4);
  numbers.forEach((number, i) => {
    new DataView(value.buffer).setUint32(i * 4, number);
  });
  return value;
}

/** The cells as they are written; null where nobody knows. */
function written(text: string, line: number, name: string, ...value: number[]): string[][] | null {
  const found = writtenIn(text, { line }, { name, value: cellsOf(...value) });
  return (
    found?.lists?.map(({ cells }) => cells.map(({ start, end }) => text.slice(start, end))) ?? null
  );
}

describe('the cells of a property are found', () => {
  test.each<[string, string, string[][], number[]]>([
    ['in one list', 'iommus = <&smmu 0x10>;', [['&smmu', '0x10']], [1, 16]],
    [
      'in several',
      'iommus = <&a 1>, <&b 2>;',
      [
        ['&a', '1'],
        ['&b', '2'],
      ],
      [1, 1, 2, 2],
    ],
    [
      'over lines, with comments',
      'iommus = <&a 1>, // one ; <\n  /* two; > */\n  <&b /* here */ 2>;',
      [
        ['&a', '1'],
        ['&b', '2'],
      ],
      [1, 1, 2, 2],
    ],
    [
      'with expressions and macros',
      'iommus = <&a (1 + (2))>, <&{/soc/b} ID(3, 4)>, <C 010>;',
      [
        ['&a', '(1 + (2))'],
        ['&{/soc/b}', 'ID(3, 4)'],
        ['C', '010'],
      ],
      [1, 3, 2, 12, 9, 8],
    ],
    ['beside others', 'a { xiommus = <7>; iommus = <&b>; };', [['&b']], [7]],
    ['where it is empty', 'iommus;', [], []],
    ['where its list is', 'iommus = <>;', [[]], []],
  ])('%s', (_what, text, cells, value) => {
    expect(written(`/ {\n${text}\n};\n`, 2, 'iommus', ...value)).toEqual(cells);
  });
});

describe('nothing is said', () => {
  test.each<[string, string, number[]]>([
    ['of another number', 'iommus = <&a 0x10>;', [1, 17]],
    ['of a macro for several cells', 'iommus = <BOTH 1>;', [1, 2, 1]],
    ['of a text', 'iommus = "abc";', [0x61626300]],
    ['of bytes', 'iommus = [00 00 00 01];', [1]],
    ['of other sizes', 'iommus = /bits/ 8 <0 0 0 1>;', [1]],
    ['of one that does not end', 'iommus = <1', [1]],
    ['of an expression that does not', 'iommus = <(1>;', [1]],
    ['of one on another line', '\niommus = <1>;', [1]],
    ['of what a line for the preprocessor is in', 'iommus = <1\n#ifdef A\n2\n#endif\n>;', [1, 2]],
    ['of a name that is a longer one', 'iommus-x = <1>;', [1]],
  ])('%s', (_what, text, value) => {
    expect(written(`/ {\n${text}\n};\n`, 2, 'iommus', ...value)).toBeNull();
  });
});

test.each([
  ['compatible = "a;b", "\\";c"; reg', 'compatible = "a;b", "\\";c";'],
  ['compatible = "a" /* ; */ , \n "b"; };', 'compatible = "a" /* ; */ , \n "b";'],
  ["compatible = <&{/a;b} ';'>;", "compatible = <&{/a;b} ';'>;"],
  ['compatible { a = "b"; };', null],
  ['compatible = "a', null],
])('%j ends where it ends', (text, property) => {
  const found = writtenIn(text, { line: 1 }, { name: 'compatible', value: new Uint8Array(3) });
  expect(found && text.slice(found.start, found.end)).toBe(property);
});

test('any text is read, and what is found is the name, its cells in order, and a semicolon', () => {
  const part = fc.constantFrom(
    'iommus',
    ' = ',
    '<',
    '>',
    '1',
    ' ',
    ',',
    ';',
    '(',
    ')',
    '/*',
    '*/',
    '//',
    '\n',
    '&a',
    '"',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), fc.nat(3), (parts, count) => {
      const text = parts.join('');
      const found = writtenIn(
        text,
        { line: 1 },
        { name: 'iommus', value: new Uint8Array(count * 4).map((_, i) => (i % 4 === 3 ? 1 : 0)) },
      );
      if (found === null) return;
      expect(text.slice(found.start, found.end)).toMatch(/^iommus[\s\S]*;$/);
      const cells = found.lists?.flatMap((list) => list.cells) ?? [];
      expect(cells.length).toBe(found.lists === null ? 0 : count);
      const ends = [found.start, ...cells.flatMap(({ start, end }) => [start, end]), found.end];
      expect(ends).toEqual(ends.toSorted((a, b) => a - b));
    }),
  );
});
