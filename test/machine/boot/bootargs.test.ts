// The command line that a boot loader leaves in the devicetree.
import { describe, expect, test } from 'vitest';
import { parseFdt } from '../../../src/firmware/index.ts';
import { defaultKconfig } from '../../../src/linux/index.ts';
import {
  assumedKernel,
  asTold,
  inspect,
  kconfigFor,
  machineFromDevicetree,
  machineFromFunctions,
} from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { blob, node, prop, text } from '../../firmware/fdt-builder.ts';
import { filesOf, machineOf, pciOf } from '../capture/packed-captures.ts';

function machineWith(bootargs: string) {
  const chosen = node('chosen', [prop('bootargs', text(bootargs))]);
  const tree = blob(node('', [], [chosen]));
  return machineFromDevicetree(parseFdt(tree), new Map());
}

function passthrough(bootargs: string, cmdline: string | null): boolean | null {
  const machine = machineWith(bootargs);
  return kconfigFor(machine, { kconfig: {}, cmdline }).iommu_passthrough;
}

test('/chosen/bootargs is the command line of the kernel', () => {
  expect(passthrough('quiet iommu.passthrough=1', null)).toBe(true);
  expect(passthrough('quiet', null)).toBe(defaultKconfig.iommu_passthrough);
});

test('a command line that somebody types replaces it', () => {
  expect(passthrough('iommu.passthrough=1', 'iommu.passthrough=0')).toBe(false);
  expect(passthrough('iommu.passthrough=1', '')).toBeNull();
});

test('what Linux would not understand in it changes nothing', () => {
  expect(passthrough('iommu.passthrough=perhaps \x1b[31m', null)).toBeNull();
});

test('its bytes are cut as the typed ones are', () => {
  const options = '"iommu.passthrough=1" x="y\u00a0 iommu.passthrough=0"';
  expect(passthrough(options, null)).toBe(true);
  expect(passthrough('', options)).toBe(true);
  // A no-break space is two bytes as text, one of which is a space.
  expect(passthrough('', 'x\u00a0iommu.passthrough=1')).toBe(true);
});

test.each<[bootargs: string, cmdline: string | null, assumed: string[]]>([
  ['iommu.passthrough=1', null, ['bootargs']],
  ['', null, ['command-line']],
  ['iommu.passthrough=1', '', []],
])('what a command line of %j and one of %j rest on', (bootargs, cmdline, expected) => {
  const machine = machineWith(bootargs);
  const said = { iommu_passthrough: true };
  const config = { ...kconfigFor(machine, { kconfig: {}, cmdline }), ...said };
  const assumed = assumedKernel(machine, { kconfig: {}, cmdline }, config);
  expect(assumed.map((text) => text.split(':')[0])).toEqual(expected);
});

describe('acpi=off', () => {
  const told = (machine: Parameters<typeof asTold>[0], cmdline: string) => {
    const config = kconfigFor(machine, { kconfig: {}, cmdline });
    return inspect(asTold(machine, cmdline, config), designOf('v7.3'), config);
  };

  test('leaves functions of x86 without an IOMMU, whatever tables say', () => {
    const tables = machineOf('x86-vtd-p2p-k7.3');
    const alone = machineFromFunctions(pciOf(filesOf('x86-vtd-p2p-k7.3')));
    for (const machine of [tables, alone]) {
      expect(told(machine, 'intel_iommu=on').groups).not.toEqual([]);
      const { devices, groups, iommus, notes } = told(machine, 'intel_iommu=on acpi=off');
      expect([groups, iommus]).toEqual([[], []]);
      expect(new Set(devices.map(({ bus, outcome }) => `${bus} ${outcome}`))).toEqual(
        new Set(['pci direct']),
      );
      expect(notes[0]).toBe('acpi=off: Linux reads no table, and finds no IOMMU by one');
    }
  });

  test.each(['on', 'force'])('acpi=%s wants tables that a devicetree does not show', (word) => {
    const machine = machineOf('dtb-map-partial-k6.12');
    const { notes, ...rest } = told(machine, `acpi=${word}`);
    const { notes: others, ...without } = told(machine, '');
    expect(notes).toEqual([expect.stringMatching(`^acpi=${word}: Linux takes tables`), ...others]);
    expect(rest).toEqual(without);
    expect(told(machine, `acpi=${word} acpi=off`).notes).toEqual(others);
  });

  test.each([
    ['pci=off', ['pci=off']],
    ['pci=noats,noacpi pci=realloc acpi=noirq', ['pci=noacpi', 'acpi=noirq']],
    ['pci=realloc acpi=strict pcie_aspm=off', []],
  ])('has company that is not modelled, and says so: %s', (cmdline, expected) => {
    const machine = machineOf('x86-vtd-p2p-k7.3');
    const added = told(machine, cmdline).notes.filter(
      (note) => !told(machine, '').notes.includes(note),
    );
    expect(added.map((note) => note.split(' ')[0])).toEqual(expected);
    for (const note of added) expect(note).toMatch(/that is not modelled$/);
  });

  test('changes nothing where there is a devicetree', () => {
    const machine = machineOf('dtb-map-partial-k6.12');
    expect(told(machine, 'acpi=off')).toEqual(told(machine, ''));
  });
});
