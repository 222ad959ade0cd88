// What somebody who gives a device away wants to know besides, as far as firmware and configuration
// space show it.

import type { InspectedDevice } from '../inspection.ts';
import type { Machine, MachineDevice } from '../machine.ts';
import type { Reserved } from './reserved.ts';
import { resetMethods } from './reset.ts';

export function remarksOn(
  machine: Machine,
  of: MachineDevice,
  { group }: InspectedDevice,
  reserved: readonly Reserved[],
): string[] {
  if (group === null) return [];
  if (of.pci === null)
    return [`vfio-${of.bus} wants a driver that can reset it, or reset_required=0`];
  return [
    ...resetRemarks(machine, of),
    ...whatItIs(of),
    ...reserved.filter(({ relaxable }) => relaxable).map(relaxedText),
    ...interruptRemarks(machine),
  ];
}

function relaxedText({ text }: Reserved): string {
  return `firmware reserves memory for it (${text}), and Linux lets such a device leave it`;
}

function resetRemarks(machine: Machine, of: MachineDevice): string[] {
  const methods = resetMethods(machine, of);
  if (methods === null) return ['how it can be reset is not known: its capabilities are not'];
  if (methods.length === 0)
    return ['no reset is seen: what one user left in it, the next one finds'];
  return [`it can be reset: ${methods.join(', ')}`];
}

function whatItIs({ pci }: MachineDevice): string[] {
  const config = pci?.config ?? null;
  if (pci === null || config === null) return [];
  const { class_code, sriov } = config;
  const remarks: string[] = [];
  const base = class_code >> 16;
  if (base === 3 && pci.bridge === null)
    remarks.push(
      'graphics on the root bus are those of the processor or chipset as a rule: they share memory and firmware with the host',
    );
  else if (base === 3)
    remarks.push(
      'graphics: if firmware shows its screen on it, the host has to let go of that first',
    );
  if (class_code >> 8 === 0x0600)
    remarks.push('it is the host bridge itself: a guest can do nothing with it');
  if (class_code >> 8 === 0x0806) remarks.push('it is an IOMMU, and stays with the host');
  if (pci.physfn !== undefined)
    remarks.push(`its physical function ${pci.physfn.name} stays with its driver`);
  if (sriov !== null && sriov.total_vfs > 0)
    remarks.push(
      `it can have ${sriov.total_vfs} virtual functions, which may be given away one by one`,
    );
  return remarks;
}

/** Bit 0 of the flags of DMAR. */
function interruptRemarks({ tables, firmware }: Machine): string[] {
  if (firmware === 'none' || tables?.dmar == null || (tables.dmar.flags & 1) === 1) return [];
  return ['DMAR says that interrupts are not remapped: vfio wants allow_unsafe_interrupts=1'];
}
