import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Acpi, isAcpi, readAcpi } from '../../src/firmware/index.ts';
import { FormatError } from '../../src/util/index.ts';
import {
  dmarSample,
  edited,
  iortSample,
  ivrsSample,
  le8,
  le16,
  le32,
  mcfgSample,
  table,
  viotSample,
  zeros,
} from './acpi-builder.ts';
import { joined, problemOf, raw } from './fdt-builder.ts';

const fixtures = new URL('../fixtures/acpi/', import.meta.url);

/** What acpidump prints for a table: groups of 16 bytes, then the same as characters. */
function acpidump(name: string, bytes: Uint8Array): string {
  const rows: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = [...bytes.subarray(at, at + 16)];
    const digits = row.map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ');
    const chars = row.map((byte) => (byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'));
    const address = at.toString(16).toUpperCase().padStart(4, '0');
    rows.push(`    ${address}: ${digits.padEnd(48)} ${chars.join('')}`);
  }
  return `${name} @ 0x0000000000000000\n${rows.join('\n')}\n\n`;
}

function signatures({ tables }: Acpi): string[] {
  return tables.map(({ header }) => header.signature);
}

const facs = joined([raw('FACS'), le32(64), zeros(56)]);
const pointer = joined([raw('RSD PTR '), zeros(28)]);
const other = table('SLIT', le8(1, 2, 3));

describe('one table', () => {
  const repeats = table('VIOT', le16(0, 48), zeros(8), zeros(65));

  test.each(readdirSync(new URL('dumps/', fixtures)))('as printed by %s', (name) => {
    const bytes = readFileSync(new URL(`dumps/${name}`, fixtures));
    expect(isAcpi(bytes)).toBe(true);
    const { viot, notes } = readAcpi(bytes);
    expect(viot?.bytes).toEqual(repeats);
    expect(notes).toEqual([]);
  });

  test('raw', () => {
    const { iort, viot, dmar, ivrs, mcfg, notes, ...rest } = readAcpi(ivrsSample);
    expect(ivrs?.blocks).toHaveLength(4);
    expect([iort, viot, dmar, mcfg, notes]).toEqual([null, null, null, null, []]);
    expect(rest.tables).toHaveLength(1);
  });

  test('quoted, among prose, with carriage returns', () => {
    const dump = readFileSync(new URL('dumps/hexdump -C.txt', fixtures), 'latin1');
    const quoted = dump.replace(/^/gm, '> ').replace(/\n/g, '\r\n');
    const text = `Hi,\n\nhere is the table:\n$ sudo hexdump -C VIOT\n${quoted}\nThanks, added it.\n`;
    expect(readAcpi(raw(text)).viot?.bytes).toEqual(repeats);
  });

  test('characters behind the bytes are not taken for bytes', () => {
    const first = table('SLIT', zeros(12), raw('BEEFCAFEDEADFACE'));
    const acpi = readAcpi(raw(acpidump('SLIT', first) + acpidump('MCFG', mcfgSample)));
    expect(acpi.tables.map(({ bytes }) => bytes)).toEqual([first, mcfgSample]);
    expect(acpi.notes).toEqual([]);
  });

  test('with bytes behind it, which are noted', () => {
    const { viot, notes } = readAcpi(joined([viotSample, zeros(3)]));
    expect(viot?.nodes).toHaveLength(4);
    expect(notes).toMatchObject([{ code: 'acpi/trailing-bytes', offset: viotSample.length }]);
  });
});

describe('any table survives being printed', () => {
  const pairs = (row: readonly number[]) => row.map((b) => b.toString(16).padStart(2, '0'));
  const words = (row: readonly number[], swap: boolean) => {
    const found: string[] = [];
    for (let at = 0; at < row.length; at += 2) {
      const [low = '', high = swap ? '00' : ''] = pairs(row.slice(at, at + 2));
      found.push(swap ? high + low : low + high);
    }
    return found;
  };
  const chars = (row: readonly number[]) =>
    row.map((b) => (b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : '.')).join('');
  const address = (at: number, width: number) => at.toString(16).padStart(width, '0');

  const printers: readonly [string, (at: number, row: readonly number[]) => string, number][] = [
    ['hexdump', (at, row) => `${address(at, 7)} ${words(row, true).join(' ')}`, 7],
    [
      'hexdump -C',
      (at, row) => {
        const halves = [pairs(row.slice(0, 8)).join(' '), pairs(row.slice(8)).join(' ')];
        return `${address(at, 8)}  ${halves.join('  ').padEnd(48)}  |${chars(row)}|`;
      },
      8,
    ],
    [
      'xxd',
      (at, row) => `${address(at, 8)}: ${words(row, false).join(' ').padEnd(39)}  ${chars(row)}`,
      0,
    ],
  ];

  test.each(printers)('by %s', (_what, print, end) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (body) => {
        const bytes = table('OEM0', body);
        const rows: string[] = [];
        for (let at = 0; at < bytes.length; at += 16)
          rows.push(print(at, [...bytes.subarray(at, at + 16)]));
        if (end > 0) rows.push(address(bytes.length, end));
        const { tables, notes } = readAcpi(raw(rows.join('\n')));
        expect(tables.map((sdt) => sdt.bytes)).toEqual([bytes]);
        expect(notes).toEqual([]);
      }),
    );
  });
});

