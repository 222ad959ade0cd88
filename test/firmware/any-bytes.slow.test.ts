// Any bytes in, a value or one clear error out: of every reader, beginning with what real machines had.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  madtEntries,
  parseDmar,
  parseFdt,
  parseIort,
  parseIvrs,
  parseLspci,
  parseMcfg,
  parsePciConfig,
  parseViot,
  readAcpi,
  readNamespace,
} from '../../src/firmware/index.ts';
import { FormatError } from '../../src/util/index.ts';
import { captures, filesOf } from '../machine/capture/packed-captures.ts';
import { dmarSample, iortSample, ivrsSample, mcfgSample, viotSample } from './acpi-builder.ts';
import { raw } from './fdt-builder.ts';

type Read = (bytes: Uint8Array) => unknown;

/** Nothing but a refusal may come of it, and that says where and what. */
function attempt(read: Read, bytes: Uint8Array): unknown {
  try {
    return read(bytes);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const { code, field, expected, found } = error.problem;
    expect(code).toMatch(/^[a-z]+\/[a-z-]+$/);
    expect([field, expected, found]).not.toContain('');
    return null;
  }
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const namespaceOf: Read = (bytes) => readNamespace(readAcpi(bytes).tables);
const madtOf: Read = (bytes) => readAcpi(bytes).tables.map(madtEntries);

/** Every different file of the captured machines, by path without its number. */
const real = new Map<string, Uint8Array[]>();
for (const name of captures.filter((of) => /k7\.3$/.test(of))) {
  for (const [path, bytes] of filesOf(name)) {
    const kind = path.startsWith('pci/') ? 'pci' : path.replace(/^acpi\/|\d*\.bin$/g, '');
    const known = real.get(kind) ?? [];
    real.set(kind, known);
    if (!known.some((other) => Buffer.compare(other, bytes) === 0)) known.push(bytes);
  }
}

function realOf(kind: string, most = 100): readonly Uint8Array[] {
  return (real.get(kind) ?? []).slice(0, most);
}

const lspci = raw(
  ['00:01.0 A bridge', '00: 36 1b 0c 00 07 05 10 00 01 00 04 06 00 00 81 00', ''].join('\n'),
);

/** How to read each format, files of it, and every how many bytes it is cut off. */
const formats: readonly (readonly [string, Read, readonly Uint8Array[], number])[] = [
  ['IORT', parseIort, [iortSample, ...realOf('IORT')], 1],
  ['VIOT', parseViot, [viotSample, ...realOf('VIOT')], 1],
  ['DMAR', parseDmar, [dmarSample, ...realOf('DMAR')], 1],
  ['IVRS', parseIvrs, [ivrsSample, ...realOf('IVRS')], 1],
  ['MCFG', parseMcfg, [mcfgSample, ...realOf('MCFG')], 1],
  ['MADT', madtOf, realOf('APIC', 4), 1],
  ['DSDT', namespaceOf, realOf('DSDT', 3), 97],
  ['SSDT', namespaceOf, realOf('SSDT', 2), 11],
  ['a table in any form', readAcpi, [iortSample], 1],
  ['devicetree', parseFdt, realOf('machine.dtb', 2), 31],
  ['configuration space', parsePciConfig, realOf('pci', 20), 1],
  ['lspci', (bytes) => parseLspci(textOf(bytes)), [lspci], 1],
];

/** With a length in its header that says the same. */
function resized(table: Uint8Array, size: number): Uint8Array {
  const bytes = table.slice(0, size);
  if (size >= 8) new DataView(bytes.buffer).setUint32(4, size, true);
  return bytes;
}

const hostile = [0, 1, 0x7f, 0x80, 0xff];

describe.each(formats)('%s', (format, read, files, step) => {
  test('there are files of it', () => {
    expect(files.length).toBeGreaterThan(0);
    for (const bytes of files) expect(attempt(read, bytes)).not.toBeNull();
  });

  test('any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void attempt(read, bytes)));
  });

  test('cut off anywhere, with and without a length that says so', () => {
    for (const bytes of files) {
      for (let size = 0; size < bytes.length; size += step) {
        attempt(read, bytes.subarray(0, size));
        attempt(read, resized(bytes, size));
      }
    }
  });

  test('any byte replaced, by what lengths and counts like least', () => {
    for (const bytes of files.slice(0, 6)) {
      for (let at = 0; at < bytes.length; at += step) {
        const damaged = bytes.slice();
        for (const byte of hostile) {
          damaged[at] = byte;
          attempt(read, damaged);
        }
      }
    }
  });

  test('any four bytes replaced by zeros or ones', () => {
    for (const bytes of files.slice(0, 6)) {
      for (let at = 0; at + 4 <= bytes.length; at += step) {
        for (const byte of [0, 0xff]) attempt(read, bytes.slice().fill(byte, at, at + 4));
      }
    }
  });

  test('several bytes replaced', () => {
    const [sample = new Uint8Array(1)] = files;
    const change = fc.tuple(fc.nat(sample.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
        const bytes = sample.slice();
        for (const [at, byte] of changes) bytes[at] = byte;
        attempt(read, bytes);
      }),
      { numRuns: format === 'devicetree' ? 100 : 300 },
    );
  });
});

describe('what comes out is no more than goes in', () => {
  const small = (count: number, node: readonly number[]): Uint8Array =>
    Uint8Array.from(Array.from({ length: count }, () => node).flat());
  const full = (signature: string, header: Uint8Array, body: Uint8Array): Uint8Array => {
    const bytes = new Uint8Array(48 + body.length);
    bytes.set(raw(signature));
    bytes.set(header, 36);
    bytes.set(body, 48);
    return resized(bytes, bytes.length);
  };
  const many = Uint8Array.from([0xff, 0xff, 0xff, 0xff, 48, 0, 0, 0]);
  const most = 13_000;

  test.each<[string, () => readonly unknown[], number]>([
    [
      'nodes of IORT that are headers alone, and each has as many mappings as can be counted',
      () => {
        const node = [9, 16, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 16, 0, 0, 0];
        const table = attempt(parseIort, full('IORT', many, small(most, node)));
        return (table as ReturnType<typeof parseIort> | null)?.nodes ?? [];
      },
      most,
    ],
    [
      'nodes of VIOT that are headers alone',
      () => {
        const header = Uint8Array.from([0xff, 0xff, 48, 0]);
        return parseViot(full('VIOT', header, small(most, [9, 0, 4, 0]))).notes;
      },
      // Each is of an unknown type, and the checksum is wrong.
      most + 2,
    ],
    [
      'structures of DMAR that are headers alone',
      () => parseDmar(full('DMAR', Uint8Array.from([38]), small(most, [99, 0, 4, 0]))).structures,
      most,
    ],
    [
      'blocks of IVRS that are headers alone',
      () => parseIvrs(full('IVRS', new Uint8Array(), small(most, [0x99, 0, 4, 0]))).blocks,
      most,
    ],
  ])('%s', (_what, read, limit) => {
    expect(read().length).toBeLessThanOrEqual(limit);
  });
});
