import type { Task } from '../../../../../explore/index.ts';
import type { kernel } from '../../../../kernel.ts';

/**
 * Whether a probe ends that finds the devicetree node wrong. Here it goes on, with an SMMU that lets
 * all DMA pass and registers like any other.
 */
export function* smmuV3Refuses(_k: kernel): Task<boolean> {
  return false;
}
