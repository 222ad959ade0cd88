import type { Patch } from '../../linux/index.ts';
import { processAddressSpaces } from '../changes/amd-iommu.ts';
import { trustBuiltIn } from '../changes/pci-trust.ts';
import { readyToProbe } from '../changes/ready.ts';
import { oldRelease } from '../changes/release.ts';
import { oldDrivers } from './v6.1-drivers.ts';
import { oldGroups } from './v6.1-groups.ts';
import { oldProbe } from './v6.1-probe.ts';

// v6.1 as its stable branch is at 6.1.192. The firmware paths are those of v6.7, whose probe lock came
// back to it; what is behind them is the core as it was before the reworks of v6.5 and v6.6.

export const patches: readonly Patch[] = [
  oldGroups,
  oldProbe,
  ...oldDrivers,
  processAddressSpaces,
  trustBuiltIn,
  readyToProbe,
  oldRelease,
];
