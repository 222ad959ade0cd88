import { read, type Task } from '../../../../../explore/index.ts';
import { type FdtNode, propertyOf } from '../../../../../firmware/fdt/index.ts';
import type { device } from '../../../../include/linux/device.ts';
import { ENODEV, ERR_PTR, type ErrPtr, type errno } from '../../../../include/linux/errno.ts';
import type { iommu_device, of_phandle_args } from '../../../../include/linux/iommu.ts';
import type { kernel } from '../../../../kernel.ts';
import { of_parse_phandle_with_args } from '../../../of/base.ts';
import { dmaAliases } from '../../../pci/search.ts';

// The binding in which an SMMU lists its masters in `mmu-masters`, and masters say nothing of it but
// how many stream IDs they have.

const driver = 'arm-smmu';

/** The entry for a device in the list of one SMMU. */
function masterOf(k: kernel, smmu_dev: device, np: FdtNode): of_phandle_args | null {
  const list = smmu_dev.of_node;
  for (let index = 0; list !== null; index++) {
    const spec = of_parse_phandle_with_args(
      k,
      smmu_dev,
      list,
      'mmu-masters',
      '#stream-id-cells',
      index,
    );
    if (spec === null || spec.np === np) return spec;
  }
  return null;
}

/**
 * Looks through the SMMUs that are bound, of which the one that is registering is none yet: its own
 * walk finds no master of it.
 *
 * @linux drivers/iommu/arm/arm-smmu/arm-smmu.c arm_smmu_register_legacy_master
 */
export function* arm_smmu_register_legacy_master(
  k: kernel,
  dev: device,
): Task<iommu_device | ErrPtr> {
  const np = dev.dma_node;
  const drv = k.iommu_drivers.get(driver);
  if (np === null || drv === undefined || propertyOf(np, '#stream-id-cells') === undefined)
    return ERR_PTR(-ENODEV);
  for (const smmu_dev of yield* k.driverDevices(drv)) {
    const master = masterOf(k, smmu_dev, np);
    if (master === null) continue;
    const requester = dev.pci === null ? undefined : dmaAliases(dev.pci).at(-1)?.alias;
    let err = yield* k.initLegacyFwspec(dev, smmu_dev);
    if (err) return ERR_PTR(err);
    const smmu = (yield* read(smmu_dev.drvdata)) as iommu_device;
    err = yield* k.iommu_fwspec_add_ids(dev, requester === undefined ? master.args : [requester]);
    return err ? ERR_PTR(err) : smmu;
  }
  return ERR_PTR(-ENODEV);
}

/** `iommu_fwspec_init()` with the node of the SMMU, while fwspecs say which driver they are for. */
export function* initLegacyFwspec(k: kernel, dev: device, smmu_dev: device): Task<errno> {
  return smmu_dev.fwnode === null
    ? -ENODEV
    : yield* k.iommu_fwspec_init(dev, smmu_dev.fwnode, k.opsOf(driver));
}
