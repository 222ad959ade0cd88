export type { HostBridge, Machine, MachineDevice, PciFunction } from './machine.ts';
