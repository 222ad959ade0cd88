// Real kernels grouped these functions: x86 and ACPI, where ACS is asked for before PCI is scanned and
// every function that has a group got it in the order of the buses.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { sequentially } from '../../src/explore/index.ts';
import { parseLspci } from '../../src/firmware/index.ts';
import {
  defaultKconfig,
  IS_ERR,
  type iommu_group,
  withCommandLine,
} from '../../src/linux/index.ts';
import { buildKernel, type Machine } from '../../src/machine/index.ts';
import { createPciDevices } from '../../src/machine/pci.ts';
import { designOf } from '../../src/series/index.ts';

const folder = new URL('../fixtures/groups/', import.meta.url);

interface Observed {
  readonly kernel: string;
  readonly cmdline: string;
  readonly groups: readonly (readonly string[])[];
}

const captures = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

function textOf(path: string): string {
  return readFileSync(new URL(path, folder), 'utf8');
}

function machineOf(name: string): Machine {
  const devices = createPciDevices(parseLspci(textOf(`${name}/lspci.txt`)), [], []);
  const nothing = { model: '', compatible: [], hostBridges: [], notes: [] };
  return { firmware: 'acpi', fdt: null, devices, ...nothing };
}

test.each(captures)('%s', (name) => {
  const { kernel, cmdline, groups }: Observed = JSON.parse(textOf(`${name}/groups.json`));
  // What it does with the command line changed between the two.
  const design = designOf(kernel.startsWith('6.1.') ? 'v6.7' : 'v6.12');
  const config = withCommandLine(cmdline, defaultKconfig);
  const grouped = new Set(groups.flat());
  const made = new Map<iommu_group, string[]>();
  sequentially((world) => {
    const { k, devices } = buildKernel(world, design, config, machineOf(name));
    world.runAlone('scan', function* () {
      yield* k.pci_request_acs();
      for (const dev of devices.values()) {
        if (dev.pci !== null) yield* k.pci_scan_slot(dev, dev.pci);
      }
      for (const [of, dev] of devices) {
        if (!grouped.has(of.name)) continue;
        const group = yield* k.pci_device_group(dev);
        if (group === null || IS_ERR(group)) throw new Error(`${of.name} has no group`);
        dev.iommu_group.value = group;
        made.set(group, [...(made.get(group) ?? []), of.name].sort());
      }
    });
  });
  const sorted = (partition: Iterable<readonly string[]>) => [...partition].map(String).sort();
  expect(sorted(made.values())).toEqual(sorted(groups));
});
