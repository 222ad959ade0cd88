import { describe, expect, test } from 'vitest';
import {
  baseName,
  cells,
  compatibleOf,
  type FdtNode,
  type FdtProperty,
  isAvailable,
  mapEntries,
  parseFdt,
  propertyOf,
  specifiers,
  stringList,
  stringValue,
  u32,
} from '../../src/firmware/index.ts';
import { present } from '../../src/util/index.ts';
import { be32, blob, joined, node, type Prop, problemOf, prop, raw, text } from './fdt-builder.ts';

function nodeWith(...props: readonly Prop[]): FdtNode {
  return parseFdt(blob(node('', props))).root;
}

function property(value: Uint8Array): FdtProperty {
  return present(propertyOf(nodeWith(prop('p', value)), 'p'), 'p');
}

describe('values', () => {
  test('cells and u32 are big-endian', () => {
    expect(cells(property(be32(1, 0xfffffffe)))).toEqual([1, 0xfffffffe]);
    expect(cells(property(raw('')))).toEqual([]);
    expect(u32(property(be32(0x80000001)))).toBe(0x80000001);
  });

  test('strings are split at each zero, one character per byte', () => {
    expect(stringList(property(text('a', '', '\x1b\xff')))).toEqual(['a', '', '\x1b\xff']);
    expect(stringList(property(raw('')))).toEqual([]);
    expect(stringValue(property(text('first', 'second')))).toBe('first');
  });

  // The only property's value lies behind header, reservations, root and three words.
  const place = { offset: 76, field: 'p' };
  test.each<[string, (p: FdtProperty) => unknown, Uint8Array, object]>([
    ['cells', cells, raw('123456'), { code: 'fdt/bad-cells', found: '6 bytes', ...place }],
    ['u32, empty', u32, raw(''), { code: 'fdt/bad-u32', found: '0 bytes', ...place }],
    ['u32, too long', u32, be32(1, 2), { code: 'fdt/bad-u32', expected: '4 bytes', ...place }],
    ['list', stringList, raw('a\0b'), { code: 'fdt/unterminated-string', found: '0x62', ...place }],
    ['string', stringValue, raw(''), { code: 'fdt/unterminated-string', ...place }],
  ])('malformed: %s', (_, read, value, problem) => {
    expect(problemOf(() => read(property(value)))).toMatchObject(problem);
  });

  test('compatible is empty when absent or malformed', () => {
    const compatible = (value: Uint8Array) => compatibleOf(nodeWith(prop('compatible', value)));
    expect(compatible(text('arm,smmu-v3', 'x'))).toEqual(['arm,smmu-v3', 'x']);
    expect(compatible(raw('arm,smmu-v3'))).toEqual([]);
    expect(compatibleOf(nodeWith())).toEqual([]);
  });

  test.each([
    [text('okay'), true],
    [text('ok'), true],
    [text('okay', 'disabled'), true],
    [text('disabled'), false],
    [text('reserved'), false],
    [text('okay '), false],
    [text(''), false],
    [raw('okay'), false],
    [raw(''), false],
  ])('status %j: available is %s', (status, available) => {
    expect(isAvailable(nodeWith(prop('status', status)))).toBe(available);
  });

  test('a node without status is available', () => {
    expect(isAvailable(nodeWith())).toBe(true);
  });

  test('the base name has no unit address', () => {
    const { root } = parseFdt(blob(node('', [], [node('smmu@9050000'), node('cpus'), node('@1')])));
    expect(root.children.map(baseName)).toEqual(['smmu', 'cpus', '']);
  });
});

