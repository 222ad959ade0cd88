// Tables that kernels do not come back from, each read as Linux reads it.
import { describe, expect, test } from 'vitest';
import { readAcpi } from '../../../src/firmware/index.ts';
import {
  explain,
  groupsOf,
  type Inspection,
  inspect,
  kconfigFor,
  type Machine,
  machineFromAcpi,
} from '../../../src/machine/index.ts';
import { explainText, groupsText, verifyText } from '../../../src/report/index.ts';
import { designOf } from '../../../src/series/index.ts';
import {
  dmarOf as dmar,
  dmarScope,
  dmarStructure,
  drhd,
  edited,
  entry,
  iort,
  itsGroup,
  ivrsOf,
  le8,
  le16,
  le64,
  type Mapping,
  named,
  rootComplex,
  smmuV3,
  summed,
  ivhd as unitOf,
} from '../../firmware/acpi-builder.ts';
import { verificationOf } from '../capture/packed-captures.ts';
import { configSpace } from '../pci/config-space.ts';

const slot = '0000:00:01.0';
/** It has MSI, without which Linux does not use an IOMMU of AMD. */
const withMsi = configSpace({
  words: [
    [0x06, 0x10],
    [0x34, 0x40],
    [0x40, 0x05],
  ],
});
const functions = new Map([[slot, withMsi]]);

function machineOf(bytes: Uint8Array, pci: ReadonlyMap<string, Uint8Array> = functions): Machine {
  return machineFromAcpi(readAcpi([{ name: 'table', bytes }]), new Map(pci));
}

function configOf(machine: Machine, cmdline: string | null = null) {
  return kconfigFor(machine, { kconfig: {}, cmdline });
}

function inspected(machine: Machine, kernel = 'v7.3', cmdline: string | null = null): Inspection {
  return inspect(machine, designOf(kernel), configOf(machine, cmdline));
}

// ---- tables: the header of DMAR and that of IVRS have 48 bytes -----------------------------------

const scope = dmarScope(1, 0, 0, 1, 0);
const empty = edited(scope, 1, le8(0));
const unit = (...scopes: readonly Uint8Array[]) => drhd(0, 0xfed9_0000, ...scopes);
const memory = (...scopes: readonly Uint8Array[]) =>
  dmarStructure(1, le16(0, 0), le64(0x1000, 0x1fff), ...scopes);
const ports = (flags: number, ...scopes: readonly Uint8Array[]) =>
  dmarStructure(2, le8(flags, 0), le16(0), ...scopes);

const ivhd = (type: number, ...entries: readonly Uint8Array[]) =>
  unitOf(type, 8, 0xfed8_0000, ...entries);
const all = entry(1, 0);
const one = entry(2, 0x10);
const endless = entry(0xc0, 0);

const range = (reference: number, options: Partial<Mapping> = {}): Mapping => ({
  from: 0,
  count: 0x1_0000,
  to: 0,
  reference,
  ...options,
});
/** The first node. */
const rootAt = 0x30;
const rootSize = 36;

interface Case {
  readonly what: string;
  readonly bytes: Uint8Array;
  /** Where, null when kernels come up. */
  readonly at: [string, number] | null;
}

