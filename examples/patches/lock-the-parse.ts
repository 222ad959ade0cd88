// A first attempt at the race of the cover letter: nobody may free dev->iommu while the client's
// specifiers are translated. docs/guide/write-a-patch.md says how it fares.
import { mutex_lock, mutex_unlock } from 'fwspec/explore';
import { base, type Patch } from 'fwspec/linux';

const patch: Patch = {
  subject: 'iommu/of: take the probe lock while the specifiers are translated',
  replaces: {
    *parseIommus(k, dev, master_np, id) {
      yield* mutex_lock(k.iommu_probe_device_lock);
      const err = yield* base.functions.parseIommus(k, dev, master_np, id);
      yield* mutex_unlock(k.iommu_probe_device_lock);
      return err;
    },
  },
};

export default patch;
