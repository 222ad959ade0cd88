import type { KernelDriver } from '../world/index.ts';
import { appleDart } from './apple-dart.ts';
import { armSmmu } from './arm-smmu.ts';
import { armSmmuV3 } from './arm-smmu-v3.ts';
import { virtioIommu } from './virtio-iommu.ts';

/** The kernel's IOMMU drivers that are run as C, by name. */
export const kernelDrivers: ReadonlyMap<string, KernelDriver> = new Map(
  [armSmmuV3, armSmmu, virtioIommu, appleDart].map((driver) => [driver.name, driver]),
);
