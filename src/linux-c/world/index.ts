export { type Device, device_add, device_del } from './devices.ts';
export { type Described, devicetree, type Firmware } from './firmware.ts';
export { findsEarly } from './iommu.ts';
export { Kernel } from './kernel.ts';
export type { Instance, KernelDriver } from './kernel-driver.ts';
export { type EndState, Platform } from './platform.ts';
export { type ClientBus, type ClientOf, clientBuses, treeOf } from './tree.ts';
