export { machineFromDevicetree } from './devicetree.ts';
export type { HostBridge, Machine, MachineDevice, PciFunction } from './machine.ts';
