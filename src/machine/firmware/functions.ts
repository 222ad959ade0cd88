// PCI functions and nothing else: a machine whose firmware is not known. Which functions a group would
// hold follows from them alone, where one IOMMU has them all.

import type { Acpi } from '../../firmware/index.ts';
import type { Machine, MachineDevice, Units } from '../machine.ts';
import { machineFromAcpi } from './acpi/acpi.ts';
import { unitDevice } from './acpi/unit.ts';
import { type AssumedIommu, assumedIommus, assumedTables } from './assumed-tables.ts';
import { parsePciName } from './pci-names.ts';
import { isEmulated } from './vmd.ts';

/**
 * What is known of a machine by the configuration space of its functions, by their names.
 *
 * @param kind whose IOMMU is assumed; null for AMD's where one is shown, else Intel's
 */
export function machineFromFunctions(
  pci: ReadonlyMap<string, Uint8Array>,
  kind: AssumedIommu | null = null,
): Machine {
  const shown = [...pci.keys()].map((name) => parsePciName(name).segment);
  const segments = [...new Set([0, ...shown.filter((segment) => !isEmulated(segment))])];
  const machineOf = (tables: Acpi): Machine => {
    const { tables: _none, ...machine } = machineFromAcpi(tables, pci);
    const notes = machine.notes.filter((note) => !note.startsWith('no DSDT'));
    return { ...machine, firmware: 'none', notes };
  };
  const plain = machineOf(assumedTables('intel', segments, []));
  const { devices } = plain;
  const asked = kind ?? (devices.some(isAmdIommu) ? 'amd' : 'intel');
  const machine = asked === 'intel' ? plain : machineOf(assumedTables(asked, segments, devices));
  const told = { ...machine, notes: [assumedText(asked), ...machine.notes] };
  return told.units?.table === 'dmar' ? { ...told, units: named(told.units) } : told;
}

function isAmdIommu({ pci }: MachineDevice): boolean {
  return (pci?.config?.secure_device ?? null) !== null;
}

/** No table has a unit of these names. */
function named({ table, scopes }: Units): Units {
  return {
    table,
    scopes: new Map([...scopes.values()].map((of, i) => [unitDevice(nameOf(i), ''), of])),
  };
}

/**
 * The machine, with a note where `lspci` was asked for the first 256 bytes only. A capture cuts zeros,
 * so that of a file as short as that nothing is known to be missing.
 */
export function withShortDumps(machine: Machine): Machine {
  const [first, ...more] = machine.devices.filter(
    ({ name, pci }) =>
      pci?.config?.pci_express != null && machine.sources?.get(name)?.bytes.length === 256,
  );
  if (first === undefined) return machine;
  const others = more.length === 0 ? '' : ` and ${more.length} more`;
  const note = `only 256 bytes of ${first.name}${others} are there, as of lspci -xxx: ACS is not seen, and groups may be wrong`;
  return { ...machine, notes: [...machine.notes, note] };
}

function assumedText(kind: AssumedIommu): string {
  const others = assumedIommus.filter((other) => other !== kind).join(' or ');
  return `assumed: every function is behind one IOMMU, ${whose[kind]} (--assume ${others} for another), and Linux uses it; there are no tables, so what firmware leaves out, reserves or gives other IDs is not seen`;
}

const whose: Readonly<Record<AssumedIommu, string>> = {
  intel: 'Intel’s VT-d',
  amd: 'one of AMD’s that are shown',
  arm: 'an SMMUv3 of Arm',
};

function nameOf(i: number): string {
  return i === 0 ? 'assumed' : `assumed${i}`;
}
