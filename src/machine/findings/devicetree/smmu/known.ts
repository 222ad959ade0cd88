import type { IommuHardware } from '../../../../linux/index.ts';

/** What rules know of an SMMU beside who is behind it. */
export interface Known {
  readonly hardware: IommuHardware;
  /** What a device that it refuses costs, and whom. */
  readonly lost: string;
}
