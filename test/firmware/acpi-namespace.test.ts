import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AcpiDevice,
  type AcpiNamespace,
  compatibleIds,
  hardwareId,
  memoryOf,
  numberOf,
  readAcpi,
  readNamespace,
} from '../../src/firmware/index.ts';
import { edited, le8, le16, le32, le64, table, zeros } from './acpi-builder.ts';
import { buffer, byte, device, method, name, pkg, scope, text } from './aml-builder.ts';
import { joined, raw } from './fdt-builder.ts';

/** Of a DSDT whose revision says that integers have 64 bits. */
function namespace(...terms: readonly Uint8Array[]): AcpiNamespace {
  return readNamespace(readAcpi(edited(table('DSDT', ...terms), 8, le8(2))).tables);
}

function only({ devices }: AcpiNamespace): AcpiDevice {
  const [device] = devices;
  if (device === undefined || devices.length > 1) throw new Error(`${devices.length} devices`);
  return device;
}

const paths = ({ devices }: AcpiNamespace) => devices.map(({ path }) => path);

describe('devices have the path that IORT calls them by', () => {
  test.each<[string, readonly Uint8Array[], readonly string[]]>([
    ['below a scope', [scope('\\_SB_', device('DEV0'))], ['\\_SB_.DEV0']],
    ['below each other', [device('DEV0', device('DEV1'))], ['\\DEV0', '\\DEV0.DEV1']],
    ['by an absolute name', [device('DEV0', device('\\DEV1'))], ['\\DEV0', '\\DEV1']],
    ['one scope up', [device('DEV0', device('^DEV1'))], ['\\DEV0', '\\DEV1']],
    ['by two segments', [device('\\._SB_DEV0')], ['\\_SB_.DEV0']],
    [
      'by three segments',
      [device('\\._SB_PCI0'), device('\\/\x03_SB_PCI0DEV0')],
      ['\\_SB_.PCI0', '\\_SB_.PCI0.DEV0'],
    ],
    ['not below what is not there', [device('\\/\x03_SB_PCI0DEV0')], []],
    [
      'in a scope that lies further up',
      [device('PCI0'), device('DEV1', scope('PCI0', device('DEV2')))],
      ['\\PCI0', '\\PCI0.DEV2', '\\DEV1'],
    ],
  ])('%s', (_what, terms, expected) => {
    expect(paths(namespace(...terms))).toEqual(expected);
  });

  test('and those of an SSDT come after those of the DSDT', () => {
    const ssdt = table('SSDT', scope('\\PCI0', device('DEV1'), name('_SEG', byte(2))));
    const dsdt = table('DSDT', device('PCI0', name('_BBN', byte(1))));
    const found = readNamespace(readAcpi(joined([ssdt, dsdt])).tables);
    expect(paths(found)).toEqual(['\\PCI0', '\\PCI0.DEV1']);
    expect(found.devices.map((of) => numberOf(of, '_SEG'))).toEqual([2n, null]);
  });
});

test('SSDTs of a directory are loaded by their numbers', () => {
  const files = ['SSDT10', 'DSDT', 'SSDT2'].map((file) => ({
    name: `${file}.bin`,
    bytes: table(file.slice(0, 4), device(`${file}_`.slice(-4).replace(/^\d/, 'D'))),
  }));
  const { devices } = readNamespace(readAcpi(files).tables);
  expect(devices.map(({ path }) => path)).toEqual(['\\SDT_', '\\DT2_', '\\T10_']);
});

