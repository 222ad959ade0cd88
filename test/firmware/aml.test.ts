import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AcpiDevice,
  type AcpiNamespace,
  hardwareId,
  readAcpi,
  readNamespace,
} from '../../src/firmware/index.ts';
import { edited, le8, le16, le32, le64, table, zeros } from './acpi-builder.ts';
import { buffer, byte, device, list, method, name, pkg, scope, text } from './aml-builder.ts';
import { joined, raw } from './fdt-builder.ts';

// Terms by the names that ASL has for them.
const If = (predicate: Uint8Array, ...terms: readonly Uint8Array[]) =>
  joined([le8(0xa0), pkg(predicate, ...terms)]);
const Else = (...terms: readonly Uint8Array[]) => joined([le8(0xa1), pkg(...terms)]);
const While = (predicate: Uint8Array, ...terms: readonly Uint8Array[]) =>
  joined([le8(0xa2), pkg(predicate, ...terms)]);
const Return = (value: Uint8Array) => joined([le8(0xa4), value]);
const Store = (value: Uint8Array, place: Uint8Array) => joined([le8(0x70), value, place]);
const Add = (a: Uint8Array, b: Uint8Array) => joined([le8(0x72), a, b, le8(0)]);
const And = (a: Uint8Array, b: Uint8Array) => joined([le8(0x7b), a, b, le8(0)]);
const LLess = (a: Uint8Array, b: Uint8Array) => joined([le8(0x95), a, b]);
const LEqual = (a: Uint8Array, b: Uint8Array) => joined([le8(0x93), a, b]);
const Increment = (place: Uint8Array) => joined([le8(0x75), place]);
const CondRefOf = (place: string) => joined([le8(0x5b, 0x12), raw(place), le8(0)]);
const Osi = (version: string) => joined([raw('_OSI'), text(version)]);
const [zero, one, noop, Break] = [le8(0), le8(1), le8(0xa3), le8(0xa5)];
const local = (index: number) => le8(0x60 + index);
/** A byte of memory, of which nothing is known. */
const memory = joined([
  joined([le8(0x5b, 0x80), raw('GNVS'), le8(0), byte(0), byte(16)]),
  joined([le8(0x5b, 0x81), pkg(raw('GNVS'), le8(0), raw('MEM0'), le8(8))]),
]);
const MEM0 = raw('MEM0');

function namespace(...terms: readonly Uint8Array[]): AcpiNamespace {
  return readNamespace(readAcpi(edited(table('DSDT', ...terms), 8, le8(2))).tables);
}

const paths = ({ devices }: AcpiNamespace) => devices.map(({ path }) => path);

/** What `_UID` of the only device gives, with code before it. */
function uid(code: readonly Uint8Array[], ...body: readonly Uint8Array[]) {
  const { devices } = namespace(...code, device('DEV0', method('_UID', ...body)));
  return told(devices[0]);
}

function told(of: AcpiDevice | undefined) {
  return of?.unknown?.get('_UID') ?? of?.names.get('_UID');
}

const because = 'SystemMemory at \\GNVS';

describe('code between devices runs, and what follows it is read', () => {
  test.each<[string, Uint8Array]>([
    ['a lone Zero, as a boot loader leaves it', zero],
    ['a lone One', one],
    ['Noop', joined([noop, noop])],
    ['Store', Store(byte(15), raw('STAT'))],
    ['a store to a local, which no table has', Store(byte(1), local(0))],
    ['CreateField', joined([le8(0x5b, 0x13), raw('BUFF'), byte(0), byte(8), raw('FLD0')])],
    [
      'a region whose offset is an expression',
      joined([le8(0x5b, 0x80), raw('REG0'), le8(1), Add(raw('STAT'), byte(1)), byte(1)]),
    ],
    [
      'a region whose offset is a call',
      joined([le8(0x5b, 0x80), raw('REG0'), le8(1), raw('MTH1'), byte(5), byte(1)]),
    ],
    ['a return, which a table does not end with', Return(one)],
    ['a break outside of a loop', Break],
    ['a call of what is not there', joined([raw('NONE'), byte(1)])],
    ['a scope that is not there', scope('\\NONE', device('DEV9'))],
    ['a name that is taken', name('STAT', byte(2))],
  ])('%s', (_what, term) => {
    const found = namespace(
      name('STAT', byte(0)),
      name('BUFF', buffer(zeros(4))),
      joined([le8(0x14), pkg(raw('MTH1'), le8(1), Return(le8(0x68)))]),
      device('DEV0'),
      term,
      device('DEV1'),
    );
    expect(paths(found)).toEqual(['\\DEV0', '\\DEV1']);
    expect(found.notes).toEqual([]);
  });
});

