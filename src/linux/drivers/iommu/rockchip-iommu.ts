import { type Cell, field, read, Struct, type Task, write } from '../../../explore/index.ts';
import type { device } from '../../include/linux/device.ts';
import { ENODEV, ERR_PTR, type ErrPtr, type errno } from '../../include/linux/errno.ts';
import { iommu_device, type iommu_ops, type of_phandle_args } from '../../include/linux/iommu.ts';
import type { kernel } from '../../kernel.ts';
import { attachAnyInstance, drvdataOfNode, registerInstance } from './common.ts';
import type { IommuDriver } from './driver.ts';
import { generic_single_device_group } from './iommu-group.ts';

const driver = 'rockchip-iommu';

/** The static variables of drivers/iommu/rockchip-iommu.c. */
class rk_statics extends Struct {
  /** The IOMMU that was registered first. */
  readonly dma_dev: Cell<device | null> = this.cell<device | null>('dma_dev', null);
}

/** Managed memory of `dma_dev`: a new one for each specifier that is translated, freed with that device. */
interface rk_iommudata {
  readonly text: string;
  readonly iommu: iommu_device;
}

/**
 * `dma_dev` is set after registering, although `of_xlate` allocates from it.
 *
 * @linux drivers/iommu/rockchip-iommu.c rk_iommu_probe
 */
function* rk_iommu_probe(k: kernel, dev: device): Task<errno> {
  return yield* k.registerThenSetUp(
    driver,
    () => registerInstance(k, dev, driver),
    function* () {
      const { dma_dev } = k.staticsOf(driver, rk_statics);
      if ((yield* read(dma_dev)) === null) yield* write(dma_dev, dev);
    },
  );
}

/** Of several instances the last one wins. @linux drivers/iommu/rockchip-iommu.c rk_iommu_of_xlate */
function* rk_iommu_of_xlate(k: kernel, dev: device, { np }: of_phandle_args): Task<errno> {
  const { dma_dev } = k.staticsOf(driver, rk_statics);
  field(k.world, yield* read(dma_dev), 'mutex', 'dma_dev'); // devm_kzalloc()
  const iommu = (yield* drvdataOfNode(k, np)) as iommu_device;
  const data: rk_iommudata = { text: `data of ${iommu.dev.name}`, iommu };
  yield* k.dev_iommu_priv_set(dev, data);
  return 0;
}

/** Asks for `priv` only. @linux drivers/iommu/rockchip-iommu.c rk_iommu_probe_device */
function* rk_iommu_probe_device(k: kernel, dev: device): Task<iommu_device | ErrPtr> {
  const data = (yield* k.dev_iommu_priv_get(dev)) as rk_iommudata | null;
  if (data === null) return ERR_PTR(-ENODEV);
  k.probeSaw(dev, null, 1);
  return data.iommu;
}

/** Removes the device link, keeps the data. @linux drivers/iommu/rockchip-iommu.c rk_iommu_release_device */
function* rk_iommu_release_device(k: kernel, dev: device): Task {
  const data = (yield* k.dev_iommu_priv_get(dev)) as rk_iommudata | null;
  field(k.world, data, 'iommu');
}

export const rk_iommu_ops: iommu_ops = {
  text: 'rk_iommu_ops',
  driver,
  of_xlate: rk_iommu_of_xlate,
  probe_device: rk_iommu_probe_device,
  release_device: rk_iommu_release_device,
  device_group: generic_single_device_group,
  attach_dev: attachAnyInstance,
};

export const rockchip_iommu: IommuDriver = {
  name: driver,
  kind: 'early',
  ops: rk_iommu_ops,
  compatible: ['rockchip,iommu', 'rockchip,rk3568-iommu'],
  config: 'CONFIG_ROCKCHIP_IOMMU',
  cells: 0,
  gets: { clocks: ['aclk', 'iface'], optional: 'all' },
  probe: rk_iommu_probe,
  instance: iommu_device,
  statics: rk_statics,
};
