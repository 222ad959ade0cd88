// Code that reads the configuration space of PCI functions.
import { expect, test } from 'vitest';
import { type AcpiDevice, numberOf, readAcpi, readNamespace } from '../../src/firmware/index.ts';
import { configSpace } from '../machine/pci/config-space.ts';
import { edited, le8, le32, table } from './acpi-builder.ts';
import { byte, device, method, name, pkg, scope, text } from './aml-builder.ts';
import { joined, raw } from './fdt-builder.ts';

const number = (value: number) => joined([le8(0x0c), le32(value)]);
const space = (of: number, start = 0) =>
  joined([
    joined([le8(0x5b, 0x80), raw('REGS'), le8(of), byte(start), byte(4)]),
    joined([le8(0x5b, 0x81), pkg(raw('REGS'), le8(0), raw('VEND'), le8(0x10))]),
  ]);
const read = method('_STA', le8(0xa4), raw('VEND'));
const overwritten = method('_STA', le8(0x70), byte(1), raw('VEND'), le8(0xa4), raw('VEND'));
const at = (slot: number) => name('_ADR', number(slot << 16));
const host = (...terms: readonly Uint8Array[]) =>
  scope('\\_SB_', device('PCI0', name('_HID', text('PNP0A08')), ...terms));
const probe = (...terms: readonly Uint8Array[]) => device('DEV0', ...terms);

const functions = new Map([
  ['0000:00:1f.0', configSpace({ ids: [0x8086, 1], type: 0 })],
  ['0000:00:1c.0', configSpace({ type: 4, secondary: 3 })],
  ['0000:03:00.0', configSpace({ ids: [0x1022, 1], type: 0 })],
  ['0001:40:00.0', configSpace({ ids: [0x19e5, 1], type: 0 })],
]);

function found(term: Uint8Array, shown: ReadonlyMap<string, Uint8Array> = functions): AcpiDevice {
  const { tables } = readAcpi(edited(table('DSDT', term), 8, le8(2)));
  const of = readNamespace(tables, { functions: shown }).devices.find(({ path }) =>
    path.endsWith('DEV0'),
  );
  if (of === undefined) throw new Error('no device');
  return of;
}

test.each([
  ['its own function', host(probe(at(0x1f), space(2), read)), 0x8086n],
  ['the function that it is below', host(device('LPC0', at(0x1f), space(2), probe(read))), 0x8086n],
  ['an address that comes later', host(probe(space(2), read, at(0x1f))), 0x8086n],
  ['the bus behind a port', host(device('RP00', at(0x1c), probe(at(0), space(2), read))), 0x1022n],
  [
    'the segment and the bus of the host bridge',
    host(name('_SEG', byte(1)), name('_BBN', byte(0x40)), probe(at(0), space(2), read)),
    0x19e5n,
  ],
  ['a function that is not shown', host(probe(at(0x1e), space(2), read)), null],
  ['bytes behind those that are shown', host(probe(at(0x1f), space(2, 0xff), read)), 0n],
  ['what was stored there', host(probe(at(0x1f), space(2), overwritten)), null],
  [
    'an address that code gives',
    host(probe(method('_ADR', le8(0xa4), number(0x1f << 16)), space(2), read)),
    null,
  ],
  ['no host bridge above', probe(at(0x1f), space(2), read), null],
  ['memory', host(probe(at(0x1f), space(0), read)), null],
] as const)('of %s', (_what, term, value) => {
  const of = found(term);
  expect(numberOf(of, '_STA')).toBe(value);
  if (value === null) expect(of.unknown?.get('_STA')).toMatch(/ at \\/);
});

test('of a function whose first bytes alone are shown, no more is known', () => {
  const term = host(probe(at(0x1f), space(2, 0x3e), read));
  const short = new Map([['0000:00:1f.0', configSpace({ type: 0 }).subarray(0, 0x40)]]);
  expect(numberOf(found(term, short), '_STA')).toBe(0n);
  const behind = host(probe(at(0x1f), space(2, 0x3f), read));
  expect(numberOf(found(behind, short), '_STA')).toBeNull();
});

test('without functions nothing is known', () => {
  expect(numberOf(found(host(probe(at(0x1f), space(2), read)), new Map()), '_STA')).toBeNull();
});