const cases: readonly Case[] = [
  { what: 'a unit of DMAR with a scope', bytes: dmar(unit(scope)), at: null },
  { what: 'a scope of length 0', bytes: dmar(unit(scope, empty)), at: ['DMAR', 48 + 16 + 8 + 1] },
  {
    what: 'a scope of length 0 of reserved memory',
    bytes: dmar(unit(scope), memory(empty)),
    at: ['DMAR', 48 + 24 + 24 + 1],
  },
  {
    what: 'a scope of length 0 of some ports',
    bytes: dmar(unit(scope), ports(0, empty)),
    at: ['DMAR', 48 + 24 + 8 + 1],
  },
  {
    what: 'a scope of length 0 of all ports, which is not read',
    bytes: dmar(unit(scope), ports(1, empty)),
    at: null,
  },
  {
    what: 'a scope of length 0 behind a structure of length 0',
    bytes: dmar(unit(scope), le16(0, 0), unit(empty)),
    at: null,
  },
  { what: 'a unit of IVRS for all devices', bytes: ivrsOf(ivhd(0x10, all)), at: null },
  {
    what: 'an entry without a length',
    bytes: ivrsOf(ivhd(0x10, one, endless)),
    at: ['IVRS', 48 + 24 + 4],
  },
  {
    what: 'an entry without a length behind one for all devices',
    bytes: ivrsOf(ivhd(0x10, all, endless)),
    at: null,
  },
  {
    what: 'an entry without a length in a block of a type that is not used',
    bytes: ivrsOf(ivhd(0x10, one, endless), ivhd(0x11, all)),
    at: null,
  },
  {
    what: 'a block of length 0',
    bytes: summed(edited(ivrsOf(ivhd(0x10, all), ivhd(0x10, all)), 48 + 28 + 2, le16(0))),
    at: ['IVRS', 48 + 28 + 2],
  },
  {
    what: 'a root complex whose mapping leads to itself',
    bytes: iort(rootComplex(0, { mappings: [range(rootAt)] })),
    at: ['IORT', rootAt + rootSize],
  },
  {
    what: 'two root complexes that lead to each other',
    bytes: iort(
      rootComplex(0, { mappings: [range(rootAt + rootSize + 20)] }),
      rootComplex(1, { mappings: [range(rootAt)] }),
    ),
    at: ['IORT', rootAt + 2 * rootSize + 20],
  },
  {
    what: 'an SMMU that leads to itself',
    bytes: iort(
      rootComplex(0, { mappings: [range(rootAt + rootSize + 20)] }),
      smmuV3({ mappings: [range(rootAt + rootSize + 20)] }),
    ),
    at: ['IORT', rootAt + rootSize + 20 + 68],
  },
  {
    what: 'a mapping to its own node that no function uses',
    bytes: iort(
      rootComplex(0, { mappings: [range(rootAt, { from: 0x100, count: 8, to: 0x100 })] }),
    ),
    at: null,
  },
  {
    what: 'a mapping to its own node that leads to an ID outside it',
    bytes: iort(rootComplex(0, { mappings: [range(rootAt, { count: 0x100, to: 0x100 })] })),
    at: null,
  },
  {
    what: 'mappings that lead to an ITS by way of an SMMU',
    bytes: iort(
      rootComplex(0, { mappings: [range(rootAt + rootSize + 20)] }),
      smmuV3({ mappings: [range(rootAt + rootSize + 20 + 88)] }),
      itsGroup(0),
    ),
    at: null,
  },
];

describe.each(cases)('$what', ({ bytes, at }) => {
  const machine = machineOf(bytes);

  test.each(['v6.1', 'v6.12', 'v7.3'])('is survived by %s, or not', (kernel) => {
    const { findings, devices } = inspected(machine, kernel);
    const deadly = findings.filter(({ severity, kills }) => severity === 'error' && kills);
    const failed = devices.filter(({ reasons }) =>
      reasons.includes('the kernel hangs while it boots'),
    );
    expect(failed.length).toBe(at === null ? 0 : devices.length);
    if (at !== null)
      expect(deadly).toMatchObject([
        { node: at[0], offset: at[1], kills: { how: 'hang', kernels: ['v6.1', 'v7.3'] } },
      ]);
  });

  test('is named by groups and explain', () => {
    const design = designOf('v7.3');
    const config = configOf(machine);
    const texts = [
      groupsText(groupsOf(machine, design, config), 'v7.3'),
      explainText(explain(machine, slot, design, config), 'v7.3'),
    ];
    for (const lines of texts) {
      const text = lines.join(' ').replaceAll(/\s+/g, ' ');
      const named = at === null ? null : `${at[0]} at offset 0x${at[1].toString(16)}: v6.1 to v7.3`;
      if (named !== null) expect(text).toContain(`${named} hang while they boot`);
    }
  });
});

