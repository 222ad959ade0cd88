import type { KernelDriver } from '../world/index.ts';
import { armSmmuV3 } from './arm-smmu-v3.ts';

/** The kernel's IOMMU drivers that are run as C, by name. */
export const kernelDrivers: ReadonlyMap<string, KernelDriver> = new Map(
  [armSmmuV3].map((driver) => [driver.name, driver]),
);
