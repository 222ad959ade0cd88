import { type Cell, field, read, Struct, type Task, write } from '../../../explore/index.ts';
import type { device } from '../../include/linux/device.ts';
import { ENODEV, ENOMEM, ERR_PTR, type ErrPtr, type errno } from '../../include/linux/errno.ts';
import { iommu_device, type iommu_domain, type iommu_ops } from '../../include/linux/iommu.ts';
import type { kernel } from '../../kernel.ts';
import { devmKzalloc } from '../base/devres.ts';
import { type DeviceLink, linkTo, registerInstance } from './common/common.ts';
import type { IommuDriver } from './common/driver.ts';
import { generic_single_device_group } from './iommu-group.ts';

const driver = 'rockchip-iommu';

/** The static variables of drivers/iommu/rockchip-iommu.c. */
class rk_statics extends Struct {
  /** The IOMMU that was registered first. */
  readonly dma_dev: Cell<device | null> = this.cell<device | null>('dma_dev', null);
}

/** @linux drivers/iommu/rockchip-iommu.c rk_iommu */
class rk_iommu extends iommu_device {
  override readonly devres: Cell<readonly Struct[]> = this.cell<readonly Struct[]>(
    'devres_head',
    [],
  );
}

/** A new one for each specifier that is translated. @linux drivers/iommu/rockchip-iommu.c rk_iommudata */
class rk_iommudata extends Struct {
  readonly link: Cell<DeviceLink | null> = this.cell<DeviceLink | null>('link', null);
  readonly iommu: Cell<iommu_device | null> = this.cell<iommu_device | null>('iommu', null);
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

/**
 * The driver's `of_xlate`, by whose managed memory the data are: that of the instance, or of `dma_dev`.
 * Of several instances the last one wins.
 */
export function rkIommuOfXlate(whose: 'instance' | 'dma_dev'): NonNullable<iommu_ops['of_xlate']> {
  /** @linux drivers/iommu/rockchip-iommu.c rk_iommu_of_xlate */
  return function* rk_iommu_of_xlate(k, dev, { np }) {
    const { dma_dev } = k.staticsOf(driver, rk_statics);
    const first = whose === 'dma_dev' ? yield* managed(k, yield* read(dma_dev), 'dma_dev') : null;
    if (whose === 'dma_dev' && first === null) return -ENOMEM;
    const iommu_dev = yield* k.of_find_device_by_node(np);
    const data = first ?? (yield* managed(k, iommu_dev, 'iommu_dev'));
    if (data === null) return -ENOMEM; // iommu_dev is kept
    const drvdata = yield* read(field(k.world, iommu_dev, 'drvdata', 'iommu_dev'));
    yield* write(data.iommu, drvdata as iommu_device | null);
    yield* k.dev_iommu_priv_set(dev, data);
    if (iommu_dev !== null) yield* k.putDevice(iommu_dev);
    return 0;
  };
}

function* managed(k: kernel, owner: device | null, pointer: string): Task<rk_iommudata | null> {
  field(k.world, owner, 'mutex', pointer); // its list of managed memory
  return owner === null ? null : yield* devmKzalloc(k, owner, rk_iommudata);
}

/** @linux drivers/iommu/rockchip-iommu.c rk_iommu_from_dev */
function* rk_iommu_from_dev(k: kernel, dev: device): Task<iommu_device | null> {
  const data = (yield* k.dev_iommu_priv_get(dev)) as rk_iommudata | null;
  return data === null ? null : yield* read(data.iommu);
}

/** Asks for `priv` only. @linux drivers/iommu/rockchip-iommu.c rk_iommu_probe_device */
function* rk_iommu_probe_device(k: kernel, dev: device): Task<iommu_device | ErrPtr | null> {
  const data = (yield* k.dev_iommu_priv_get(dev)) as rk_iommudata | null;
  if (data === null) return ERR_PTR(-ENODEV);
  const iommu = yield* read(data.iommu); // rk_iommu_from_dev(), whose look at priv is this one
  k.probeSaw(dev, null, 1);
  yield* write(data.link, linkTo(k, iommu));
  return iommu;
}

/** Removes the device link, which these data may not have. @linux drivers/iommu/rockchip-iommu.c rk_iommu_release_device */
function* rk_iommu_release_device(k: kernel, dev: device): Task {
  const data = (yield* k.dev_iommu_priv_get(dev)) as rk_iommudata | null;
  const link = yield* read(field(k.world, data, 'link', 'data'));
  field(k.world, link, 'flags', 'data->link'); // device_link_del()
}

/** @linux drivers/iommu/rockchip-iommu.c rk_iommu_attach_device */
function* rk_iommu_attach_device(k: kernel, _domain: iommu_domain, dev: device): Task<errno> {
  yield* rk_iommu_from_dev(k, dev); // without an instance there is nothing to attach
  return 0;
}

export const rk_iommu_ops: iommu_ops = {
  text: 'rk_iommu_ops',
  driver,
  of_xlate: rkIommuOfXlate('dma_dev'),
  probe_device: rk_iommu_probe_device,
  release_device: rk_iommu_release_device,
  device_group: generic_single_device_group,
  attach_dev: rk_iommu_attach_device,
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
  instance: rk_iommu,
  statics: rk_statics,
};