describe('lists of phandle and specifier', () => {
  const provider = (phandle: number, ...props: readonly Prop[]) =>
    node(`iommu@${phandle}`, [prop('phandle', be32(phandle)), ...props]);
  const cellCount = (value: Uint8Array) => prop('#iommu-cells', value);

  function lookUp(value: Uint8Array) {
    const fdt = parseFdt(
      blob(
        node(
          '',
          [prop('iommus', value)],
          [
            provider(1, cellCount(be32(2))),
            provider(2, cellCount(be32(0))),
            provider(3),
            provider(4, cellCount(raw('x'))),
            provider(5, cellCount(be32(0xffffffff))),
          ],
        ),
      ),
    );
    return { fdt, prop: present(fdt.root.properties.get('iommus'), 'iommus') };
  }

  function entriesOf(value: Uint8Array) {
    const { fdt, prop } = lookUp(value);
    return specifiers(fdt, prop, '#iommu-cells').map((entry) => {
      const at = entry.offset - prop.offset;
      if (entry.ok) return [at, entry.phandle, entry.node.path, ...entry.args];
      expect(entry.problem).toMatchObject({ offset: entry.offset, field: 'iommus' });
      return [at, entry.problem.code];
    });
  }

  test('every entry is as long as its node says', () => {
    expect(entriesOf(be32(1, 10, 11, 2, 1, 12, 13))).toEqual([
      [0, 1, '/iommu@1', 10, 11],
      [12, 2, '/iommu@2'],
      [16, 1, '/iommu@1', 12, 13],
    ]);
    expect(entriesOf(raw(''))).toEqual([]);
  });

  test.each<[string, Uint8Array, string]>([
    ['phandle 0', be32(0, 1, 10, 11), 'fdt/zero-phandle'],
    ['a phandle of no node', be32(99, 1, 10, 11), 'fdt/unknown-phandle'],
    ['a node without the property', be32(3, 1, 10, 11), 'fdt/missing-cells'],
    ['a node whose count is no number', be32(4, 1, 10, 11), 'fdt/bad-cells'],
    ['too few cells', be32(1, 10), 'fdt/short-specifier'],
    ['a huge count', be32(5, 1), 'fdt/short-specifier'],
    ['a cut phandle', raw('abc'), 'fdt/short-specifier'],
    ['a cut cell', joined([be32(1, 10), raw('abc')]), 'fdt/short-specifier'],
  ])('%s ends the list', (_, rest, code) => {
    expect(entriesOf(joined([be32(2), rest]))).toEqual([
      [0, 2, '/iommu@2'],
      [4, code],
    ]);
  });

  test('maps are read in rows of four cells', () => {
    const { fdt, prop } = lookUp(
      joined([be32(0, 1, 0x1000, 0x100, 0x200, 9, 0, 1), raw('abcdef')]),
    );
    expect(mapEntries(fdt, prop)).toEqual({
      entries: [
        {
          offset: prop.offset,
          inputBase: 0,
          phandle: 1,
          node: fdt.root.children[0],
          outputCells: 1,
          outputBase: 0x1000,
          length: 0x100,
        },
        {
          offset: prop.offset + 16,
          inputBase: 0x200,
          phandle: 9,
          node: null,
          outputCells: 1,
          outputBase: 0,
          length: 1,
        },
      ],
      trailingBytes: 6,
    });
  });

  test('a row has as many output cells as its target wants', () => {
    const { fdt, prop } = lookUp(be32(0, 2, 7, 8, 1, 3, 1, 9, 2, 2, 3));
    const cells = (target: FdtNode): number => (target === fdt.phandles.get(1) ? 0 : 2);
    const { entries, trailingBytes } = mapEntries(fdt, prop, cells);
    expect(entries.map((entry) => [entry.outputCells, entry.outputBase, entry.length])).toEqual([
      [2, 7, 1],
      [0, 0, 9],
    ]);
    expect(trailingBytes).toBe(12);
  });

  test('a map may be empty or shorter than a row', () => {
    const short = lookUp(be32(0, 1, 0));
    expect(mapEntries(short.fdt, short.prop)).toEqual({ entries: [], trailingBytes: 12 });
    const empty = lookUp(raw(''));
    expect(mapEntries(empty.fdt, empty.prop)).toEqual({ entries: [], trailingBytes: 0 });
  });
});
