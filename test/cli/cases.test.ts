// Small inputs from real machines, with the right answer: what was written down by others who had them.
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { loadMachine, sourceAt } from '../../src/cli/input/load.ts';
import { type Inspection, inspect, kconfigFor } from '../../src/machine/index.ts';
import { designOf } from '../../src/series/index.ts';

async function inspected(name: string, kernel: string): Promise<Inspection> {
  const path = fileURLToPath(new URL(`../fixtures/cases/${name}`, import.meta.url));
  const machine = await loadMachine(await sourceAt(path));
  const config = kconfigFor(machine, { kconfig: {}, cmdline: null });
  return inspect(machine, designOf(kernel), config);
}

const of = ({ devices }: Inspection, name: string) => devices.find((one) => one.name === name);

// Robin Murphy, linux-iommu, April 2025.
describe('N1SDP with a bridge to conventional PCI: one alias for two functions', () => {
  test.each(['v6.12', 'v6.15', 'v6.16', 'v7.3'])('costs the second one, in %s', async (kernel) => {
    const found = await inspected('n1sdp-pcie-to-pci-aliasing', kernel);
    const [bridge, first, second] = ['0000:04:00.0', '0000:05:04.0', '0000:05:05.0'].map((name) =>
      of(found, name),
    );
    expect(first?.group).toBe(bridge?.group);
    expect(first?.iommus[0]?.ids.map(({ id }) => id)).toEqual([0x520, 0x500]);
    expect(second).toMatchObject({ outcome: 'direct', group: null });
    const why = kernel === 'v6.12' ? /stream 1280 already in tree/ : /Aliasing StreamID 0x500/;
    expect(second?.reasons.join()).toMatch(why);
    expect(found.iommus.map(({ state }) => state)).toEqual(['registered', 'registered']);
  });
});

// "iommu: Resolve fwspec ops automatically" and its reports, July 2024.
test.each(['v6.12', 'v7.3'])('Jetson Nano: host1x has a group in %s', async (kernel) => {
  const found = await inspected('tegra-smmu-fwnode/machine.dtb', kernel);
  expect(of(found, '50000000.host1x')).toMatchObject({ outcome: 'identity', group: 0 });
});

test('what is below a VMD is translated by its unit', async () => {
  const found = await inspected('vmd-direct', 'v7.3');
  for (const name of ['0000:00:0e.0', '10000:e0:06.0', '10000:e1:00.0'])
    expect(of(found, name)).toMatchObject({ outcome: 'translated', group: 0 });
});

test('Aspire A315-41: MADT and IVRS call the I/O APICs differently', async () => {
  const { findings } = await inspected('ivrs-ioapic-madt/aspire-a315-41.txt', 'v7.3');
  const [found] = findings.filter(({ rule }) => rule === 'ivrs-ioapic');
  expect(found?.message).toContain('I/O APIC 4, 5');
  expect(found?.help).toContain('DMI');
});

test('1025 units of DMAR are none', async () => {
  const { iommus, findings } = await inspected('dmar-1025-units/DMAR.bin', 'v6.1');
  expect(new Set(iommus.map(({ state }) => state))).toEqual(new Set(['failed']));
  expect(findings.map(({ rule }) => rule)).toContain('dmar-units');
});
