import { field, read, type Task, write } from '../../../../../explore/index.ts';
import type { device } from '../../../../include/linux/device.ts';
import {
  EINVAL,
  ENODEV,
  ENXIO,
  ERR_PTR,
  type ErrPtr,
  type errno,
} from '../../../../include/linux/errno.ts';
import {
  IOMMU_DOMAIN_IDENTITY,
  iommu_device,
  type iommu_domain,
  type iommu_fwspec,
  type iommu_ops,
  type of_phandle_args,
} from '../../../../include/linux/iommu.ts';
import type { kernel } from '../../../../kernel.ts';
import { attachTo, idsOf, registerInstance } from '../../common/common.ts';
import type { IommuDriver } from '../../common/driver.ts';
import { generic_device_group } from '../../iommu-group.ts';

const driver = 'qcom_iommu';

/** @linux drivers/iommu/arm/arm-smmu/qcom_iommu.c qcom_iommu_device_probe */
function* qcom_iommu_device_probe(k: kernel, dev: device): Task<errno> {
  return yield* registerInstance(k, dev, driver);
}

/**
 * A second instance is refused. The context bank that the ID stands for is taken to be there, once
 * there is an instance to look it up in.
 *
 * @linux drivers/iommu/arm/arm-smmu/qcom_iommu.c qcom_iommu_of_xlate
 */
function* qcom_iommu_of_xlate(k: kernel, dev: device, { np, args }: of_phandle_args): Task<errno> {
  if (args.length !== 1) return -EINVAL;
  const iommu_pdev = yield* k.of_find_device_by_node(np);
  if (k.WARN_ON(iommu_pdev === null, 'the IOMMU of a specifier is gone') || iommu_pdev === null)
    return -EINVAL;
  const qcom_iommu = (yield* read(iommu_pdev.drvdata)) as iommu_device | null;
  field(k.world, qcom_iommu, 'hardware', 'qcom_iommu'); // max_asid
  const priv = yield* k.dev_iommu_priv_get(dev);
  if (priv === null) yield* k.dev_iommu_priv_set(dev, qcom_iommu);
  else if (k.WARN_ON(qcom_iommu !== priv, 'a device behind two instances of qcom_iommu')) {
    yield* k.putDevice(iommu_pdev);
    return -EINVAL;
  }
  yield* k.dropFound(iommu_pdev);
  return yield* k.iommu_fwspec_add_ids(dev, args);
}

/** @linux drivers/iommu/arm/arm-smmu/qcom_iommu.c qcom_iommu_probe_device */
function* qcom_iommu_probe_device(k: kernel, dev: device): Task<iommu_device | ErrPtr> {
  if ((yield* k.ownFwspec(dev, driver)) === null) return ERR_PTR(-ENODEV);
  const qcom_iommu = (yield* k.dev_iommu_priv_get(dev)) as iommu_device | null;
  if (qcom_iommu === null) return ERR_PTR(-ENODEV);
  yield* k.device_link_add(dev, qcom_iommu.dev);
  return qcom_iommu;
}

/**
 * The first device of a domain sets up a context bank for each of its IDs, and its fwspec stays with
 * the domain: each flush of the TLB goes by it.
 *
 * @linux drivers/iommu/arm/arm-smmu/qcom_iommu.c qcom_iommu_init_domain
 */
function* qcom_iommu_init_domain(
  k: kernel,
  domain: iommu_domain,
  qcom_iommu: iommu_device,
  fwspec: iommu_fwspec | null,
  dev: device,
): Task {
  if ((yield* read(domain.instance)) !== null) return;
  yield* write(domain.instance, qcom_iommu);
  yield* write(domain.fwspec, fwspec);
  k.probeSaw(dev, yield* idsOf(k, fwspec), 1);
}

/** The driver's `attach_dev`, by whether a device must have a fwspec. */
export function qcomIommuAttachDev(asks: boolean): iommu_ops['attach_dev'] {
  /** @linux drivers/iommu/arm/arm-smmu/qcom_iommu.c qcom_iommu_attach_dev */
  return function* qcom_iommu_attach_dev(k, domain, dev) {
    if (domain.type === IOMMU_DOMAIN_IDENTITY) return 0;
    const fwspec = yield* k.dev_iommu_fwspec_get(dev);
    const qcom_iommu = (yield* k.dev_iommu_priv_get(dev)) as iommu_device | null;
    if (qcom_iommu === null || (asks && fwspec === null)) return -ENXIO;
    yield* qcom_iommu_init_domain(k, domain, qcom_iommu, fwspec, dev);
    return yield* attachTo(domain, qcom_iommu);
  };
}

/** Freeing page tables flushes the TLB. @linux drivers/iommu/arm/arm-smmu/qcom_iommu.c qcom_iommu_domain_free */
function* qcom_iommu_domain_free(k: kernel, domain: iommu_domain): Task {
  if ((yield* read(domain.instance)) === null) return;
  const fwspec = yield* read(domain.fwspec);
  yield* read(field(k.world, fwspec, 'num_ids', 'qcom_domain->fwspec'));
}

export const qcom_iommu_ops: iommu_ops = {
  text: 'qcom_iommu_ops',
  driver,
  of_xlate: qcom_iommu_of_xlate,
  probe_device: qcom_iommu_probe_device,
  device_group: generic_device_group,
  attach_dev: qcomIommuAttachDev(true),
  domain_free: qcom_iommu_domain_free,
};

export const qcom_iommu: IommuDriver = {
  name: driver,
  kind: 'fwspec-priv',
  ops: qcom_iommu_ops,
  compatible: ['qcom,msm-iommu-v1', 'qcom,msm-iommu-v2'],
  config: 'CONFIG_QCOM_IOMMU',
  cells: 1,
  limit: 'one-a-device',
  gets: { clocks: ['iface', 'bus', 'tbu'] },
  probe: qcom_iommu_device_probe,
  instance: iommu_device,
};
