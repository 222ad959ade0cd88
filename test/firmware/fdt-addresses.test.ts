import { describe, expect, test } from 'vitest';
import { type FdtNode, parseFdt, regOf, translateAddress } from '../../src/firmware/index.ts';
import { present } from '../../src/util/index.ts';
import {
  be32,
  blob,
  type Node,
  node,
  type Prop,
  problemOf,
  prop,
  raw,
  text,
} from './fdt-builder.ts';

function cellsOf(address: number, size: number): Prop[] {
  return [prop('#address-cells', be32(address)), prop('#size-cells', be32(size))];
}

function ranges(...cells: readonly number[]): Prop {
  return prop('ranges', be32(...cells));
}

/** The innermost node of a chain: each bus is the only child of the one before. */
function innermost(rootProps: readonly Prop[], ...buses: readonly [string, ...Prop[]][]): FdtNode {
  const chain = [...buses, ['dev'] as const].reduceRight<Node[]>(
    (children, [name, ...props]) => [node(name, props, children)],
    [],
  );
  let last = parseFdt(blob(node('', rootProps, chain))).root;
  while (last.children.length > 0) last = present(last.children[0], 'a child');
  return last;
}

describe('reg', () => {
  const regIn = (parent: readonly Prop[], value: Uint8Array) => {
    const { root } = parseFdt(blob(node('', parent, [node('dev', [prop('reg', value)])])));
    const dev = present(root.children[0], 'dev');
    const start = dev.properties.get('reg')?.offset ?? Number.NaN;
    return regOf(dev).map(({ address, size, offset }) => [address, size, offset - start]);
  };

  test('has 2 and 1 cells unless the parent says otherwise', () => {
    expect(regIn([], be32(1, 2, 3, 0, 9, 8))).toEqual([
      [0x1_0000_0002n, 3n, 0],
      [9n, 8n, 12],
    ]);
    expect(regIn(cellsOf(1, 0), be32(7, 8))).toEqual([
      [7n, 0n, 0],
      [8n, 0n, 4],
    ]);
  });

  test('keeps all three cells of a PCI address', () => {
    const [entry] = regIn(cellsOf(3, 2), be32(0x02000810, 0, 0x1000, 0, 0x20));
    expect(entry).toEqual([(0x02000810n << 64n) | 0x1000n, 0x20n, 0]);
  });

  test('is empty when absent, empty, or of the root', () => {
    expect(regOf(innermost([]))).toEqual([]);
    expect(regIn([], raw(''))).toEqual([]);
    expect(regIn(cellsOf(0, 0), raw(''))).toEqual([]);
    expect(regOf(parseFdt(blob(node('', [prop('reg', be32(1))]))).root)).toEqual([]);
  });

  test.each<[string, Prop[], Uint8Array, object]>([
    [
      'a rest',
      [],
      be32(1, 2, 3, 4),
      { code: 'fdt/bad-row-size', field: 'reg', expected: 'a multiple of 12 bytes' },
    ],
    ['no cells at all', cellsOf(0, 0), be32(1), { code: 'fdt/bad-row-size', field: 'reg' }],
    [
      'too many cells',
      cellsOf(5, 1),
      be32(1),
      { code: 'fdt/limit', field: '#address-cells', found: '5' },
    ],
    [
      'a cell count that is no number',
      [prop('#size-cells', raw('x'))],
      be32(1),
      { code: 'fdt/bad-u32', field: '#size-cells' },
    ],
  ])('with %s is malformed', (_, parent, value, problem) => {
    expect(problemOf(() => regIn(parent, value))).toMatchObject(problem);
  });
});