describe('conditions decide what is there', () => {
  test.each<[string, readonly Uint8Array[], readonly string[]]>([
    ['one that holds', [If(one, device('DEV0')), Else(device('DEV1'))], ['\\DEV0']],
    ['one that does not', [If(zero, device('DEV0')), Else(device('DEV1'))], ['\\DEV1']],
    [
      'one about Windows',
      [If(Osi('Windows 2015'), device('DEV0')), If(Osi('Linux'), device('DEV1'))],
      ['\\DEV0'],
    ],
    [
      'whether an object exists',
      [If(CondRefOf('DEV9'), device('DEV0')), If(CondRefOf('_OSI'), device('DEV1'))],
      ['\\DEV1'],
    ],
    [
      'a loop',
      [
        name('CNT0', byte(0)),
        While(
          LLess(raw('CNT0'), byte(3)),
          Increment(raw('CNT0')),
          If(LEqual(raw('CNT0'), byte(2)), device('DEV0'), Break),
        ),
        If(LEqual(raw('CNT0'), byte(2)), device('DEV1')),
      ],
      ['\\DEV0', '\\DEV1'],
    ],
  ])('%s', (_what, terms, expected) => {
    expect(paths(namespace(...terms))).toEqual(expected);
  });

  test('of one that is not known, no way is taken: what it declares may not exist', () => {
    const { devices } = namespace(
      memory,
      If(MEM0, device('DEV0', name('_UID', byte(1)))),
      Else(device('DEV1')),
      device('DEV2'),
    );
    expect(devices.map(({ path, doubt }) => [path, doubt])).toEqual([
      ['\\DEV0', because],
      ['\\DEV1', because],
      ['\\DEV2', undefined],
    ]);
    expect(devices[0]?.names.get('_UID')).toBe(1n);
  });

  test('an object that both ways declare with other values has a value that is not known', () => {
    const { devices } = namespace(
      memory,
      device('DEV0', If(MEM0, name('_UID', byte(1))), Else(name('_UID', byte(2)))),
    );
    expect(told(devices[0])).toBe(because);
  });
});

