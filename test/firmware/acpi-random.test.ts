import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  parseDmar,
  parseIort,
  parseIvrs,
  parseMcfg,
  parseViot,
  type Sdt,
} from '../../src/firmware/index.ts';
import { FormatError } from '../../src/util/index.ts';
import {
  dmarSample,
  iort,
  iortNode,
  iortSample,
  ivrsSample,
  le16,
  le32,
  mcfgSample,
  table,
  viotSample,
  zeros,
} from './acpi-builder.ts';

const types: readonly [string, (bytes: Uint8Array) => Sdt, Uint8Array][] = [
  ['IORT', parseIort, iortSample],
  ['VIOT', parseViot, viotSample],
  ['DMAR', parseDmar, dmarSample],
  ['IVRS', parseIvrs, ivrsSample],
  ['MCFG', parseMcfg, mcfgSample],
];

/** The table or what is wrong with it; any other error is thrown on. */
function outcome(parse: (bytes: Uint8Array) => Sdt, bytes: Uint8Array): Sdt | FormatError {
  try {
    return parse(bytes);
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
}

describe.each(types)('%s', (signature, parse, sample) => {
  test('the sample itself is good', () => {
    expect(parse(sample)).toMatchObject({ notes: [], checksum_valid: true });
  });

  test('any bytes: a value or a FormatError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void outcome(parse, bytes)),
    );
  });

  test('any bytes behind a good header: a value or a FormatError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        outcome(parse, table(signature, bytes));
      }),
    );
  });

  test('any small numbers behind a good header: a value or a FormatError', () => {
    const word = fc.oneof(fc.nat({ max: 80 }), fc.constantFrom(0x110, 0x440, 0xffff));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 100 }), (words) => {
        outcome(parse, table(signature, le32(2, 48, 0), le16(...words)));
      }),
      { numRuns: 500 },
    );
  });

  test('every prefix is an error, and so is one whose header has the right length', () => {
    for (let size = 0; size < sample.length; size++) {
      expect(outcome(parse, sample.subarray(0, size))).toBeInstanceOf(FormatError);
      if (size >= 36) outcome(parse, table(signature, sample.subarray(36, size)));
    }
  });

  test('every byte replaced: a value with a bad checksum, or a FormatError', () => {
    for (let at = 0; at < sample.length; at++) {
      for (const flip of [0x01, 0x02, 0x10, 0x80, 0xff]) {
        const bytes = sample.slice();
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        const found = outcome(parse, bytes);
        if (!(found instanceof FormatError)) expect(found.checksum_valid).toBe(false);
      }
    }
  });
});

const identifier = fc.nat({ max: 0xffff_ffff });
const mappingOf = fc.record({
  from: identifier,
  count: fc.integer({ min: 1, max: 0xffff_ffff }),
  to: identifier,
  reference: identifier,
  flags: identifier,
});

test('the mappings that are built are those that are read', () => {
  fc.assert(
    fc.property(
      fc.array(mappingOf, { maxLength: 5 }),
      fc.nat({ max: 255 }),
      (mappings, revision) => {
        const { nodes } = parseIort(iort(iortNode(99, zeros(4), { revision, mappings })));
        expect(nodes).toEqual([
          {
            type: 'other',
            node_type: 99,
            offset: 0x30,
            revision,
            identifier: 0,
            mappings: mappings.map(({ from, count, to, reference, flags }, index) => ({
              offset: 0x30 + 20 + 20 * index,
              input_base: from,
              id_count: count - 1,
              output_base: to,
              output_reference: reference,
              flags,
            })),
          },
        ]);
      },
    ),
  );
});

test('the largest table that is read takes a bounded time', () => {
  const nodes = Array.from({ length: 10_000 }, () => iortNode(0, le32(0)));
  const start = performance.now();
  expect(parseIort(iort(...nodes)).nodes).toHaveLength(10_000);
  expect((performance.now() - start) / 1000).toBeLessThan(5);
});

test('a larger one is an error', () => {
  const found = outcome(parseIvrs, table('IVRS', zeros(256 << 10)));
  expect(found).toMatchObject({ problem: { code: 'ivrs/bad-length', offset: 4 } });
});
