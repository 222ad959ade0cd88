import { type Cell, field, read, Struct, type Task, write } from '../../../explore/index.ts';
import type { device } from '../../include/linux/device.ts';
import { ENODEV, ENOMEM, ERR_PTR, type ErrPtr, type errno } from '../../include/linux/errno.ts';
import { iommu_device, type iommu_ops, type of_phandle_args } from '../../include/linux/iommu.ts';
import type { kernel } from '../../kernel.ts';
import { attachAnyInstance } from './common.ts';
import type { IommuDriver } from './driver.ts';
import { generic_device_group } from './iommu-group.ts';
import { registerBelow } from './iommu-sysfs.ts';

const driver = 'exynos-sysmmu';

/** The SYSMMUs of one master. Made by the first `of_xlate` and never freed. @linux drivers/iommu/exynos-iommu.c exynos_iommu_owner */
class exynos_iommu_owner extends Struct {
  readonly controllers: Cell<readonly sysmmu_drvdata[]> = this.cell<readonly sysmmu_drvdata[]>(
    'controllers',
    [],
  );
}

/** @linux drivers/iommu/exynos-iommu.c sysmmu_drvdata */
export class sysmmu_drvdata extends iommu_device {
  /** The list of the owner that this SYSMMU is linked into. */
  readonly owner_node: Cell<exynos_iommu_owner | null> = this.cell<exynos_iommu_owner | null>(
    'owner_node',
    null,
  );
  readonly master: Cell<device | null> = this.cell<device | null>('master', null);
}

/** @linux drivers/iommu/exynos-iommu.c exynos_sysmmu_probe */
export function* exynos_sysmmu_probe(k: kernel, dev: device): Task<errno> {
  const data = k.instanceOf(dev);
  return yield* k.registerThenSetUp(
    driver,
    () => registerBelow(k, data, k.opsOf(driver)),
    () => write(dev.drvdata, data),
  );
}

/** @linux drivers/iommu/exynos-iommu.c exynos_iommu_of_xlate */
function* exynos_iommu_of_xlate(k: kernel, dev: device, { np }: of_phandle_args): Task<errno> {
  const sysmmu = yield* k.of_find_device_by_node(np);
  let owner = (yield* k.dev_iommu_priv_get(dev)) as exynos_iommu_owner | null;
  if (sysmmu === null) return -ENODEV;
  const data = (yield* read(sysmmu.drvdata)) as sysmmu_drvdata | null;
  if (data === null) return -ENODEV;
  if (owner === null) {
    owner = yield* k.kzalloc(exynos_iommu_owner);
    if (owner === null) return -ENOMEM;
    yield* k.dev_iommu_priv_set(dev, owner);
  }
  const controllers = yield* read(owner.controllers);
  if (controllers.includes(data)) return 0;
  yield* write(owner.controllers, [...controllers, data]);
  yield* write(data.owner_node, owner);
  yield* write(data.master, dev);
  return 0;
}

/** @linux drivers/iommu/exynos-iommu.c exynos_iommu_probe_device */
function* exynos_iommu_probe_device(k: kernel, dev: device): Task<iommu_device | ErrPtr | null> {
  const owner = (yield* k.dev_iommu_priv_get(dev)) as exynos_iommu_owner | null;
  if (owner === null) return ERR_PTR(-ENODEV);
  const controllers = yield* read(owner.controllers);
  k.probeSaw(dev, null, controllers.length);
  // The first entry of the list, which of_xlate is trusted to have filled.
  return controllers[0] ?? null;
}

/** Takes the links away, keeps the owner. @linux drivers/iommu/exynos-iommu.c exynos_iommu_release_device */
function* exynos_iommu_release_device(k: kernel, dev: device): Task {
  const owner = (yield* k.dev_iommu_priv_get(dev)) as exynos_iommu_owner | null;
  yield* read(field(k.world, owner, 'controllers'));
}

export const exynos_iommu_ops: iommu_ops = {
  text: 'exynos_iommu_ops',
  driver,
  of_xlate: exynos_iommu_of_xlate,
  probe_device: exynos_iommu_probe_device,
  release_device: exynos_iommu_release_device,
  device_group: generic_device_group,
  attachments: (priv) =>
    priv instanceof exynos_iommu_owner
      ? priv.controllers.value.map((instance) => ({ instance, ids: [] }))
      : [],
  attach_dev: attachAnyInstance,
};

export const exynos_sysmmu: IommuDriver = {
  name: driver,
  kind: 'priv-several',
  ops: exynos_iommu_ops,
  compatible: ['samsung,exynos-sysmmu'],
  config: 'CONFIG_EXYNOS_IOMMU',
  cells: 0,
  severalInstances: true,
  early: true,
  gets: { clocks: ['sysmmu', 'aclk', 'pclk', 'master'], optional: 'each' },
  probe: exynos_sysmmu_probe,
  instance: sysmmu_drvdata,
};