test('a named component goes round in a circle by its single mapping', () => {
  const circle = range(rootAt, { count: 1, flags: 1 });
  const bytes = iort(named('\\_SB_.DEV0', { mappings: [circle] }));
  const [finding] = inspected(machineOf(bytes)).findings.filter(({ rule }) => rule === 'iort-loop');
  expect(finding).toMatchObject({ kills: { how: 'hang' } });
});

test.each([
  [dmar(unit(empty)), 'intel_iommu=off', true],
  [ivrsOf(ivhd(0x10, endless)), 'amd_iommu=off', false],
  [ivrsOf(ivhd(0x10, endless)), 'iommu=off', false],
])(
  'what the command line switches off is not read, but for remapping of interrupts',
  (bytes, cmdline, hangs) => {
    const { findings } = inspected(machineOf(bytes), 'v7.3', cmdline);
    expect(findings.some(({ rule }) => rule === 'kernel-hang')).toBe(hangs);
  },
);

test('a hang is one finding', () => {
  for (const { bytes, at } of cases.filter(({ at }) => at !== null)) {
    const errors = inspected(machineOf(bytes)).findings.filter(
      ({ severity, node }) => severity === 'error' && node === at?.[0],
    );
    expect(errors.filter(({ rule }) => !rule.startsWith('iort-ref'))).toHaveLength(1);
  }
});

test('verify names it, on a kernel that survives', () => {
  const name = 'x86-ivrs-range-k7.3';
  const verification = verificationOf(name);
  expect(verification.findings).toMatchObject([{ rule: 'ivrs-last-id' }, { rule: 'ivrs-outside' }]);
  const races = { raced: [], sought: [] };
  const whole = { capture: name, release: '7.3.4', kernel: 'v7.3', partial: false };
  const of = { ...whole, verification, races, error: null };
  expect(verifyText([of]).join(' ')).toContain('IVRS: v6.1 to v6.16 panic');
});

describe('an IVRS whose last ID is 0x17', () => {
  const bytes = ivrsOf(ivhd(0x10, entry(3, 0), entry(4, 0x17)));
  const rulesFor = (pci: ReadonlyMap<string, Uint8Array>, kernel: string) =>
    inspected(machineOf(bytes, pci), kernel).findings.filter(({ kills }) => kills !== undefined);

  test.each(['v6.1', 'v6.12', 'v6.16', 'v7.3'])(
    'without functions is known to kill kernels that %s may not be among',
    (kernel) => {
      expect(rulesFor(new Map(), kernel)).toMatchObject([
        {
          rule: 'ivrs-last-id',
          severity: 'note',
          kills: { how: 'panic', kernels: ['v6.1', 'v6.16'] },
          message: expect.stringMatching(
            /v6\.1 to v6\.15 from ID 0x200 on, v6\.16 from ID 0x18 on/,
          ),
        },
      ]);
    },
  );

  test('with a function that v6.16 alone does not survive kills that one', () => {
    const pci = new Map([...functions, ['0000:00:03.0', configSpace({ type: 0 })]]);
    expect(rulesFor(pci, 'v6.12')).toMatchObject([
      { rule: 'ivrs-last-id', kills: { kernels: ['v6.16', 'v6.16'] } },
    ]);
    expect(rulesFor(pci, 'v6.16')).toMatchObject([
      { rule: 'kernel-crash', kills: { kernels: ['v6.16', 'v6.16'] } },
    ]);
  });

  test('whose unit is no function that is there kills nobody: Linux has no IOMMU then', () => {
    const pci = new Map([['0000:00:03.0', configSpace({ type: 0 })]]);
    expect(rulesFor(pci, 'v6.16')).toEqual([]);
  });

  test('with no function beyond its end kills nobody', () => {
    expect(rulesFor(functions, 'v6.16')).toEqual([]);
  });
});
