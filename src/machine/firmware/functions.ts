// PCI functions and nothing else: a machine whose firmware is not known. Which functions a group would
// hold follows from them alone, where one IOMMU has them all.

import type { Machine } from '../machine.ts';
import { machineFromAcpi } from './acpi/acpi.ts';
import { unitDevice } from './acpi/unit.ts';
import { parsePciName } from './pci-names.ts';
import { isEmulated } from './vmd.ts';

/** Anywhere in memory, but not at 0. */
const registers = 0xfed9_0000n;

/** What is known of a machine by the configuration space of its functions, by their names. */
export function machineFromFunctions(pci: ReadonlyMap<string, Uint8Array>): Machine {
  const shown = [...pci.keys()].map((name) => parsePciName(name).segment);
  const segments = new Set([0, ...shown.filter((segment) => !isEmulated(segment))]);
  const table = { header, bytes: new Uint8Array(), checksum_valid: true, notes: [] };
  const units = [...segments].map((segment, i) => ({
    type: 'drhd' as const,
    offset: 0,
    flags: 1, // whatever is on the segment
    size: 0,
    segment,
    base_address: registers + BigInt(i) * 0x1000n,
    scopes: [],
  }));
  const allocations = [...segments].map((segment) => ({
    offset: 0,
    base_address: 0n,
    segment,
    start_bus: 0,
    end_bus: 0xff,
  }));
  const { tables: _none, ...machine } = machineFromAcpi(
    {
      tables: [],
      files: [],
      iort: null,
      viot: null,
      dmar: { ...table, host_address_width: 39, flags: 1, structures: units },
      ivrs: null,
      mcfg: { ...table, allocations },
      notes: [],
    },
    pci,
  );
  return {
    ...machine,
    firmware: 'none',
    units: { table: 'dmar', scopes: new Map(units.map((_, i) => [unitDevice(nameOf(i), ''), []])) },
    notes: [assumed, ...machine.notes.filter((note) => !note.startsWith('no DSDT'))],
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

const assumed =
  'assumed: every function is behind one IOMMU, and Linux uses it; there are no tables, so what firmware leaves out, reserves or gives other IDs is not seen';

function nameOf(i: number): string {
  return i === 0 ? 'assumed' : `assumed${i}`;
}

const header = {
  signature: 'DMAR',
  length: 0,
  revision: 1,
  checksum: 0,
  oem_id: '',
  oem_table_id: '',
  oem_revision: 0,
  creator_id: '',
  creator_revision: 0,
};
