import type { errno } from './include/linux/errno.ts';

/** @linux drivers/iommu/intel/iommu.h intel_iommu */
export interface DmarRegisters {
  readonly cap: bigint;
  readonly ecap: bigint;
}

/**
 * What no firmware table says of an IOMMU, but its registers do, or the hypervisor that emulates it.
 * What is not known is undefined, and taken to be no obstacle.
 */
export interface IommuHardware {
  /** What its driver makes of its registers, where that is an error. */
  readonly probeErrno?: errno;
  /** Bits of a StreamID. */
  readonly streamIdBits?: number;
  /** Stream mapping entries of an SMMUv2. */
  readonly streamMappingEntries?: number;
  /** Context banks of an SMMUv2. */
  readonly contextBanks?: number;
  /** The capability registers of a unit of Intel. */
  readonly registers?: DmarRegisters;
  /** The extended features that IOMMUs of AMD have. */
  readonly extendedFeatures?: bigint;
  /** The endpoints that a virtio-iommu manages. */
  readonly endpoints?: ReadonlySet<number>;
}
