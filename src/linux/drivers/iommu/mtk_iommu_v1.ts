import { field, read, type Task } from '../../../explore/index.ts';
import type { device } from '../../include/linux/device.ts';
import { EINVAL, ENODEV, ERR_PTR, type ErrPtr, type errno } from '../../include/linux/errno.ts';
import { iommu_device, type iommu_ops, type of_phandle_args } from '../../include/linux/iommu.ts';
import type { kernel } from '../../kernel.ts';
import { of_parse_phandle_with_args } from '../of/base.ts';
import { attachAnyInstance, drvdataOfNode, fwspecIds, registerInstance } from './common/common.ts';
import type { IommuDriver } from './common/driver.ts';
import { generic_device_group } from './iommu-group.ts';

const driver = 'mtk_iommu_v1';

/** Where the ports of each local arbiter begin. @linux drivers/iommu/mtk_iommu_v1.c mt2701_m4u_in_larb */
const mt2701_m4u_in_larb: readonly number[] = [0, 11, 21, 44];

function larbOf(id: number): number {
  return mt2701_m4u_in_larb.findLastIndex((first) => id >= first);
}

/** @linux drivers/iommu/mtk_iommu_v1.c mtk_iommu_v1_probe */
function* mtk_iommu_v1_probe(k: kernel, dev: device): Task<errno> {
  return yield* registerInstance(k, dev, driver);
}

/** What other drivers do in `of_xlate`. @linux drivers/iommu/mtk_iommu_v1.c mtk_iommu_v1_create_mapping */
function* mtk_iommu_v1_create_mapping(
  k: kernel,
  dev: device,
  { np, args }: of_phandle_args,
): Task<errno> {
  if (args.length !== 1) {
    k.dev_err(dev, `invalid #iommu-cells(${args.length}) property for IOMMU`);
    return -EINVAL;
  }
  const fwspec = yield* k.dev_iommu_fwspec_get(dev);
  if (fwspec === null) {
    const ret = yield* k.iommu_fwspec_init(dev, np, k.opsOf(driver));
    if (ret) return ret;
  } else {
    const again = yield* k.dev_iommu_fwspec_get(dev);
    if ((yield* read(field(k.world, again, 'ops'))) !== k.opsOf(driver)) return -EINVAL;
  }
  if ((yield* k.dev_iommu_priv_get(dev)) === null)
    yield* k.dev_iommu_priv_set(dev, yield* drvdataOfNode(k, np));
  const ret = yield* k.iommu_fwspec_add_ids(dev, args);
  if (ret) return ret;
  const data = (yield* k.dev_iommu_priv_get(dev)) as iommu_device | null;
  field(k.world, data, 'dev', 'data'); // the mapping that all clients share
  return 0;
}

/**
 * Throws away whatever fwspec there is and parses firmware itself.
 *
 * @linux drivers/iommu/mtk_iommu_v1.c mtk_iommu_v1_probe_device
 */
function* mtk_iommu_v1_probe_device(k: kernel, dev: device): Task<iommu_device | ErrPtr> {
  if ((yield* k.dev_iommu_fwspec_get(dev)) !== null) yield* k.iommu_fwspec_free(dev);
  for (let index = 0; dev.of_node !== null; index++) {
    const spec = of_parse_phandle_with_args(k, dev, dev.of_node, 'iommus', '#iommu-cells', index);
    if (spec === null) break;
    const err = yield* mtk_iommu_v1_create_mapping(k, dev, spec);
    if (err) return ERR_PTR(err);
  }
  if ((yield* k.ownFwspec(dev, driver)) === null) return ERR_PTR(-ENODEV);
  const data = (yield* k.dev_iommu_priv_get(dev)) as iommu_device;
  const ids = yield* fwspecIds(k, dev);
  k.probeSaw(dev, ids, 1);
  const larbid = larbOf(ids[0] ?? 0);
  const larbidx = ids.map(larbOf).find((other) => other !== larbid);
  if (larbidx !== undefined) {
    k.dev_err(dev, `Can only use one larb. Fail@larb${larbid}-${larbidx}.`);
    return ERR_PTR(-EINVAL);
  }
  return data;
}

/** @linux drivers/iommu/mtk_iommu_v1.c mtk_iommu_v1_probe_finalize */
function* mtk_iommu_v1_probe_finalize(k: kernel, dev: device): Task {
  const data = (yield* k.dev_iommu_priv_get(dev)) as iommu_device | null;
  field(k.world, data, 'dev', 'data');
  yield* k.arm_iommu_attach_device(dev);
}

/** Removes the device link to the arbiter. @linux drivers/iommu/mtk_iommu_v1.c mtk_iommu_v1_release_device */
function* mtk_iommu_v1_release_device(k: kernel, dev: device): Task {
  yield* fwspecIds(k, dev);
}

export const mtk_iommu_v1_ops: iommu_ops = {
  text: 'mtk_iommu_v1_ops',
  driver,
  probe_device: mtk_iommu_v1_probe_device,
  probe_finalize: mtk_iommu_v1_probe_finalize,
  release_device: mtk_iommu_v1_release_device,
  device_group: generic_device_group,
  attach_dev: attachAnyInstance,
};

export const mtk_v1: IommuDriver = {
  name: driver,
  kind: 'self-parsing-fwspec',
  ops: mtk_iommu_v1_ops,
  compatible: ['mediatek,mt2701-m4u'],
  config: 'CONFIG_MTK_IOMMU_V1',
  cells: 1,
  limit: 'one-a-machine',
  gets: { clocks: ['bclk'] },
  probe: mtk_iommu_v1_probe,
  instance: iommu_device,
};
