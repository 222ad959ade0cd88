import { type FdtNode, propertyOf, regOf } from '../../../../../firmware/fdt/index.ts';
import { FormatError } from '../../../../../util/index.ts';

const KiB = 1024n;

/**
 * An SMMUv3's registers are two pages of 64 KiB, but for one that has all of them in the first.
 *
 * @linux drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c arm_smmu_resource_size
 */
export function smmuV3RegisterBytes(np: FdtNode): bigint {
  return (
    64n * KiB * (propertyOf(np, 'cavium,cn9900-broken-page1-regspace') === undefined ? 2n : 1n)
  );
}

/** The bytes of registers that `reg` gives; null where it cannot be read, or says nothing. */
export function registerBytesOf(np: FdtNode): bigint | null {
  try {
    return regOf(np)[0]?.size ?? null;
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

/** As many StreamIDs fit into the largest stream table: 2^17 entries of its first level, each of 2^8. */
export const STRTAB_BITS = 25;
