// A second attempt, as plain JavaScript: hold the lock from the first look at dev->iommu to the end.
import { mutex_lock, mutex_unlock } from 'fwspec/explore';
import { base } from 'fwspec/linux';

export default {
  subject: 'iommu/of: take the probe lock for all of of_iommu_configure()',
  replaces: {
    *of_iommu_configure(k, dev, master_np, id) {
      yield* mutex_lock(k.iommu_probe_device_lock);
      const ops = yield* base.functions.of_iommu_configure(k, dev, master_np, id);
      yield* mutex_unlock(k.iommu_probe_device_lock);
      return ops;
    },
  },
};
