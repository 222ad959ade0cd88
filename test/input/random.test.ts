// Whatever is given, there is a machine or one clear line, and it does not take long.
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Files, recognise } from '../../src/input/index.ts';
import { FormatError } from '../../src/util/index.ts';
import { filesOf } from '../machine/capture/packed-captures.ts';
import { tar, zip } from './archive-builder.ts';
import { machineOfFiles } from './node-tools.ts';

const dtb = filesOf('dtb-plat-two-k6.12').get('machine.dtb') ?? new Uint8Array();
const iort = filesOf('iort-named-k6.12').get('acpi/IORT.bin') ?? new Uint8Array();
const lspci = `00:00.0 Host bridge: A\n${['00', '10', '20', '30'].map((at) => `${at}:${' 00'.repeat(16)}\n`).join('')}`;
const dump = `IORT @ 0x0\n    0000: ${Buffer.from(iort.subarray(0, 16)).toString('hex').replace(/../g, '$& ')}\n`;

/** One of each form that something can be given in. */
const forms: readonly (readonly [form: string, bytes: Uint8Array])[] = [
  ['a blob', dtb],
  ['two blobs', Buffer.concat([dtb, dtb])],
  ['a table', iort],
  ['a dump', Buffer.from(dump)],
  ['a dump of Windows', Buffer.from(`\ufeff${dump}`, 'utf16le')],
  ['what lspci prints', Buffer.from(lspci)],
  [
    'tar',
    tar({ name: 'm/machine.dtb', bytes: dtb }, { name: 'm/lspci.txt', bytes: Buffer.from(lspci) }),
  ],
  [
    'zip',
    zip({ name: 'm/machine.dtb', bytes: dtb }, { name: 'm/IORT', bytes: iort, stored: true }),
  ],
  ['gzip', gzipSync(dtb)],
  ['tar.gz', gzipSync(tar({ name: 'acpi/IORT', bytes: iort }))],
  ['a boot image', Buffer.concat([Buffer.from('ANDROID!'), dtb, dtb])],
];

/** Fails when it is neither a machine nor a line that says what was expected. */
async function isSaid(files: Files, tree: number | null = null): Promise<void> {
  try {
    await machineOfFiles(files, tree);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    expect(error.line).toMatch(/expected .+, found .+/);
    expect(error.line).not.toMatch(/\n/);
    // Of a directory as a whole, whoever gave it knows the name.
    expect(error.file ?? error.problem.field).toMatch(/./);
  }
}

const file = (name: string, bytes: Uint8Array): Files => new Map([[name, bytes]]);

/** What files begin with that are known by it. */
const starts = [
  '\xd0\x0d\xfe\xed',
  '\x1f\x8b\x08',
  'PK\x03\x04',
  'ANDROID!',
  'IORT',
  '\xff\xfe',
  '/dts-v1/;',
  '[    0.0',
  '00:00.0 ',
];

test('any bytes, with the beginning of anything, under any name', async () => {
  const bytes = fc
    .tuple(fc.constantFrom('', ...starts), fc.uint8Array({ maxLength: 600 }))
    .map(([start, rest]) => Buffer.concat([Buffer.from(start, 'latin1'), rest]));
  const name = fc.constantFrom('x', 'machine.dtb', 'a.dts', 'IORT', 'x.gz', 'expected.json');
  await fc.assert(
    fc.asyncProperty(name, bytes, fc.constantFrom(null, 1, 2), (called, content, tree) =>
      isSaid(file(called, content), tree),
    ),
    { numRuns: 500 },
  );
});

test('any names, with any of these contents', async () => {
  const content = fc.constantFrom(...forms.map(([, bytes]) => bytes), new Uint8Array());
  const part = fc.constantFrom(
    'acpi',
    'pci',
    'devicetree',
    'base',
    'tables',
    'machine.dtb',
    'lspci.txt',
    'IORT.bin',
    '0000:00:01.0.bin',
    '#address-cells',
    'reg',
    'x',
    '',
    '__proto__',
  );
  const name = fc
    .array(part, { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join('/'))
    .filter((joined) => joined !== '');
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(name, content), { maxLength: 6 }), (entries) =>
      isSaid(new Map(entries)),
    ),
    { numRuns: 200 },
  );
});

describe.each(forms)('%s', (_form, bytes) => {
  test('cut anywhere', async () => {
    const lengths = fc.nat({ max: bytes.length });
    await fc.assert(
      fc.asyncProperty(lengths, (length) => isSaid(file('x', bytes.subarray(0, length)))),
      { numRuns: 40 },
    );
  });

  test('with a byte changed anywhere', async () => {
    const place = fc.tuple(fc.nat({ max: Math.min(bytes.length, 2000) - 1 }), fc.nat({ max: 255 }));
    await fc.assert(
      fc.asyncProperty(place, ([at, value]) => {
        const changed = Uint8Array.from(bytes);
        changed[at] = value;
        return isSaid(file('x', changed));
      }),
      { numRuns: 40 },
    );
  });
});

describe('a megabyte is no more than many times a little', () => {
  const size = 1 << 20;

  test.each<[string, string]>([
    ['blanks', ' '],
    ['lines', '\n'],
    ['comments that do not end', '/* *'],
    ['digits in brackets', '[1111111111111111111111'],
    ['comments of C++', '//\n'],
    ['stars', '/***'],
    ['beginnings of trees', '\xd0\x0d\xfe\xed'],
    ['titles', 'Slot:\t\n'],
    ['rows of nothing', '0000: \n'],
    ['labels', 'a: b '],
  ])('%s', (_what, unit) => {
    const bytes = Buffer.alloc(size, unit, 'latin1');
    // Whatever grows with the square of this does not end in time.
    expect(recognise('x', bytes).is).toMatch(/^(?:other|devicetree)$/);
  });
});