describe('several tables', () => {
  test('raw, one behind the other', () => {
    const acpi = readAcpi(joined([dmarSample, facs, other, mcfgSample]));
    expect(signatures(acpi)).toEqual(['DMAR', 'SLIT', 'MCFG']);
    expect(acpi.dmar?.structures).toHaveLength(7);
    expect(acpi.mcfg?.allocations).toHaveLength(2);
  });

  test('of acpidump', () => {
    const parts: readonly [string, Uint8Array][] = [
      ['RSD PTR', pointer],
      ['FACS', facs],
      ['IORT', iortSample],
      ['SLIT', other],
      ['MCFG', mcfgSample],
    ];
    const text = parts.map(([name, bytes]) => acpidump(name, bytes)).join('');
    const acpi = readAcpi(raw(text));
    expect(signatures(acpi)).toEqual(['IORT', 'SLIT', 'MCFG']);
    expect(acpi.iort?.nodes).toHaveLength(8);
    expect(acpi.notes).toEqual([]);
  });

  test('of a directory, in any form, among other files', () => {
    const acpi = readAcpi([
      { name: 'DMAR.bin', bytes: dmarSample },
      { name: 'README', bytes: raw('These are tables.') },
      { name: 'mcfg.txt', bytes: raw(acpidump('MCFG', mcfgSample)) },
    ]);
    expect(signatures(acpi)).toEqual(['DMAR', 'MCFG']);
    expect(acpi.notes).toMatchObject([
      { code: 'acpi/unrecognised', message: 'README is not an ACPI table and is ignored' },
    ]);
  });

  test('of a text that has others disassembled, which is said', () => {
    const source = (name: string): string =>
      `DefinitionBlock ("", "${name}", 2, "MAKER", "BOARD", 1)\n{\n    Name (X, 0x12345678)\n}\n`;
    const text = [acpidump('DMAR', dmarSample), ...['DSDT', 'SSDT', 'SSDT'].map(source)].join('\n');
    const acpi = readAcpi(raw(text));
    expect(signatures(acpi)).toEqual(['DMAR']);
    expect(acpi.notes).toMatchObject([
      { code: 'acpi/disassembled', message: expect.stringContaining('disassembled: DSDT, SSDT (') },
    ]);
    const dsdt = table('DSDT', zeros(1));
    expect(readAcpi(raw(`${acpidump('DSDT', dsdt)}\n${source('DSDT')}`)).notes).toEqual([]);
  });

  test('of one type: the first counts, the others are noted', () => {
    const [first, second] = [mcfgSample, table('MCFG', zeros(8))];
    const acpi = readAcpi([
      { name: 'MCFG1', bytes: first },
      { name: 'MCFG2', bytes: second },
    ]);
    expect(acpi.mcfg?.allocations).toHaveLength(2);
    expect(acpi.tables).toHaveLength(2);
    expect(acpi.notes).toMatchObject([
      { code: 'acpi/duplicate-table', message: 'a further MCFG in MCFG2 is ignored' },
    ]);
  });
});

