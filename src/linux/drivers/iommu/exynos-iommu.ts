import { type Cell, field, read, Struct, type Task, write } from '../../../explore/index.ts';
import type { device } from '../../include/linux/device.ts';
import { ENODEV, ENOMEM, ERR_PTR, type ErrPtr, type errno } from '../../include/linux/errno.ts';
import { iommu_device, type iommu_ops, type of_phandle_args } from '../../include/linux/iommu.ts';
import type { kernel } from '../../kernel.ts';
import { type DeviceLink, linkTo } from './common/common.ts';
import type { IommuDriver } from './common/driver.ts';
import { stray } from './common/stray.ts';
import { generic_device_group } from './iommu-group.ts';
import { registerBelow } from './iommu-sysfs.ts';

const driver = 'exynos-sysmmu';

/**
 * The SYSMMUs of one master, as a list through them: a SYSMMU can be in one list only. Made by the first
 * `of_xlate` and never freed.
 *
 * @linux drivers/iommu/exynos-iommu.c exynos_iommu_owner
 */
class exynos_iommu_owner extends Struct {
  readonly first: Cell<sysmmu_drvdata | null> = this.cell<sysmmu_drvdata | null>(
    'controllers.next',
    null,
  );
  readonly last: Cell<sysmmu_drvdata | null> = this.cell<sysmmu_drvdata | null>(
    'controllers.prev',
    null,
  );
}

/** @linux drivers/iommu/exynos-iommu.c sysmmu_drvdata */
export class sysmmu_drvdata extends iommu_device {
  /** The next in the list of its owner; the owner itself at the end. */
  readonly owner_node: Cell<sysmmu_drvdata | exynos_iommu_owner | null> = this.cell<
    sysmmu_drvdata | exynos_iommu_owner | null
  >('owner_node.next', null);
  readonly master: Cell<device | null> = this.cell<device | null>('master', null);
  readonly link: Cell<DeviceLink | null> = this.cell<DeviceLink | null>('link', null);
}

/** `list_for_each_entry()` over `controllers`: to the end, or to the one that is looked for. */
function* controllersOf(
  k: kernel,
  owner: exynos_iommu_owner | null,
  wanted: sysmmu_drvdata | null = null,
): Task<sysmmu_drvdata[]> {
  const found: sysmmu_drvdata[] = [];
  let entry: sysmmu_drvdata | exynos_iommu_owner | null = yield* read(
    field(k.world, owner, 'first', 'owner'),
  );
  while (entry instanceof sysmmu_drvdata) {
    if (found.includes(entry))
      stray('sysmmu_drvdata', 'a list of SYSMMUs has no end', 'data->link');
    found.push(entry);
    if (entry === wanted) return found;
    entry = yield* read(entry.owner_node);
  }
  if (entry !== null && entry !== owner)
    stray(
      'sysmmu_drvdata',
      "the list of a master's SYSMMUs leads into that of another",
      'data->link',
    );
  return found;
}

/** `list_add_tail()`: nobody asks whether the SYSMMU is in a list already. */
function* append(owner: exynos_iommu_owner, data: sysmmu_drvdata): Task {
  const last = yield* read(owner.last);
  yield* write(owner.last, data);
  yield* write(data.owner_node, owner);
  if (last === null) yield* write(owner.first, data);
  else yield* write(last.owner_node, data);
}

/** For looking at the end state: as far as the list is in order. */
function listed(owner: exynos_iommu_owner): sysmmu_drvdata[] {
  const found: sysmmu_drvdata[] = [];
  let entry: sysmmu_drvdata | exynos_iommu_owner | null = owner.first.value;
  while (entry instanceof sysmmu_drvdata && !found.includes(entry)) {
    found.push(entry);
    entry = entry.owner_node.value;
  }
  return found;
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
  if (data === null) {
    yield* k.putDevice(sysmmu);
    return -ENODEV;
  }
  yield* k.dropFound(sysmmu);
  if (owner === null) {
    owner = yield* k.kzalloc(exynos_iommu_owner);
    if (owner === null) return -ENOMEM;
    yield* k.dev_iommu_priv_set(dev, owner);
  }
  if ((yield* controllersOf(k, owner, data)).includes(data)) return 0;
  yield* append(owner, data);
  yield* write(data.master, dev);
  return 0;
}

/** @linux drivers/iommu/exynos-iommu.c exynos_iommu_probe_device */
function* exynos_iommu_probe_device(k: kernel, dev: device): Task<iommu_device | ErrPtr | null> {
  const owner = (yield* k.dev_iommu_priv_get(dev)) as exynos_iommu_owner | null;
  if (owner === null) return ERR_PTR(-ENODEV);
  const controllers = yield* controllersOf(k, owner);
  k.probeSaw(dev, null, controllers.length);
  for (const data of controllers) yield* write(data.link, linkTo(k, data));
  // The first entry of the list, which of_xlate is trusted to have filled.
  return controllers[0] ?? null;
}

/** Takes the links away, keeps the owner. @linux drivers/iommu/exynos-iommu.c exynos_iommu_release_device */
function* exynos_iommu_release_device(k: kernel, dev: device): Task {
  const owner = (yield* k.dev_iommu_priv_get(dev)) as exynos_iommu_owner | null;
  for (const { link } of yield* controllersOf(k, owner))
    field(k.world, yield* read(link), 'flags', 'data->link'); // device_link_del()
}

/** The driver's `attach_dev`, by whether a device must have an owner. */
export function exynosAttachDevice(asks: boolean): iommu_ops['attach_dev'] {
  /** @linux drivers/iommu/exynos-iommu.c exynos_iommu_attach_device */
  return function* exynos_iommu_attach_device(k, _domain, dev) {
    const owner = (yield* k.dev_iommu_priv_get(dev)) as exynos_iommu_owner | null;
    if (asks && owner === null) return -ENODEV;
    yield* controllersOf(k, owner);
    return 0;
  };
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
      ? listed(priv).map((instance) => ({ instance, ids: [] }))
      : [],
  attach_dev: exynosAttachDevice(false),
};

export const exynos_sysmmu: IommuDriver = {
  name: driver,
  kind: 'priv-several',
  ops: exynos_iommu_ops,
  compatible: ['samsung,exynos-sysmmu'],
  config: 'CONFIG_EXYNOS_IOMMU',
  cells: 0,
  severalInstances: true,
  limit: 'one-device',
  early: true,
  gets: { clocks: ['sysmmu', 'aclk', 'pclk', 'master'], optional: 'each' },
  probe: exynos_sysmmu_probe,
  instance: sysmmu_drvdata,
};
