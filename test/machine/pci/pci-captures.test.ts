// Real kernels grouped these functions: x86 and ACPI, where ACS is asked for before PCI is scanned and
// every function that has a group got it in the order of the buses.
import { expect, test } from 'vitest';
import { sequentially } from '../../../src/explore/index.ts';
import {
  defaultKconfig,
  IS_ERR,
  type iommu_group,
  withCommandLine,
} from '../../../src/linux/index.ts';
import { createPciDevices } from '../../../src/machine/firmware/pci.ts';
import { buildKernel, type Machine } from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { answersOf, filesOf, pciOf } from '../capture/packed-captures.ts';

interface Answers {
  readonly kernel: string;
  readonly cmdline: string;
  readonly groups: Readonly<Record<string, { readonly devices: readonly string[] }>>;
}

/** Root ports, switches, conventional bridges, multifunction cards, several root buses, SR-IOV. */
const names = [
  ...['a64-acpi-smmu-configacs-k6.12', 'a64-acpi-smmu-p2p-k7.3'],
  ...['x86-amdvi-multi-k6.12', 'x86-amdvi-p2p-k7.3', 'x86-amdvi-pxb-k6.12', 'x86-amdvi-sriov-k7.3'],
  ...['x86-vtd-ioh3420-k6.12', 'x86-vtd-legacy-k7.3', 'x86-vtd-ovmf-k6.1', 'x86-vtd-switch-k6.12'],
  ...['x86-vtd-noredir-k6.1', 'x86-vtd-noredir-k7.3'],
];

function machineOf(name: string): Machine {
  const devices = createPciDevices(pciOf(filesOf(name)), [], []);
  const nothing = { model: '', compatible: [], hostBridges: [], notes: [] };
  return { firmware: 'acpi', fdt: null, devices, ...nothing };
}

test.each(names)('%s', (name) => {
  const { kernel, cmdline, groups: observed }: Answers = JSON.parse(answersOf(name));
  const groups = Object.values(observed).map(({ devices }) => devices.toSorted());
  // What it does with the command line changed between the two.
  const design = designOf(kernel.startsWith('6.1.') ? 'v6.1' : 'v6.12');
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