describe('what a method returns', () => {
  const stat = name('STAT', byte(1));
  test.each<[string, readonly Uint8Array[], unknown]>([
    ['a sum', [Return(Add(byte(2), byte(3)))], 5n],
    ['what a store left', [Store(byte(7), raw('STAT')), Return(raw('STAT'))], 7n],
    ['a text made a number', [Store(text('1f'), raw('STAT')), Return(raw('STAT'))], 0x1fn],
    ['memory', [Return(MEM0)], because],
    ['what depends on memory', [Return(Add(MEM0, one))], because],
    ['a bit that cannot be set', [Return(And(MEM0, zero))], 0n],
    ['one of two values', [If(MEM0, Return(one)), Return(zero)], because],
    ['one of two values that are the same', [If(MEM0, Return(one)), Return(one)], 1n],
    [
      'what may have been stored',
      [If(MEM0, Store(byte(2), raw('STAT'))), Return(raw('STAT'))],
      because,
    ],
    ['what was stored again', [If(MEM0, Store(byte(1), raw('STAT'))), Return(raw('STAT'))], 1n],
    [
      'what was stored after a return that may have been',
      [If(MEM0, Return(byte(9))), Store(byte(2), raw('STAT')), Return(raw('STAT'))],
      because,
    ],
    [
      'what a loop changed that may have run',
      [
        Store(zero, local(0)),
        Store(zero, local(1)),
        While(MEM0, Store(local(0), local(1)), Store(byte(5), local(0))),
        Return(local(1)),
      ],
      because,
    ],
    [
      'what a loop counted that may have ended before',
      [
        Store(zero, local(0)),
        While(LLess(local(0), byte(3)), If(MEM0, Break), Increment(local(0))),
        Return(local(0)),
      ],
      because,
    ],
    [
      'what a loop left alone that may have run',
      [Store(byte(3), local(0)), While(MEM0, Store(one, local(1))), Return(local(0))],
      3n,
    ],
    ['what a loop would give that does not end', [While(one, noop), Return(one)], /too long/],
    ['what it would if it did not call itself', [Return(raw('\\._SB_RECU'))], /nested too deeply/],
    ['nothing, when it fails', [Return(raw('NONE'))], 'its code fails: there is no NONE'],
  ])('%s', (_what, body, expected) => {
    const recursion = method('\\._SB_RECU', Return(raw('RECU')));
    const found = uid([stat, memory, scope('\\_SB_', method('NOP0')), recursion], ...body);
    if (expected instanceof RegExp) expect(found).toMatch(expected);
    else expect(found).toEqual(expected);
  });

  test('what may have been stored by a method that was called is not known', () => {
    const maybe = method('SET0', Store(byte(9), raw('STAT')));
    expect(uid([stat, memory, maybe], If(MEM0, raw('SET0')), Return(raw('STAT')))).toBe(because);
  });

  test('nor what a method stored that may have returned before', () => {
    const maybe = method('SET0', If(MEM0, Return(one)), Store(byte(9), raw('STAT')));
    expect(uid([stat, memory, maybe], raw('SET0'), Return(raw('STAT')))).toBe(because);
  });

  test('a store to an element that is not known leaves none known', () => {
    const store = Store(byte(9), joined([le8(0x88), raw('PKG0'), MEM0, zero]));
    const read = joined([le8(0x83), le8(0x88), raw('PKG0'), byte(0), zero]);
    const code = [memory, name('PKG0', list(byte(1), byte(2)))];
    expect(uid(code, Return(read))).toBe(1n);
    expect(uid(code, store, Return(read))).toBe(because);
  });

  test('integers have 32 bits where the DSDT is of revision 1', () => {
    const big = joined([le8(0x0e), le64(0xffff_ffffn)]);
    const object = device('DEV0', method('_UID', Return(Add(big, one))));
    const of = (revision: number) =>
      told(
        readNamespace(readAcpi(edited(table('DSDT', object), 8, le8(revision))).tables).devices[0],
      );
    expect([of(1), of(2)]).toEqual([0n, 0x1_0000_0000n]);
  });

  test('bytes that are no code are not known, nor what they may have stored', () => {
    const found = namespace(
      stat,
      method('BAD0', le8(0xfe)),
      device('DEV0', method('_UID', raw('BAD0'), Return(one))),
      device('DEV1', method('_UID', Return(raw('STAT')))),
    );
    expect(found.devices.map(told)).toEqual([
      expect.stringMatching(/cannot be read/),
      expect.stringMatching(/cannot be read/),
    ]);
  });
});

describe('what runs before devices are made', () => {
  const object = device('DEV0', method('_UID', Return(raw('\\STAT'))));
  const stat = name('STAT', byte(1));
  const set = Store(byte(7), raw('\\STAT'));
  test.each<[string, readonly Uint8Array[], unknown]>([
    ['_INI of the root', [stat, method('_INI', set), object], 7n],
    [
      '_INI of the system bus, once',
      [stat, method('\\._SB__INI', Increment(raw('\\STAT'))), object],
      2n,
    ],
    ['_INI of a device', [stat, device('DEV1', method('_INI', set)), object], 7n],
    [
      'no _INI of a device that is not there',
      [stat, device('DEV1', name('_STA', zero), method('_INI', set)), object],
      1n,
    ],
    [
      'perhaps the _INI of a device of which that is not known',
      [stat, memory, device('DEV1', method('_STA', Return(MEM0)), method('_INI', set)), object],
      because,
    ],
    ['perhaps _REG', [stat, device('DEV1', method('_REG', set)), object], 'what _REG is told'],
  ])('%s', (_what, terms, expected) => {
    expect(told(namespace(...terms).devices.at(-1))).toEqual(expected);
  });
});

describe('tables that code asks for', () => {
  const of = (signature: string) =>
    joined([le8(0x5b, 0x1f), text(signature), ...['', '', '', ''].map(text), zero]);

  test('are loaded when they are there', () => {
    const tables = [table('DSDT', of('OEM1')), table('OEM1', device('DEV0'))];
    expect(paths(readNamespace(readAcpi(joined(tables)).tables))).toEqual(['\\DEV0']);
  });

  test('from memory are not known, nor whether an object exists that is not there', () => {
    const load = joined([le8(0x5b, 0x20), raw('GNVS'), local(0)]);
    const found = namespace(memory, load, If(CondRefOf('DEV9'), device('DEV0')));
    expect(found.devices[0]?.doubt).toBe('a table that code loads from memory');
    expect(found.notes[0]?.message).toContain('is not read');
  });
});

