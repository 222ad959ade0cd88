import { Sequence } from '../../src/util/index.ts';
import type { Lab } from '../linux/lab.ts';

/** Put an SMMUv3 where firmware paths find it, as if its walk over the buses had met nobody yet. */
export function list({ k, iommu }: Lab, ready = false): void {
  const instance = k.instanceOf(iommu());
  instance.ops = k.opsOf('arm-smmu-v3');
  instance.fwnode = iommu().fwnode;
  instance.ready.value = ready;
  iommu().drvdata.value = instance;
  k.iommu_device_list.value = Sequence.of([instance]);
}