describe('what a device says of itself', () => {
  test.each<[string, Uint8Array, string | null]>([
    ['text', text('LNRO0005'), 'LNRO0005'],
    // 19.3.4: PNP is 16, 14, 16 in five bits each; the bytes are 41 d0 0a 08.
    ['a packed number', joined([le8(0x0c), le8(0x41, 0xd0, 0x0a, 0x08)]), 'PNP0A08'],
    ['another number', le8(0x0c, 0x41, 0xd0, 0x0c, 0x0c), 'PNP0C0C'],
    ['a package', joined([le8(0x12), pkg(le8(0))]), null],
  ])('_HID as %s', (_what, value, expected) => {
    expect(hardwareId(only(namespace(device('DEV0', name('_HID', value)))))).toBe(expected);
  });

  test('of two values of one name, the first', () => {
    const found = namespace(device('DEV0', name('_UID', byte(2)), name('_UID', byte(3))));
    expect(numberOf(only(found), '_UID')).toBe(2n);
  });

  test('_HID as a method returns it', () => {
    const found = only(namespace(device('DEV0', method('_HID', le8(0xa4), text('LNRO0005')))));
    expect(hardwareId(found)).toBe('LNRO0005');
  });

  test('_HID in large letters and without an asterisk, as ACPICA makes it', () => {
    expect(hardwareId(only(namespace(device('DEV0', name('_HID', text('*pnp0a08'))))))).toBe(
      'PNP0A08',
    );
  });

  test('_CID, one or several', () => {
    const several = joined([le8(0x12), pkg(le8(2), text('PRP0001'), text('ABCD0001'))]);
    const ids = (value: Uint8Array) =>
      compatibleIds(only(namespace(device('DEV0', name('_CID', value)))));
    expect(ids(text('PRP0001'))).toEqual(['PRP0001']);
    expect(ids(several)).toEqual(['PRP0001', 'ABCD0001']);
  });

  test.each<[string, Uint8Array, bigint]>([
    ['zero', le8(0), 0n],
    ['one', le8(1), 1n],
    ['a byte', byte(0x80), 0x80n],
    ['a word', joined([le8(0x0b), le16(0x1234)]), 0x1234n],
    ['a double word', joined([le8(0x0c), le32(0xffff_ffff)]), 0xffff_ffffn],
    ['a quad word', joined([le8(0x0e), le64(0x1_0000_0000n)]), 0x1_0000_0000n],
  ])('a number as %s', (_what, value, expected) => {
    expect(numberOf(only(namespace(device('DEV0', name('_UID', value)))), '_UID')).toBe(expected);
  });

  test('the memory in _CRS, in its order', () => {
    const crs = joined([
      le8(0x86, 9, 0, 1),
      le32(0x0900_0000, 0x1000),
      le8(0x89, 6, 0, 1, 1),
      le32(33),
      le8(0x8a, 43, 0, 0, 0, 0),
      le64(0, 0x80_0000_0000n, 0x80_0fff_ffffn, 0, 0x1000_0000),
      le8(0x87, 23, 0, 1, 0, 0),
      le32(0, 0, 0xffff, 0, 0x1_0000),
      le8(0x87, 23, 0, 0, 0, 0),
      le32(0, 0x1000_0000, 0x1000_ffff, 0, 0x1_0000),
      le8(0x85, 17, 0, 1),
      le32(0xfed0_0000, 0xfed0_0000, 0, 0x400),
      le8(0x79, 0),
    ]);
    expect(memoryOf(only(namespace(device('DEV0', name('_CRS', buffer(crs))))))).toEqual([
      { base_address: 0x0900_0000n, length: 0x1000n },
      { base_address: 0x80_0000_0000n, length: 0x1000_0000n },
      { base_address: 0x1000_0000n, length: 0x1_0000n },
      { base_address: 0xfed0_0000n, length: 0x400n },
    ]);
  });

  test('_CRS of a method without a value is not known, one that is missing is empty', () => {
    expect(memoryOf(only(namespace(device('DEV0', method('_CRS')))))).toBeNull();
    expect(memoryOf(only(namespace(device('DEV0'))))).toEqual([]);
  });
});

