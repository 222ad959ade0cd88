// What firmware is told when it asks which system it runs.
import { describe, expect, test } from 'vitest';
import { readAcpi } from '../../../src/firmware/index.ts';
import { osiNames } from '../../../src/linux/index.ts';
import { asTold, inspect, kconfigFor, machineFromAcpi } from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { edited, le8, table } from '../../firmware/acpi-builder.ts';
import { device, method, name, scope, text } from '../../firmware/aml-builder.ts';
import { joined, raw } from '../../firmware/fdt-builder.ts';

/** A device that is there for those who know a name. */
const asking = (of: string, what: string) =>
  device(
    of,
    name('_HID', text(`EXMP00${of.slice(2)}`)),
    method('_STA', le8(0xa4), raw('_OSI'), text(what)),
  );
const asked = [
  ['DV01', 'Windows 2021'],
  ['DV02', 'Windows 2022'],
  ['DV03', 'Linux'],
  ['DV04', 'Darwin'],
  ['DV05', 'Processor Device'],
  ['DV06', 'Extended Address Space Descriptor'],
] as const;

function presentOn(kernel: string, cmdline: string | null, vendor = 'OEMID '): string[] {
  const terms = scope('\\_SB_', ...asked.map(([of, what]) => asking(of, what)));
  const dsdt = edited(edited(table('DSDT', terms), 8, le8(2)), 10, raw(vendor));
  const acpi = readAcpi([{ name: 'dsdt', bytes: joined([dsdt]) }]);
  const given = machineFromAcpi(acpi, new Map());
  const design = designOf(kernel);
  const config = kconfigFor(given, { kconfig: {}, cmdline }, design);
  const { devices } = inspect(asTold(given, cmdline, config, design), design, config);
  const found = devices.map((of) => of.name);
  return asked.filter((_of, i) => found.includes(`EXMP000${i + 1}:00`)).map(([, what]) => what);
}

const features = ['Processor Device', 'Extended Address Space Descriptor'];

test.each([
  ['v6.1', 'as it is', null, ['Windows 2021', ...features]],
  ['v6.8', 'as it is', null, ['Windows 2021', ...features]],
  ['v6.12', 'as it is', null, ['Windows 2021', 'Windows 2022', ...features]],
  ['v7.3', 'as it is', null, ['Windows 2021', 'Windows 2022', ...features]],
  [
    'v7.3',
    'with a name more',
    'acpi_osi=Linux',
    ['Windows 2021', 'Windows 2022', 'Linux', ...features],
  ],
  ['v7.3', 'with one less', 'acpi_osi="!Windows 2022"', ['Windows 2021', ...features]],
  ['v7.3', 'without systems', 'acpi_osi=!', features],
  ['v7.3', 'without anything', 'acpi_osi=!*', []],
  ['v7.3', 'with one name and no other', 'acpi_osi=!* acpi_osi="Windows 2021"', ['Windows 2021']],
  ['v7.3', 'as Darwin', 'acpi_osi=Darwin', ['Darwin', ...features]],
] as const)('%s %s answers to what it knows', (kernel, _how, cmdline, expected) => {
  expect(presentOn(kernel, cmdline)).toEqual(expected);
});

test('without a method, asking fails, and objects whose status fails are there', () => {
  expect(presentOn('v7.3', 'acpi_osi=')).toHaveLength(asked.length);
});

test('on a machine of Apple Linux is Darwin, unless it is told otherwise', () => {
  expect(presentOn('v7.3', null, 'APPLE ')).toEqual(['Darwin', ...features]);
  expect(presentOn('v7.3', 'acpi_osi=!Darwin', 'APPLE ')).toEqual([
    'Windows 2021',
    'Windows 2022',
    ...features,
  ]);
});

describe('what is read again', () => {
  test('is said in notes once', () => {
    const complex = device('MC00', name('_HID', text('NXP0008')));
    const bytes = edited(table('DSDT', asking('DV01', 'Windows 2021'), complex), 8, le8(2));
    const given = machineFromAcpi(readAcpi([{ name: 'dsdt', bytes }]), new Map());
    expect(given.notes).toEqual([expect.stringMatching(/^NXP0008:00: the devices/)]);
    const told = { ...given, notes: ['from elsewhere', ...given.notes] };
    const again = asTold(
      told,
      null,
      kconfigFor(given, { kconfig: {}, cmdline: null }),
      designOf('v6.1'),
    );
    expect(again.notes).toEqual(told.notes);
  });

  test('is nothing where the answers are the same', () => {
    const bytes = table('DSDT', asking('DV01', 'Windows 2021'));
    const given = machineFromAcpi(readAcpi([{ name: 'dsdt', bytes }]), new Map());
    const config = kconfigFor(given, { kconfig: {}, cmdline: null });
    expect(asTold(given, null, config, designOf('v7.3'))).toBe(given);
  });
});

test('a name that is told twice is as it was told last', () => {
  const names = osiNames({ newestWindows: 'Windows 2009' }, ['Linux', '!Linux']);
  expect(names).not.toContain('Linux');
  expect(names).toContain('Windows 2009');
  expect(names).not.toContain('Windows 2012');
});
