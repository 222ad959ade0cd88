// Asserts that drivers set priv under the probe lock, but for the one that is known not to, and
// removes their last stores of NULL, which dev->iommu does not outlive.

import { lockdep_assert_held, type Task } from '../../explore/index.ts';
import { base, type device, type kernel, type Patch } from '../../linux/index.ts';

/** @linux drivers/iommu/iommu.c dev_iommu_priv_set */
function* dev_iommu_priv_set(k: kernel, dev: device, priv: unknown): Task {
  if (!k.config.CONFIG_FSL_PAMU) lockdep_assert_held(k.iommu_probe_device_lock);
  yield* base.inlines.dev_iommu_priv_set(k, dev, priv);
}

function* clearPriv(_k: kernel, _dev: device): Task {}

export const patch: Patch = {
  subject: 'iommu: Mark dev_iommu_priv_set() with a lockdep',
  removes: ['dev_iommu_priv_set'],
  adds: { dev_iommu_priv_set },
  replaces: { clearPriv },
};
