// PCI functions without firmware are a machine by themselves.
import { describe, expect, test } from 'vitest';
import { parsePciConfig } from '../../../src/firmware/index.ts';
import {
  asTold,
  type GroupsReport,
  groupsOf,
  inspect,
  kconfigFor,
  machineFromFunctions,
  withShortDumps,
} from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { captures, filesOf, machineOf, pciOf } from '../capture/packed-captures.ts';
import { configSpace } from './config-space.ts';

const nothing = { kconfig: {}, cmdline: null };
const design = designOf('v7.3');

function groupsAlone(pci: ReadonlyMap<string, Uint8Array>, cmdline: string | null = null) {
  const functions = machineFromFunctions(pci);
  const config = kconfigFor(functions, { kconfig: {}, cmdline });
  return groupsOf(asTold(functions, cmdline, config), design, config);
}

function sets({ groups }: Pick<GroupsReport, 'groups'>): string[] {
  return groups.map(({ devices }) => devices.map(({ name }) => name).join(' ')).sort();
}

/** Machines all of whose functions are behind IOMMUs of Intel. */
const whole = captures.filter((name) =>
  /^x86-vtd-(?:p2p|rp|switch|noredir|legacy)-k7\.3$/.test(name),
);

test.each(whole)('the groups of %s are those that the machine has with its tables', (name) => {
  const machine = machineOf(name);
  const withTables = groupsOf(machine, design, kconfigFor(machine, nothing));
  expect(withTables.groups.length).toBeGreaterThan(2);
  expect(sets(groupsAlone(pciOf(filesOf(name))))).toEqual(sets(withTables));
});

const functions = pciOf(filesOf('x86-vtd-p2p-k7.3'));

test('says that there is no firmware, and what is assumed', () => {
  const machine = machineFromFunctions(functions);
  const found = inspect(machine, design, kconfigFor(machine, nothing));
  expect(found.machine.firmware).toBe('none');
  expect(found.iommus).toEqual([]);
  expect(found.notes[0]).toMatch(/^assumed: every function is behind one IOMMU/);
});

describe('whose IOMMU is assumed', () => {
  const bridge = '0000:00:01.0';
  const unit = '0000:00:00.2';
  const amd = configSpace({
    ids: [0x1022, 0x1631],
    code: 0x080600,
    words: [
      [0x06, 0x10],
      [0x34, 0x40],
      [0x40, 0x640f],
      [0x64, 0x0005],
    ],
  });
  const ofAmd = new Map([
    [unit, amd],
    [bridge, configSpace({ type: 4, multifunction: true, secondary: 1 })],
    ['0000:01:00.0', configSpace({ type: 0 })],
  ]);
  const found = (pci: ReadonlyMap<string, Uint8Array>, kind: 'intel' | 'amd' | 'arm' | null) => {
    const machine = machineFromFunctions(pci, kind);
    return inspect(machine, design, kconfigFor(machine, nothing));
  };

  test.each([
    ['intel', functions, 'assumed', /VT-d/],
    ['arm', functions, 'arm-smmu-v3.0.auto', /SMMUv3/],
    ['amd', ofAmd, 'ivhd0', /AMD/],
    [null, ofAmd, 'ivhd0', /AMD/],
    [null, functions, 'assumed', /VT-d/],
  ] as const)('%s', (kind, pci, name, said) => {
    const { devices, notes } = found(pci, kind);
    const behind = devices.flatMap(({ iommus }) => iommus.map(({ iommu }) => iommu));
    expect([...new Set(behind)]).toEqual([name]);
    expect(notes[0]).toMatch(said);
  });

  test('AMD’s own function is in no group, as Linux leaves it', () => {
    const device = (kind: 'intel' | 'amd') =>
      found(ofAmd, kind).devices.find(({ name }) => name === unit);
    expect(device('amd')).toMatchObject({ group: null, reasons: ['it is the IOMMU ivhd0 itself'] });
    expect(device('intel')?.group).not.toBeNull();
  });

  test('AMD’s, of which none is shown, is an error', () => {
    expect(() => machineFromFunctions(functions, 'amd')).toThrow(
      /no function .* is an IOMMU of AMD/,
    );
  });

  test('each segment has one', () => {
    const segments = new Map(
      ['0000:00:01.0', '0001:00:01.0'].map((name) => [name, configSpace({ type: 0 })]),
    );
    const used = (kind: 'intel' | 'arm') =>
      found(segments, kind).devices.flatMap(({ iommus }) => iommus.map(({ iommu }) => iommu));
    expect(used('intel')).toEqual(['assumed', 'assumed1']);
    expect(used('arm')).toEqual(['arm-smmu-v3.0.auto', 'arm-smmu-v3.1.auto']);
  });
});

describe('a dump that is not whole', () => {
  const shorter = (length: number) =>
    new Map([...functions].map(([name, bytes]) => [name, bytes.subarray(0, length)]));

  test('of an ordinary user: said, and nothing concluded from what is missing', () => {
    const machine = machineFromFunctions(shorter(64));
    const { notes, findings } = inspect(machine, design, kconfigFor(machine, nothing));
    expect(notes.join()).toMatch(/only the header of 0000:00:04\.0 and \d+ more could be read/);
    expect(findings.map(({ rule }) => rule)).not.toContain('pci-legacy-bridge');
  });

  test('without extended capabilities: said', () => {
    const pci = shorter(256);
    const sources = new Map([...pci].map(([name, bytes]) => [name, { file: 'lspci.txt', bytes }]));
    const { notes } = withShortDumps({ ...machineFromFunctions(pci), sources });
    expect(notes.join()).toMatch(/only 256 bytes of .*ACS is not seen/);
  });
});

test('pcie_acs_override= changes nothing, and what it would hide is said', () => {
  const noRedirect = pciOf(filesOf('x86-vtd-rp-k7.3'));
  // Ports as they are without ACS: the capability is of a kind that nobody knows.
  const open = new Map(
    [...noRedirect].map(([name, bytes]) => {
      const copy = bytes.slice();
      const acs = parsePciConfig(bytes).acs;
      if (acs !== null) copy[acs.offset] = 0x7f;
      return [name, copy];
    }),
  );
  const plain = groupsAlone(open);
  const patched = groupsAlone(open, 'quiet pcie_acs_override=downstream');
  expect(sets(patched)).toEqual(sets(plain));
  const said = patched.notes.filter((note) => note.includes('pcie_acs_override=downstream'));
  expect(said[0]).toContain('no release of Linux has this option');
  expect(said[1]).toMatch(/hide that these do not isolate.*0000:00:\w\w\.\d, above 0000:/);
  expect(plain.notes.join()).not.toContain('pcie_acs_override');
});
