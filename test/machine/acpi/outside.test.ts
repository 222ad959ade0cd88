// Tables that lead kernels outside of the memory that is theirs, or into a BUG.
import { describe, expect, test } from 'vitest';
import { readAcpi } from '../../../src/firmware/index.ts';
import { defaultKconfig } from '../../../src/linux/index.ts';
import {
  explain,
  groupsOf,
  type Inspection,
  inspect,
  kconfigFor,
  type Machine,
  machineFromAcpi,
} from '../../../src/machine/index.ts';
import { explainText, groupsText } from '../../../src/report/index.ts';
import { designOf } from '../../../src/series/index.ts';
import {
  aliasEntry,
  dmarOf,
  dmarScope,
  dmarStructure,
  drhd,
  edited,
  entry,
  iort,
  ivhd,
  ivrsOf,
  le8,
  le16,
  le32,
  type Mapping,
  rmr,
  rootComplex,
  smmuV3,
  summed,
  table,
} from '../../firmware/acpi-builder.ts';
import { device, name, scope as scopeTerm, text } from '../../firmware/aml-builder.ts';
import { raw } from '../../firmware/fdt-builder.ts';
import { configSpace } from '../pci/config-space.ts';

const slot = '0000:00:01.0';

function machineOf(...tables: readonly Uint8Array[]): Machine {
  const files = tables.map((bytes, i) => ({ name: `table${i}`, bytes }));
  return machineFromAcpi(readAcpi(files), new Map([[slot, configSpace({ type: 0 })]]));
}

function configOf(machine: Machine) {
  return kconfigFor(machine, { kconfig: {}, cmdline: null });
}

function deadly(machine: Machine, kernel = 'v7.3'): Inspection['findings'] {
  const { findings } = inspect(machine, designOf(kernel), configOf(machine));
  return findings.filter(({ kills, rule }) => kills !== undefined && rule !== 'ivrs-last-id');
}

describe('an entry of IVRS whose ID does not count', () => {
  const unitAt = 48;
  const ivrs = (own: number, ...entries: readonly Uint8Array[]) =>
    ivrsOf(ivhd(0x11, own, 0xfed8_0000, ...entries));
  const upTo = (last: number) => [entry(3, 0), entry(4, last)];
  /** An I/O APIC or an HPET with an ID of its own, and settings if any. */
  const ioapic = (id: number, settings: number) =>
    new Uint8Array([...le8(72), ...le16(0), ...le8(settings, 0), ...le16(id), ...le8(1)]);
  const all: readonly [string, string] = ['v6.1', 'v7.3'];
  const late: readonly [string, string] = ['v6.16', 'v7.3'];
  const behind = 8;

  test.each([
    ['an alias within a page of IDs', [...upTo(0x17), aliasEntry(66, 8, 0x1f)], late, 2 * 4],
    ['an alias within what the slab gives', [...upTo(0x16), aliasEntry(66, 8, 0x17)], null, 0],
    ['an alias beyond a page of IDs', [...upTo(0x17), aliasEntry(66, 8, 0x200)], all, behind],
    ['an I/O APIC without settings', [...upTo(0x3f), ioapic(0xa0, 0)], late, behind],
    [
      'an I/O APIC with settings, beyond a page of devices',
      [...upTo(0x3f), ioapic(0xa0, 0xd7)],
      all,
      behind,
    ],
    ['an I/O APIC that counts', [...upTo(0xff), ioapic(0xa0, 0xd7)], null, 0],
    ['an entry for all', [entry(1, 0), aliasEntry(66, 8, 0xffff)], null, 0],
    ['a range of aliases', [aliasEntry(67, 0, 0x300), entry(4, 0x17)], all, 0],
    ['a range of aliases without an end', [...upTo(0x17), aliasEntry(67, 0, 0x300)], null, 0],
  ] as const)('%s', (_what, entries, kernels, at) => {
    const found = deadly(machineOf(ivrs(8, ...entries)));
    const offset = unitAt + 40 + at;
    const how = 'write-outside';
    expect(found).toMatchObject(
      kernels === null
        ? []
        : [{ rule: 'ivrs-outside', severity: 'error', offset, kills: { how, kernels } }],
    );
    expect(found).toHaveLength(kernels === null ? 0 : 1);
  });

  test('can be that of the unit itself', () => {
    const found = deadly(machineOf(ivrs(0x400, ...upTo(0x17))));
    expect(found).toMatchObject([{ rule: 'ivrs-outside', offset: unitAt + 4 }]);
  });

  test('is one finding with others, the first of which are named', () => {
    const aliases = Array.from({ length: 300 }, (_, i) => aliasEntry(66, 8, 0x1000 + i));
    const found = deadly(machineOf(ivrs(8, ...upTo(0x17), ...aliases)));
    expect(found).toHaveLength(1);
    expect(found[0]?.message).toMatch(/ 0x1000, 0x1001, 0x1002, 0x1003 and 296 more /);
  });

  test('is named by groups and explain', () => {
    const machine = machineOf(ivrs(8, ...upTo(0x17), aliasEntry(66, 8, 0x200)));
    const design = designOf('v7.3');
    const config = configOf(machine);
    const texts = [
      groupsText(groupsOf(machine, design, config), 'v7.3'),
      explainText(explain(machine, slot, design, config), 'v7.3'),
    ];
    for (const lines of texts) {
      const text = lines.join(' ').replaceAll(/\s+/g, ' ');
      expect(text).toContain('Kernels that may not come up');
      expect(text).toContain('v6.1 to v7.3 write over memory that is not theirs');
    }
  });
});