describe('code between devices', () => {
  const region = joined([le8(0x5b, 0x80), raw('REG0'), le8(0), byte(1), byte(2)]);
  const field = joined([le8(0x5b, 0x81), pkg(raw('REG0'), le8(0), raw('FLD0'), le8(8))]);
  test.each<[string, Uint8Array]>([
    ['a method', method('MTH0', le8(0x70, 0x60, 0x61))],
    ['a region and its fields', joined([region, field])],
    ['a mutex', joined([le8(0x5b, 0x01), raw('MTX0'), le8(0)])],
    ['an alias', joined([le8(0x06), raw('AAA0'), raw('BBB0')])],
    ['an external', joined([le8(0x15), raw('\\EXT0'), le8(6, 0)])],
    ['a processor', joined([le8(0x5b, 0x83), pkg(raw('CPU0'), zeros(6))])],
    ['a name of a package', name('PRT0', le8(0x12), pkg(le8(1), raw('LNKA')))],
  ])('%s is skipped', (_what, term) => {
    const found = namespace(term, device('DEV0'));
    expect(paths(found)).toEqual(['\\DEV0']);
    expect(found.notes).toEqual([]);
  });

  test('bytes that are no code end their scope, and no other; that is noted', () => {
    const found = namespace(
      scope('\\_SB_', device('DEV0'), le8(0xfe), device('DEV1')),
      device('DEV2'),
    );
    expect(paths(found)).toEqual(['\\_SB_.DEV0', '\\DEV2']);
    const message = 'DSDT: the rest of \\_SB_ cannot be read, as 0xfe is no opcode';
    expect(found.notes).toEqual([{ code: 'acpi/code', offset: 50, message }]);
  });
});

test('a real machine', () => {
  const bytes = readFileSync(new URL('../fixtures/acpi/dsdt.bin', import.meta.url));
  const { devices, notes } = readNamespace(readAcpi(bytes).tables);
  expect(notes).toEqual([]);
  const virtio = devices.filter((of) => hardwareId(of) === 'LNRO0005');
  // QEMU's virt board has 32 of them, 512 bytes each from 0x0a000000 on.
  expect(virtio.map(({ path }) => path)).toEqual(
    Array.from({ length: 32 }, (_, i) => `\\_SB_.VR${String(i).padStart(2, '0')}`),
  );
  expect(virtio.map((of) => memoryOf(of)?.[0]?.base_address)).toEqual(
    Array.from({ length: 32 }, (_, i) => 0x0a00_0000n + 0x200n * BigInt(i)),
  );
  const bridge = devices.find((of) => hardwareId(of) === 'PNP0A08');
  expect(bridge?.path).toBe('\\_SB_.PCI0');
  expect(bridge && [numberOf(bridge, '_SEG'), numberOf(bridge, '_CCA')]).toEqual([0n, 1n]);
});

describe('any bytes give devices and notes, never an error', () => {
  function survives(...terms: readonly Uint8Array[]): void {
    const { devices } = namespace(...terms);
    for (const of of devices) {
      hardwareId(of);
      compatibleIds(of);
      memoryOf(of);
    }
  }

  test('any at all', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => survives(bytes)));
  });

  test('any that look like terms', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        le8(0x5b, 0x82),
        le8(0x10),
        le8(0x08),
        le8(0x12),
        le8(0x11),
        raw('DEV0'),
        raw('_HID'),
        raw('_CRS'),
        raw('\\'),
        raw('^'),
      ),
      fc.nat({ max: 255 }).map((value) => le8(value)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => survives(...pieces)),
      { numRuns: 1000 },
    );
  });

  test('any _CRS', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (crs) =>
        survives(device('DEV0', name('_CRS', buffer(crs)))),
      ),
    );
  });

  test('packages in packages, ten thousand deep', () => {
    const deep = new Uint8Array(30_000);
    for (let at = 0; at < deep.length; at += 3) deep.set([0x10, 0x3f, 0x00], at);
    survives(deep);
    survives(new Uint8Array(30_000).fill(0x12));
  });
});
