import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tableWithin } from '../../src/report/index.ts';

const long = 'a-device-with-a-name-that-takes-half-of-a-line';
const rows = [
  ['device', 'group', 'IDs'],
  ['gpu', '0', '3da0000.iommu 0x0/0x401'],
  [long, '12', '15000000.iommu 0x1001/0x460'],
];

describe('a table', () => {
  test('has columns as wide as their widest cells, where there is room', () => {
    expect(tableWithin(rows, '  ', 100)).toEqual([
      `  ${'device'.padEnd(48)}group  IDs`,
      `  ${'gpu'.padEnd(48)}0      3da0000.iommu 0x0/0x401`,
      `  ${long}  12     15000000.iommu 0x1001/0x460`,
    ]);
  });

  test('keeps its columns where the name of one row leaves no room for them', () => {
    expect(tableWithin(rows, '  ', 50)).toEqual([
      '  device  group  IDs',
      '  gpu     0      3da0000.iommu 0x0/0x401',
      `  ${long}`,
      '          12     15000000.iommu 0x1001/0x460',
    ]);
  });

  test('keeps its columns where the last cell of a row leaves no room for it beside the others', () => {
    const nodes = [
      ['4a066000.mmu', 'omap-iommu', 'registered', '/ocp/interconnect@4a000000/mmu@0'],
      ['b.mmu', 'omap-iommu', 'failed', '/ocp/mmu@b'],
    ];
    expect(tableWithin(nodes, '  ', 66)).toEqual([
      '  4a066000.mmu  omap-iommu  registered',
      '      /ocp/interconnect@4a000000/mmu@0',
      '  b.mmu         omap-iommu  failed      /ocp/mmu@b',
    ]);
  });

  test('is loose rows where there is no room for columns', () => {
    expect(tableWithin(rows.slice(1), '  ', 30)).toEqual([
      '  gpu 0 3da0000.iommu',
      '      0x0/0x401',
      `  ${long}`,
      '      12 15000000.iommu',
      '      0x1001/0x460',
    ]);
  });

  test('of any cells and width has every word once, in lines that fit if their words do', () => {
    const cell = fc.stringMatching(/^[a-z]{1,9}( [a-z]{1,9}){0,3}$/);
    const table = fc
      .integer({ min: 1, max: 5 })
      .chain((count) => fc.array(fc.array(cell, { minLength: count, maxLength: count })));
    fc.assert(
      fc.property(table, fc.integer({ min: 20, max: 120 }), (cells, columns) => {
        const lines = tableWithin(cells, '  ', columns);
        const wordsOf = (texts: readonly string[]) =>
          texts.flatMap((text) => text.split(' ')).filter((word) => word !== '');
        expect(wordsOf(lines)).toEqual(wordsOf(cells.flat()));
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
      }),
    );
  });
});
