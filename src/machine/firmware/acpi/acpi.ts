import {
  type Acpi,
  type IortNode,
  readNamespace,
  type ViotIommu,
  type ViotNode,
} from '../../../firmware/index.ts';
import {
  type acpi_fwnode,
  isManagementComplex,
  type OsiNames,
  osiNames,
  type Release,
  readAmdUnits,
} from '../../../linux/index.ts';
import { hex } from '../../../util/index.ts';
import type { Machine, MachineDevice, PciRoot } from '../../machine.ts';
import { architectureOf } from '../architecture.ts';
import { areTablesOfQemu, emulatedByQemu } from '../hypervisor.ts';
import { createPciDevices } from '../pci.ts';
import { pciName } from '../pci-names.ts';
import { createNamespaceDevices } from './namespace.ts';
import { unitsOf } from './units.ts';

/**
 * What Linux makes of ACPI tables, and of the PCI functions found by scanning: `pci` has their
 * configuration space by name.
 */
export function machineFromAcpi(
  acpi: Acpi,
  pci: ReadonlyMap<string, Uint8Array>,
  osi: OsiNames = osiNames(newest, [], isApple(acpi)),
): Machine {
  const read = readNamespace(acpi.tables, { functions: pci, osi });
  const namespace = createNamespaceDevices(read);
  const notes = read.notes.map(({ message, offset }) => `${message} (at ${hex(offset)})`);
  notes.push(...namespace.notes);
  const fwnodes = new Map<IortNode | ViotIommu, acpi_fwnode>();
  const smmus = createSmmus(acpi.iort?.nodes ?? [], fwnodes);
  const hasNamespace = acpi.tables.some(({ header }) => header.signature === 'DSDT');
  const roots = hasNamespace ? namespace.roots : assumedRoots(acpi, notes);
  const functions = createPciDevices(pci, roots, notes);
  const found = [...namespace.devices, ...functions];
  const devices = nameViommus(acpi.viot?.nodes ?? [], found, fwnodes, notes);
  notes.push(...notesOfComplexes(devices));
  const ivrs = acpi.ivrs === null ? null : readAmdUnits(acpi.ivrs);
  const units = unitsOf(acpi, ivrs, devices);
  return {
    firmware: 'acpi',
    architecture: architectureOf(acpi),
    ...(units === null ? {} : { units }),
    model: modelOf(acpi),
    compatible: [],
    fdt: null,
    acpi: { iort: acpi.iort, viot: acpi.viot, dmar: acpi.dmar, ivrs, fwnodes },
    ...(areTablesOfQemu(acpi.tables) ? { emulation: emulatedByQemu(devices) } : {}),
    tables: acpi,
    devices: [...smmus, ...devices],
    hostBridges: [],
    notes,
    ...(hasNamespace ? { answering: answering(acpi, pci, osi, notes) } : {}),
  };
}

const newest: Pick<Release, 'newestWindows'> = { newestWindows: 'Windows 2022' };

/** Read again with other answers; what was told to the machine since then stays. */
function answering(
  acpi: Acpi,
  pci: ReadonlyMap<string, Uint8Array>,
  before: OsiNames,
  notes: readonly string[],
): NonNullable<Machine['answering']> {
  return (of, osi) => {
    const same = osi?.length === before?.length && osi?.every((name) => before?.includes(name));
    if (osi === before || same === true) return of;
    const again = machineFromAcpi(acpi, pci, osi);
    const others = of.notes.filter((note) => !notes.includes(note));
    return { ...of, ...again, notes: [...others, ...again.notes] };
  };
}

/** Linux asks DMI, which the input does not show. */
export function isApple({ tables }: Pick<Acpi, 'tables'>): boolean {
  return tables.some(
    ({ header }) => header.signature === 'DSDT' && header.oem_id.startsWith('APPLE'),
  );
}

/** What hangs on a management complex is known to the complex alone. */
function notesOfComplexes(devices: readonly MachineDevice[]): string[] {
  const complexes = devices.filter(({ acpi }) =>
    isManagementComplex({ fwnode: acpi?.fwnode ?? null }),
  );
  return complexes.map(
    ({ name }) =>
      `${name}: the devices that fsl_mc_bus makes, dprc.1 and those of its objects, are not shown: only the complex lists them`,
  );
}

