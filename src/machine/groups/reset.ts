// How Linux can put a PCI function back into the state after power-on, as far as configuration space
// shows: what VFIO does between two users (drivers/pci/pci.c, pci_reset_fn_methods).

import type { MachineDevice } from '../machine.ts';

/** The methods, in the order in which Linux tries them; null where nothing is known. */
export function resetMethods({ devices }: Devices, of: MachineDevice): string[] | null {
  const { pci } = of;
  const config = pci?.config ?? null;
  if (pci === null || config === null || config.notes.some(isShort)) return null;
  const { pci_express, advanced_features, power_management } = config;
  const methods: string[] = [];
  if (pci_express !== null && bit(pci_express.device_capabilities, 28)) methods.push('FLR');
  // Transactions Pending has to be there, too.
  if (advanced_features !== null && (advanced_features.capabilities & 3) === 3)
    methods.push('FLR of Advanced Features');
  if (power_management !== null && !bit(power_management.control_status, 3))
    methods.push('by power management');
  if (isAloneBelowBridge(devices, of)) methods.push('of the bus');
  return methods;
}

interface Devices {
  readonly devices: readonly MachineDevice[];
}

function isAloneBelowBridge(devices: readonly MachineDevice[], of: MachineDevice): boolean {
  const bridge = of.pci?.bridge ?? null;
  if (bridge === null || of.pci?.physfn !== undefined) return false;
  return devices.every((other) => other === of || other.pci?.bridge !== bridge);
}

function isShort({ code }: { readonly code: string }): boolean {
  return code === 'pci/short-dump';
}

function bit(value: number, n: number): boolean {
  return ((value >>> n) & 1) === 1;
}