describe('translation', () => {
  const simple = cellsOf(1, 1);

  test('below the root an address is what it is', () => {
    expect(translateAddress(innermost([]), 5n)).toBe(5n);
    expect(translateAddress(parseFdt(blob(node(''))).root, 5n)).toBe(5n);
  });

  test('adds up over several buses', () => {
    const dev = innermost(
      cellsOf(2, 2),
      ['soc', ...simple, ranges(0, 0x1, 0x8000_0000, 0x10000)],
      ['bus', ...simple, ranges(0x100, 0x4000, 0x100, 0x200, 0x8000, 0x100)],
    );
    expect(translateAddress(dev, 0x100n)).toBe(0x1_8000_4000n);
    expect(translateAddress(dev, 0x1ffn)).toBe(0x1_8000_40ffn);
    expect(translateAddress(dev, 0x210n)).toBe(0x1_8000_8010n);
    expect(translateAddress(dev, 0xffn)).toBeNull();
    expect(translateAddress(dev, 0x300n)).toBeNull();
  });

  test('of two ranges that cover an address the first counts', () => {
    const dev = innermost(simple, ['soc', ...simple, ranges(0, 0x100, 0x10, 0, 0x200, 0x10)]);
    expect(translateAddress(dev, 4n)).toBe(0x104n);
  });

  test('empty ranges change nothing, absent ones end it', () => {
    const open: [string, ...Prop[]] = ['bus', ...simple, ranges()];
    const closed: [string, ...Prop[]] = ['i2c', ...simple];
    const soc: [string, ...Prop[]] = ['soc', ...simple, ranges(0, 0x1000, 0x100)];
    expect(translateAddress(innermost(simple, soc, open), 8n)).toBe(0x1008n);
    expect(translateAddress(innermost(simple, soc, closed), 8n)).toBeNull();
    expect(translateAddress(innermost(simple, closed, soc), 8n)).toBeNull();
  });

  test('an address the bus above cannot hold is none', () => {
    const dev = innermost(simple, ['soc', ...simple, ranges(0, 0xffff_fff0, 0x100)]);
    expect(translateAddress(dev, 0xfn)).toBe(0xffff_ffffn);
    expect(translateAddress(dev, 0x10n)).toBeNull();
    expect(
      translateAddress(innermost(simple, ['soc', ...cellsOf(2, 1), ranges()]), 1n << 32n),
    ).toBeNull();
  });

  test.each<[string, Prop[], object]>([
    [
      'a rest',
      [...simple, ranges(1, 2, 3, 4)],
      { code: 'fdt/bad-row-size', field: 'ranges', expected: 'a multiple of 12 bytes' },
    ],
    ['cell counts out of range', [...cellsOf(9, 1), ranges(1)], { code: 'fdt/limit' }],
  ])('ranges with %s are malformed', (_, props, problem) => {
    const dev = innermost(simple, ['soc', ...props]);
    expect(problemOf(() => translateAddress(dev, 0n))).toMatchObject(problem);
  });

  describe('PCI', () => {
    const host: [string, ...Prop[]] = [
      'pcie@10000000',
      ...cellsOf(3, 2),
      ranges(
        ...[0x0100_0000, 0, 0, 0, 0x3eff_0000, 0, 0x1_0000],
        ...[0x0200_0000, 0, 0x1000_0000, 0, 0x1000_0000, 0, 0x2eff_0000],
        ...[0x0300_0000, 0x80, 0, 0x80, 0, 0x80, 0],
      ),
    ];
    const dev = innermost(cellsOf(2, 2), host);
    const address = (high: bigint, low: bigint) => (high << 64n) | low;

    test.each([
      ['I/O', 0x0100_0000n, 0x10n, 0x3eff_0010n],
      ['memory', 0x0200_0000n, 0x1000_2000n, 0x1000_2000n],
      ['64-bit memory', 0x0300_0000n, 0x80_0000_1000n, 0x80_0000_1000n],
      ['a BAR of 00:02.0', 0x8200_1010n, 0x1000_2000n, 0x1000_2000n],
      ['prefetchable memory', 0x4200_0000n, 0x1000_2000n, 0x1000_2000n],
      ['a 64-bit BAR below 4 GiB', 0x0300_0000n, 0x1000_2000n, 0x1000_2000n],
    ])('%s', (_, high, low, translated) => {
      expect(translateAddress(dev, address(high, low))).toBe(translated);
    });

    test('the address space must fit', () => {
      expect(translateAddress(dev, address(0x0200_0000n, 0x10n))).toBeNull();
      expect(translateAddress(dev, address(0x0100_0000n, 0x1000_2000n))).toBeNull();
      expect(translateAddress(dev, address(0n, 0x1000_2000n))).toBeNull();
    });

    test('passes through a bridge', () => {
      const bridge = ranges(0x0200_0000, 0, 0, 0x0200_0000, 0, 0x1000_0000, 0, 0x1000);
      const below = innermost(cellsOf(2, 2), host, [
        'bridge',
        prop('device_type', text('pci')),
        ...cellsOf(3, 2),
        bridge,
      ]);
      expect(translateAddress(below, address(0x8201_0010n, 0x10n))).toBe(0x1000_0010n);
      const open = innermost(cellsOf(2, 2), host, ['pci', ...cellsOf(3, 2), ranges()]);
      expect(translateAddress(open, address(0x0100_0000n, 0x10n))).toBe(0x3eff_0010n);
    });

    test('does not carry into the flags of a bus above', () => {
      const edge = ranges(0x0300_0000, 0, 0, 0x0300_0000, 0xffff_ffff, 0xffff_fff0, 0, 0x100);
      const below = innermost(
        cellsOf(2, 2),
        ['pci', ...cellsOf(3, 2), ranges()],
        ['pci', ...cellsOf(3, 2), edge],
      );
      expect(translateAddress(below, address(0x0300_0000n, 0xfn))).toBe(2n ** 64n - 1n);
      expect(translateAddress(below, address(0x0300_0000n, 0x10n))).toBeNull();
    });

    test('empty ranges at the host leave the flags behind', () => {
      const open = innermost(cellsOf(2, 2), ['pci', ...cellsOf(3, 2), ranges()]);
      expect(translateAddress(open, address(0x0200_0000n, 0x10n))).toBe(0x10n);
    });
  });

  test('a PCI bus with more than three cells has no flags that we know', () => {
    const bus = ranges(5, 0, 0, 0, 0x1000, 0x100);
    const dev = innermost(simple, ['pci', ...cellsOf(4, 1), bus]);
    expect(translateAddress(dev, (5n << 96n) | 0x10n)).toBe(0x1010n);
    expect(translateAddress(dev, 0x10n)).toBeNull();
  });

  test('on other buses of three cells the high cell must be the same', () => {
    const dev = innermost(cellsOf(2, 2), [
      'fsl-mc',
      ...cellsOf(3, 1),
      ranges(1, 0, 0, 0, 0x8000_0000, 0x1000),
    ]);
    expect(translateAddress(dev, (1n << 64n) | 0x10n)).toBe(0x8000_0010n);
    expect(translateAddress(dev, 0x10n)).toBeNull();
  });

  test('on ISA the low bit of the high cell is the space', () => {
    const dev = innermost(cellsOf(2, 2), [
      'isa@1',
      ...cellsOf(2, 1),
      ranges(1, 0, 0, 0x3eff_0000, 0x1_0000, 0, 0, 0, 0x1000, 0x100),
    ]);
    expect(translateAddress(dev, (1n << 32n) | 0x3f8n)).toBe(0x3eff_03f8n);
    expect(translateAddress(dev, 0x10n)).toBe(0x1010n);
    expect(translateAddress(dev, (3n << 32n) | 0x3f8n)).toBe(0x3eff_03f8n);
  });
});