test('_DEP has the paths of objects, also of those that come later', () => {
  const { devices } = namespace(
    device('DEV0', name('_DEP', list(raw('DEV1')))),
    device('DEV1', name('_HID', text('ABCD0001'))),
  );
  expect(devices[0]?.names.get('_DEP')).toEqual([{ reference: '\\DEV1' }]);
});

describe('damaged tables', () => {
  const sample = joined([
    memory,
    name('STAT', byte(1)),
    method(
      'GET0',
      If(LEqual(raw('STAT'), one), Return(text('ABCD0001'))),
      Return(text('ABCD0002')),
    ),
    scope(
      '\\_SB_',
      device(
        'DEV0',
        method('_HID', Return(raw('GET0'))),
        name('_UID', joined([le8(0x0c), le32(7)])),
      ),
      If(MEM0, device('DEV1', name('_HID', text('ABCD0003')))),
      device('DEV2', name('_CRS', buffer(le16(0x79))), name('_DEP', list(raw('DEV0')))),
    ),
    While(LLess(raw('STAT'), byte(4)), Increment(raw('STAT'))),
  ]);

  test('the sample itself is good', () => {
    const { devices, notes } = namespace(sample);
    expect(notes).toEqual([]);
    expect(devices.map((of) => hardwareId(of))).toEqual(['ABCD0002', 'ABCD0003', null]);
  });

  test('every prefix ends, and what is cut is noted', () => {
    let whole = 0;
    for (let size = 0; size < sample.length; size++) {
      if (namespace(sample.subarray(0, size)).notes.length === 0) whole++;
    }
    // Only between terms of the table itself is nothing missing.
    expect(whole).toBe(6);
  });

  test('every byte replaced by any other: an end, and no error', () => {
    for (let at = 0; at < sample.length; at++) {
      for (const value of [0x00, 0x5b, 0x70, 0xff]) {
        const bytes = sample.slice();
        bytes[at] = value;
        namespace(bytes);
      }
    }
  });

  test('any terms at all: an end, and no error', () => {
    const piece = fc.oneof(
      fc.constantFrom(zero, one, MEM0, raw('GET0'), raw('STAT'), local(0), le8(0x68), byte(3)),
      fc
        .constantFrom(0x70, 0x71, 0x83, 0x88, 0xa0, 0xa1, 0xa2, 0xa4, 0x14, 0x12, 0x87)
        .map((op) => le8(op)),
      fc.nat({ max: 255 }).map((value) => le8(value)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        namespace(sample, method('_INI', ...pieces), ...pieces);
      }),
      { numRuns: 500 },
    );
  });

  test('calls that double with each method end all the same', () => {
    const names = Array.from({ length: 40 }, (_, i) => `M${String(i).padStart(3, '0')}`);
    const methods = names.map((of, i) => {
      const next = names[i + 1];
      return next === undefined
        ? method(of, Return(one))
        : method(of, Return(Add(raw(next), raw(next))));
    });
    expect(uid(methods, Return(raw('M000')))).toEqual(expect.anything());
  });
});

test('a package is read whatever its size', () => {
  const rows = Array.from({ length: 1500 }, () => list(...Array.from({ length: 100 }, () => zero)));
  const body = joined([le8(0xff), ...rows]);
  const size = body.length + 4;
  const length = le8(0xc0 | (size & 0xf), (size >> 4) & 0xff, (size >> 12) & 0xff, size >> 20);
  const found = namespace(name('PKG0', le8(0x12), length, body), device('DEV0'));
  expect([paths(found), found.notes]).toEqual([['\\DEV0'], []]);
});

test('20,000 devices are read in less than a second or so', () => {
  const all = Array.from({ length: 20_000 }, (_, i) =>
    device(
      `D${i.toString(36).toUpperCase().padStart(3, '0')}`,
      name('_UID', joined([le8(0x0c), le32(i)])),
    ),
  );
  const start = performance.now();
  expect(namespace(...all).devices).toHaveLength(20_000);
  expect(performance.now() - start).toBeLessThan(10_000);
});