describe('what cannot be read', () => {
  const dump = acpidump('MCFG', mcfgSample).split('\n');
  const cases: readonly [string, Uint8Array, object][] = [
    ['nothing', new Uint8Array(), { code: 'acpi/unrecognised', found: 'nothing' }],
    ['prose', raw('Hello, world.'), { code: 'acpi/unrecognised', found: 'other text' }],
    ['other bytes', le8(1, 2, 3), { code: 'acpi/unrecognised', found: 'other bytes' }],
    ['a signature', raw('MCFG'), { code: 'mcfg/truncated' }],
    ['the start of a table', mcfgSample.subarray(0, 40), { code: 'mcfg/truncated' }],
    [
      'the start of a table that is only looked at',
      other.subarray(0, 37),
      { code: 'acpi/truncated' },
    ],
    ['a dump without its last line', raw(dump.slice(0, -3).join('\n')), { code: 'mcfg/truncated' }],
    [
      'a dump that lacks a line',
      raw(dump.toSpliced(2, 1).join('\n')),
      {
        code: 'acpi/dump-gap',
        field: 'line 3',
        offset: (dump[0]?.length ?? 0) + (dump[1]?.length ?? 0) + 2,
        expected: 'the row at 0x10',
      },
    ],
    [
      'a dump with a letter among its digits',
      raw(dump.join('\n').replace('46 43', '4x 43').replace('4D 43', '4D 4X')),
      { code: 'acpi/dump-gap', field: 'line 3' },
    ],
    [
      'a dump that goes on for ever',
      raw('00000000: 4d\n*\nffffffff: 00\n'),
      { code: 'acpi/limit', field: 'line 3' },
    ],
  ];
  test.each(cases)('%s', (_what, bytes, problem) => {
    expect(problemOf(() => readAcpi(bytes))).toMatchObject(problem);
  });

  test('many dumps that all go on for long', () => {
    const text = '00000000: 4d\n*\n00f00000: 00\n'.repeat(1000);
    expect(problemOf(() => readAcpi(raw(text)))).toMatchObject({ code: 'acpi/limit' });
  });

  test('a directory without tables', () => {
    const files = [{ name: 'README', bytes: raw('Nothing here.') }];
    expect(problemOf(() => readAcpi(files))).toMatchObject({
      code: 'acpi/no-tables',
      offset: null,
      found: '1 other files',
    });
  });

  test('a file of a directory that is called like a table, and its name is in the error', () => {
    const damaged = edited(mcfgSample, 0, le32(0));
    try {
      readAcpi([{ name: 'MCFG.bin', bytes: damaged }]);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError);
      expect((error as FormatError).line).toMatch(
        /^MCFG\.bin: file at offset 0x0: expected an ACPI/,
      );
    }
  });
});

describe('bad input gives a value or a FormatError', () => {
  function survives(bytes: Uint8Array): void {
    try {
      readAcpi(bytes);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  }

  test('any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), survives));
  });

  test('any lines that look like a dump', () => {
    const digits = fc.stringMatching(/^[0-9a-f]{2,8}$/);
    const address = fc.oneof(fc.constantFrom('0000', '0010', '0020', '00000010'), digits);
    const row = fc
      .tuple(address, fc.constantFrom(':', ''), fc.array(digits, { maxLength: 4 }))
      .map(([at, colon, groups]) => `${at}${colon} ${groups.join(' ')}`);
    const line = fc.oneof(row, fc.constantFrom('*', '', 'text', '00000000: 4d43 4647'));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => survives(raw(lines.join('\n')))),
      { numRuns: 500 },
    );
  });

  test('a text of one long line takes no time', () => {
    const start = performance.now();
    for (const char of [' ', '0', 'a', '>', '|', ':']) survives(raw(char.repeat(1 << 18)));
    expect((performance.now() - start) / 1000).toBeLessThan(3);
  });
});