describe('a mapping of IORT that leads', () => {
  const rootAt = 0x30;
  const mapAt = rootAt + 36;
  const smmuAt = mapAt + 2 * 20;
  const range = (from: number, reference: number): Mapping => ({
    from,
    count: 8,
    to: from,
    reference,
  });

  test.each([
    ['to nodes', [smmuAt, smmuAt], null],
    ['behind the table', [smmuAt, 0x4000], mapAt + 20],
    ['nowhere, and is not the first', [smmuAt, 0], mapAt + 20],
    ['nowhere, and is the first', [0, smmuAt], null],
    ['into the middle of a node', [smmuAt + 4, smmuAt], null],
  ] as const)('%s', (_what, [first, second], offset) => {
    const root = rootComplex(0, { mappings: [range(0, first), range(8, second)] });
    const found = deadly(machineOf(iort(root, smmuV3())));
    expect(found).toMatchObject(
      offset === null
        ? []
        : [{ offset, kills: { how: 'read-outside', kernels: ['v6.1', 'v7.3'] } }],
    );
  });

  test('from reserved memory is never followed', () => {
    const memory = rmr([{ ...range(0, 0x4000), flags: 1 }]);
    const findings = inspect(machineOf(iort(memory)), designOf('v7.3'), defaultKconfig).findings;
    const [finding] = findings.filter(({ rule }) => rule === 'iort-ref-not-a-node');
    expect(finding).not.toHaveProperty('kills');
  });

  test('is in an array that ends behind the table', () => {
    const table = iort(rootComplex(0, { mappings: [range(0, smmuAt)] }), smmuV3());
    const bytes = summed(edited(table, rootAt + 8, le32(400)));
    expect(deadly(machineOf(bytes))).toMatchObject([
      { rule: 'iort-map-outside', kills: { how: 'read-outside' } },
    ]);
  });
});

describe('objects of the namespace that DMAR numbers', () => {
  const object = (path: string) => device(path, name('_HID', text(`EXMP00${path.slice(2)}`)));
  const numbered = (number: number, path: string) =>
    dmarStructure(4, le8(0, 0, 0, number), raw(`\\_SB.${path}\0`));
  const unit = (...scopes: readonly Uint8Array[]) => drhd(0, 0xfed9_0000, ...scopes);
  const scope = (type: number, number: number) => dmarScope(type, number, 0, 4, 0);
  const machineWith = (...structures: readonly Uint8Array[]) =>
    machineOf(
      dmarOf(...structures),
      table('DSDT', scopeTerm('\\_SB_', object('DV01'), object('DV02'))),
    );

  test.each([
    ['one', [unit(scope(5, 9)), numbered(9, 'DV01')], null],
    [
      'two of one number',
      [unit(scope(5, 9)), numbered(9, 'DV01'), numbered(9, 'DV02')],
      48 + 24 + 18,
    ],
    [
      'two of one number, and a scope to spare',
      [unit(scope(5, 9), scope(1, 0)), numbered(9, 'DV01'), numbered(9, 'DV02')],
      null,
    ],
    [
      'two of one number, one of which is not there',
      [unit(scope(5, 9)), numbered(9, 'DV01'), numbered(9, 'DV03')],
      null,
    ],
  ] as const)('%s', (_what, structures, offset) => {
    for (const kernel of ['v6.1', 'v6.12', 'v7.3']) {
      const found = deadly(machineWith(...structures), kernel);
      expect(found).toMatchObject(
        offset === null
          ? []
          : [{ rule: 'kernel-crash', offset, kills: { how: 'panic', kernels: ['v6.1', 'v7.3'] } }],
      );
    }
  });
});
