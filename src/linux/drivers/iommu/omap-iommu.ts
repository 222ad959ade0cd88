import { field, read, Struct, type Task, write } from '../../../explore/index.ts';
import { compatibleOf, type FdtNode, propertyOf } from '../../../firmware/fdt/index.ts';
import type { device } from '../../include/linux/device.ts';
import {
  EINVAL,
  ENODEV,
  ENOMEM,
  ERR_PTR,
  type ErrPtr,
  type errno,
} from '../../include/linux/errno.ts';
import {
  IOMMU_DOMAIN_IDENTITY,
  iommu_device,
  type iommu_domain,
  type iommu_ops,
} from '../../include/linux/iommu.ts';
import type { kernel } from '../../kernel.ts';
import type { IommuDriver } from './common/driver.ts';
import { generic_single_device_group } from './iommu-group.ts';
import { registerBelow } from './iommu-sysfs.ts';

const driver = 'omap-iommu';

/** The IOMMUs of a client, in the order of its `iommus`. @linux drivers/iommu/omap-iommu.h omap_iommu_arch_data */
class omap_iommu_arch_data extends Struct {
  iommus: readonly iommu_device[] = [];
}

/** Of the two IOMMUs of a DSP only one registers. @linux drivers/iommu/omap-iommu.c omap_iommu_can_register */
function canRegister({ of_node, name }: device): boolean {
  const ofDsp = of_node !== null && compatibleOf(of_node).includes('ti,dra7-dsp-iommu');
  return !ofDsp || name === '40d01000.mmu' || name === '41501000.mmu';
}

/**
 * Walks the bus once more after registering, because some client may have waited for this one.
 *
 * @linux drivers/iommu/omap-iommu.c omap_iommu_probe
 */
function* omap_iommu_probe(k: kernel, dev: device): Task<errno> {
  const obj = k.instanceOf(dev);
  yield* write(dev.drvdata, obj);
  if (canRegister(dev)) {
    const err = yield* registerBelow(k, obj, k.opsOf(driver));
    if (err) return err;
  }
  const platform = k.iommu_buses.find(({ name }) => name === 'platform');
  if (platform !== undefined) yield* k.bus_iommu_probe(platform);
  return 0;
}

/** The phandles in `iommus`, whatever `#iommu-cells` says; null when it is missing or malformed. */
function phandlesOf(k: kernel, np: FdtNode): readonly number[] | null {
  const property = propertyOf(np, 'iommus');
  return property === undefined || property.value.length % 4 !== 0 ? null : k.wordsOf(property);
}

/**
 * There is no `of_xlate`: firmware is parsed here, at each attempt anew. One IOMMU that has not come
 * yet is an error that ends the walk, and with it the registration of whichever came.
 *
 * @linux drivers/iommu/omap-iommu.c omap_iommu_probe_device
 */
function* omap_iommu_probe_device(k: kernel, dev: device): Task<iommu_device | ErrPtr | null> {
  if (dev.of_node === null) return ERR_PTR(-ENODEV);
  const phandles = phandlesOf(k, dev.of_node);
  if (phandles === null) return ERR_PTR(-ENODEV);
  const arch_data = yield* k.kzalloc(omap_iommu_arch_data);
  if (arch_data === null) return ERR_PTR(-ENOMEM);
  const iommus: iommu_device[] = [];
  for (const phandle of phandles) {
    const np = k.fdt?.phandles.get(phandle);
    const pdev = np === undefined ? null : yield* k.of_find_device_by_node(np);
    const oiommu = pdev === null ? null : ((yield* read(pdev.drvdata)) as iommu_device | null);
    if (pdev !== null) yield* k.dropFound(pdev);
    if (oiommu === null) {
      yield* k.kfree(arch_data);
      return ERR_PTR(np !== undefined && pdev === null ? -ENODEV : -EINVAL);
    }
    iommus.push(oiommu);
    arch_data.iommus = iommus;
  }
  yield* k.dev_iommu_priv_set(dev, arch_data);
  k.probeSaw(dev, null, arch_data.iommus.length);
  return arch_data.iommus[0] ?? null;
}

/** @linux drivers/iommu/omap-iommu.c omap_iommu_release_device */
function* omap_iommu_release_device(k: kernel, dev: device): Task {
  const arch_data = (yield* k.dev_iommu_priv_get(dev)) as omap_iommu_arch_data | null;
  if (dev.of_node === null || arch_data === null) return;
  yield* k.clearPriv(dev);
  yield* k.kfree(arch_data);
}

/** A domain takes one device, not more. @linux drivers/iommu/omap-iommu.c omap_iommu_attach_dev */
function* omap_iommu_attach_dev(k: kernel, domain: iommu_domain, dev: device): Task<errno> {
  if (domain.type === IOMMU_DOMAIN_IDENTITY) return 0;
  if ((yield* read(domain.instance)) !== null) return -EINVAL;
  yield* write(domain.instance, yield* read(field(k.world, yield* read(dev.iommu), 'iommu_dev')));
  return 0;
}

export const omap_iommu_ops: iommu_ops = {
  text: 'omap_iommu_ops',
  driver,
  probe_device: omap_iommu_probe_device,
  release_device: omap_iommu_release_device,
  device_group: generic_single_device_group,
  attachments: (priv) =>
    priv instanceof omap_iommu_arch_data
      ? priv.iommus.map((instance) => ({ instance, ids: [] }))
      : [],
  idsOf: () => null, // the fwspec that of_iommu may have left says nothing
  attach_dev: omap_iommu_attach_dev,
};

export const omap_iommu: IommuDriver = {
  name: driver,
  kind: 'self-parsing',
  ops: omap_iommu_ops,
  compatible: ['ti,omap2-iommu', 'ti,omap4-iommu', 'ti,dra7-iommu', 'ti,dra7-dsp-iommu'],
  config: 'CONFIG_OMAP_IOMMU',
  cells: 0,
  severalInstances: true,
  early: true,
  limit: 'all-at-once',
  probe: omap_iommu_probe,
  instance: iommu_device,
};