/** Who made the tables, and for which board. */
function modelOf({ tables }: Acpi): string {
  const { header } = tables.find(({ header }) => header.signature === 'DSDT') ?? tables[0] ?? {};
  const ids = header === undefined ? [] : [header.oem_id, header.oem_table_id];
  return ids
    .map((id) => id.replace(/\0.*$/s, '').trim())
    .filter((id) => id !== '')
    .join(' ');
}

/** Without a DSDT: a host bridge for each segment that a table names, and for the first. */
function assumedRoots({ iort, mcfg }: Acpi, notes: string[]): PciRoot[] {
  notes.push('no DSDT: no platform devices, and host bridges are assumed');
  const segments = new Set([0]);
  for (const node of iort?.nodes ?? []) {
    if (node.type === 'root-complex') segments.add(node.pci_segment_number);
  }
  for (const { segment } of mcfg?.allocations ?? []) segments.add(segment);
  return [...segments].map((segment) => ({
    segment,
    bus_range: [0, 0xff],
    isAssumed: true,
    path: 'devices',
    of_node: null,
    acpi: {
      fwnode: null,
      dma_companion: { kind: 'device', path: '\\_SB_.PCI0', cca: true, memory: null },
    },
  }));
}

/** What the devices are called that Linux makes of nodes of IORT. */
const iortDevices: ReadonlyMap<IortNode['type'], string> = new Map([
  ['smmu', 'arm-smmu'],
  ['smmu-v3', 'arm-smmu-v3'],
  ['pmcg', 'arm-smmu-v3-pmcg'],
]);

/** The devices of IORT: before all others, and so the first to have numbers. */
function createSmmus(
  nodes: readonly IortNode[],
  fwnodes: Map<IortNode | ViotIommu, acpi_fwnode>,
): MachineDevice[] {
  return nodes
    .filter(({ type }) => iortDevices.has(type))
    .map((node, number) => {
      const name = `${iortDevices.get(node.type)}.${number}.auto`;
      const fwnode: acpi_fwnode = { kind: 'static', path: name };
      fwnodes.set(node, fwnode);
      return {
        name,
        bus: 'platform',
        path: `devices/platform/${name}`,
        of_node: null,
        dma_node: null,
        acpi: { fwnode, dma_companion: null },
        compatible: [],
        pci: null,
        assumed: false,
      };
    });
}

/** The devices, of which those that VIOT says are IOMMUs have names that its nodes lead to. */
function nameViommus(
  nodes: readonly ViotNode[],
  devices: readonly MachineDevice[],
  fwnodes: Map<IortNode | ViotIommu, acpi_fwnode>,
  notes: string[],
): MachineDevice[] {
  const named = new Map<MachineDevice, MachineDevice>();
  for (const node of nodes) {
    if (node.type === 'virtio-iommu-mmio') {
      const device = devices.find(({ acpi }) => memoryOf(acpi?.fwnode) === node.base_address);
      const fwnode = device?.acpi?.fwnode ?? null;
      if (fwnode === null) notes.push(`VIOT: no device has registers at ${node.base_address}`);
      else fwnodes.set(node, fwnode);
    } else if (node.type === 'virtio-iommu-pci') {
      const { segment, bdf } = node;
      const name = pciName({ segment, bus: bdf >> 8, devfn: bdf & 0xff });
      const device = devices.find((of) => of.name === name);
      if (device === undefined) {
        notes.push(`VIOT: there is no PCI function ${name} to be an IOMMU`);
        continue;
      }
      // Another node that names the function finds what the first one gave it.
      const given = named.get(device)?.acpi?.fwnode ?? null;
      const fwnode: acpi_fwnode = given ?? { kind: 'static', path: name };
      fwnodes.set(node, fwnode);
      const dma_companion = device.acpi?.dma_companion ?? null;
      named.set(device, { ...device, acpi: { fwnode, dma_companion } });
    }
  }
  return devices.map((device) => named.get(device) ?? device);
}

function memoryOf(fwnode: acpi_fwnode | null | undefined): bigint | null {
  return fwnode?.kind === 'device' ? fwnode.memory : null;
}
