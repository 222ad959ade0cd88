import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapeText } from '../../../src/util/index.ts';
import type { DeviceFacts, MachineFacts } from '../../../web/machine/facts.ts';
import { Marks } from '../../../web/machine/marks.ts';
import { found } from '../../../web/machine/search/found.ts';
import { columns } from '../../../web/machine/table/columns.ts';
import { chosenRows, rowsOf, tsvOf } from '../../../web/machine/table/rows.ts';
import { anyFacts } from './any-facts.ts';

const unsorted = { column: null, descending: false };

function column(key: string) {
  const some = columns.find((of) => of.key === key);
  if (some === undefined) throw new Error(`no column ${key}`);
  return some;
}

describe('the rows of the table', () => {
  test('are all devices, each once, in any order', () => {
    fc.assert(
      fc.property(anyFacts, fc.constantFrom(...columns), fc.boolean(), (facts, by, descending) => {
        const rows = rowsOf(facts, new Marks(facts));
        const sorted = chosenRows(rows, null, null, { column: by, descending });
        const devices = sorted.map(({ device }) => device).sort((a, b) => a - b);
        expect(devices).toEqual(facts.devices.map((_device, i) => i));
      }),
    );
  });

  test('are sorted by numbers where there are numbers, those that have none behind', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const rows = rowsOf(facts, new Marks(facts));
        const sorted = chosenRows(rows, null, null, { column: column('group'), descending: false });
        const groups = sorted.map(({ of }) => of.group ?? 1e9);
        expect(groups).toEqual([...groups].sort((a, b) => a - b));
      }),
    );
  });

  test('are those of the outcomes that were chosen, and that were searched for', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const rows = rowsOf(facts, new Marks(facts));
        const hits = new Set([0, 1, 2]);
        for (const { device, of } of chosenRows(rows, new Set(['failed']), hits, unsorted)) {
          expect(of.outcome).toBe('failed');
          expect(hits).toContain(device);
        }
      }),
    );
  });

  test('are lines of as many cells as there are columns when they are copied, whatever names are', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const text = tsvOf(rowsOf(facts, new Marks(facts)));
        const lines = text.slice(0, -1).split('\n');
        expect(lines).toHaveLength(facts.devices.length + 1);
        for (const line of lines) expect(line.split('\t')).toHaveLength(columns.length);
        const shown = text.replaceAll('\t', '').replaceAll('\n', '');
        expect(escapeText(shown)).toBe(shown);
      }),
    );
  });

  test('begin no cell as a formula when they are copied', () => {
    const facts = machine({ name: '=cmd|x', what: '@SUM(1)' });
    expect(tsvOf(rowsOf(facts, new Marks(facts)))).toMatch(/^'=cmd\|x\t.*\t'@SUM\(1\)$/m);
  });
});

describe('the search', () => {
  const device = {
    name: '0000:01:00.0',
    path: 'devices/platform/4010000000.pcie/pci0000:00/0000:01:00.0',
    outcome: 'translated',
    iommus: [{ iommu: 'smmu0', ids: [{ id: 0x108, mask: 0xf }] }],
    group: 3,
    compatible: ['acme,nic'],
    what: 'Ethernet controller',
  } as const;
  const facts = machine(device, { name: 'serial0', group: 31 });

  test.each([
    ['its name', '01:00.0'],
    ['its path', '4010000000.PCIE'],
    ['its IOMMU', 'smmu0'],
    ['its ID', '0x108'],
    ['an ID that its mask takes in', '0x10c'],
    ['its group', 'group 3'],
    ['what it is compatible with', 'acme,nic'],
    ['the driver of its IOMMU', 'arm-smmu-v3'],
    ['its outcome', 'translated'],
    ['several words', 'ethernet group 3 0000'],
  ])('finds a device by %s', (_what, text) => {
    expect(found(facts, text)).toEqual([0]);
  });

  test.each([
    ['another ID', '0x118'],
    ['a group that begins alike', 'group 311'],
    ['one of two words', 'ethernet nothing'],
  ])('does not find it by %s', (_what, text) => {
    expect(found(facts, text)).toEqual([]);
  });

  test('has devices first whose names are meant', () => {
    const some = machine({ name: 'clock', what: 'gpucc' }, { name: '5000000.gpu' }, { name: 'x' });
    expect(found(some, 'gpu')).toEqual([1, 0]);
  });

  test('finds nothing and hides nothing without a word', () => {
    expect(found(facts, '  ')).toBeNull();
  });
});

test('findings are counted once at each device that they are about, notes are not', () => {
  const finding = { rule: 'x', property: null, offset: null, message: '', help: '' };
  const named = machine({ name: 'a', node: '/a' }, { name: 'b', node: '/b' });
  const facts: MachineFacts = {
    ...named,
    document: {
      ...named.document,
      findings: [
        { ...finding, severity: 'note', node: '/a' },
        { ...finding, severity: 'warning', node: '/a', devices: ['a', 'b'] },
        { ...finding, severity: 'error', node: '/c', nodes: ['/c', '/b'] },
      ],
    },
  };
  const marks = new Marks(facts);
  expect(facts.devices.map((of) => marks.of(of))).toEqual([
    { errors: 0, warnings: 1 },
    { errors: 1, warnings: 1 },
  ]);
  expect(marks.findings.map(({ finding: { severity }, devices }) => [severity, devices])).toEqual([
    ['error', [1]],
    ['warning', [0, 1]],
    ['note', [0]],
  ]);
});

function machine(...some: readonly Partial<DeviceFacts>[]): MachineFacts {
  const devices = some.map(
    (device): DeviceFacts => ({
      name: '',
      path: '',
      bus: 'platform',
      firmware_node: null,
      outcome: 'direct',
      errno: null,
      iommus: [],
      group: null,
      domain: null,
      reasons: [],
      parent: null,
      root: null,
      node: null,
      compatible: [],
      what: '',
      ...device,
    }),
  );
  const iommu = { name: 'smmu0', path: '/smmu', compatible: [], driver: 'arm-smmu-v3' } as const;
  return {
    document: {
      version: 1,
      command: 'inspect',
      kernel: 'v7.3',
      machine: { firmware: 'devicetree', model: '', compatible: [] },
      iommus: [{ ...iommu, state: 'registered', cells: 1 }],
      devices,
      absent: [],
      groups: [],
      findings: [],
      notes: [],
    },
    devices,
    roots: [],
  };
}
