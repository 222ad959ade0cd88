import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cells,
  compatibleOf,
  type Fdt,
  type FdtNode,
  isAvailable,
  mapEntries,
  parseFdt,
  regOf,
  specifiers,
  stringList,
  stringValue,
  translateAddress,
  u32,
} from '../../src/firmware/index.ts';
import { FormatError } from '../../src/util/index.ts';
import {
  be32,
  blob,
  isReadable,
  type Node,
  node,
  type Prop,
  patched,
  prop,
  raw,
  text,
} from './fdt-builder.ts';

const bytesOf = fc.uint8Array({ maxLength: 12 });
const nameOf = fc.stringMatching(/^[a-z][a-z0-9,._+-]{0,8}$/);

const propsOf: fc.Arbitrary<Prop[]> = fc.uniqueArray(fc.record({ name: nameOf, value: bytesOf }), {
  maxLength: 4,
  selector: ({ name }) => name,
});

const nodeOf = fc.memo<Node>((levels) => {
  const children: fc.Arbitrary<Node[]> =
    levels === 1
      ? fc.constant([])
      : fc.uniqueArray(nodeOf(levels - 1), { maxLength: 3, selector: ({ name }) => name });
  return fc.record({ name: nameOf, props: propsOf, children });
});
const treeOf: fc.Arbitrary<Node> = nodeOf(4).map((root) => ({ ...root, name: '' }));

/** The built tree again. */
function rebuilt({ name, properties, children }: FdtNode): Node {
  const props = [...properties.values()].map(({ name, value }) => ({ name, value }));
  return { name, props, children: children.map(rebuilt) };
}

test('what is built is what is read', () => {
  fc.assert(
    fc.property(treeOf, fc.constantFrom(16 as const, 17 as const), (root, version) => {
      const fdt = parseFdt(blob(root, { version }));
      expect(rebuilt(fdt.root)).toEqual(root);
      expect(fdt.notes.filter(({ code }) => !code.endsWith('phandle'))).toEqual([]);
    }),
  );
});

const sample = blob(
  node(
    '',
    [prop('#address-cells', be32(2)), prop('#size-cells', be32(2)), prop('compatible', text('a'))],
    [
      node('smmu@1', [prop('phandle', be32(1)), prop('#iommu-cells', be32(1))]),
      node(
        'pcie@2',
        [
          prop('device_type', text('pci')),
          prop('#address-cells', be32(3)),
          prop('#size-cells', be32(2)),
          prop('ranges', be32(0x02000000, 0, 0, 0, 0x100, 0, 0x100)),
          prop('iommu-map', be32(0, 1, 0, 0x10000)),
          prop('iommus', be32(1, 2, 1, 3)),
          prop('status', text('okay')),
        ],
        [node('dev@0', [prop('reg', be32(0, 0, 0, 0, 0)), prop('x', raw('abc'))])],
      ),
    ],
  ),
  { reservations: [[1n, 2n]] },
);

/** Runs every decoder over everything; each may only throw a {@link FormatError}. */
function decodeAll(fdt: Fdt): void {
  const attempt = (decode: () => unknown) => {
    try {
      decode();
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  };
  const visit = (node: FdtNode) => {
    compatibleOf(node);
    isAvailable(node);
    attempt(() => regOf(node));
    attempt(() => translateAddress(node, 0x10n));
    attempt(() => translateAddress(node, (0x02000000n << 64n) | 0x10n));
    for (const prop of node.properties.values()) {
      for (const decode of [cells, u32, stringList, stringValue]) attempt(() => decode(prop));
      specifiers(fdt, prop, '#iommu-cells');
      mapEntries(fdt, prop);
    }
    node.children.forEach(visit);
  };
  visit(fdt.root);
}

/** As {@link isReadable}, and what can be read can also be decoded. */
function survives(bytes: Uint8Array): void {
  if (isReadable(bytes)) decodeAll(parseFdt(bytes));
}

describe('bad input gives a value or a FormatError', () => {
  test('the sample itself is good', () => {
    expect(parseFdt(sample).notes).toEqual([]);
  });

  test('any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), survives));
  });

  test('any bytes after a good header', () => {
    const header = sample.subarray(0, 40);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (rest) => {
        survives(Uint8Array.from([...header, ...rest]));
      }),
    );
  });

  test('any token sequence', () => {
    const word = fc.oneof(fc.constantFrom(0, 1, 2, 3, 4, 9), fc.nat({ max: 0xffffffff }));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 40 }), (words) => {
        const bytes = blob(node('', [prop('p', be32(...words))]));
        // The value, from byte 76 on, as the structure block.
        survives(patched(patched(bytes, 8, 76), 36, 4 * words.length));
      }),
    );
  });

  test('every prefix: never a value, because the last block is cut', () => {
    for (let size = 0; size < sample.length; size++) {
      expect(isReadable(sample.subarray(0, size))).toBe(false);
    }
  });

  test('every byte of the sample, replaced', () => {
    for (let at = 0; at < sample.length; at++) {
      for (const value of [0, 3, 0x80, 0xff]) {
        const bytes = sample.slice();
        bytes[at] = value;
        survives(bytes);
      }
    }
  });

  test('several bytes replaced, and the end cut', () => {
    const edit = fc.tuple(fc.nat({ max: sample.length - 1 }), fc.nat({ max: 255 }));
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 6 }), fc.nat({ max: 8 }), (edits, cut) => {
        const bytes = sample.slice(0, sample.length - cut);
        for (const [at, value] of edits) bytes[at] = value;
        survives(bytes);
      }),
      { numRuns: 500 },
    );
  });
});

describe('large input takes time in proportion', () => {
  const seconds = (bytes: Uint8Array) => {
    const start = performance.now();
    isReadable(bytes);
    return (performance.now() - start) / 1000;
  };

  test('30 000 nodes below one', () => {
    const children = Array.from({ length: 30_000 }, (_, index) => node(`n${index}`));
    expect(seconds(blob(node('', [], children)))).toBeLessThan(2);
  });

  test('a long name shared by 30 000 properties', () => {
    const props = Array.from({ length: 30_000 }, () => prop('x'.repeat(255)));
    expect(seconds(blob(node('', props)))).toBeLessThan(2);
  });

  test('16 MiB without a zero byte as strings', () => {
    const bytes = blob(node('', [prop('p', raw('v'))]));
    const long = new Uint8Array(16 << 20).fill(0x78);
    long.set(bytes);
    const strings_size = long.length - (bytes.length - 2);
    expect(seconds(patched(patched(long, 4, long.length), 32, strings_size))).toBeLessThan(2);
  });
});
