import type { Task } from '../../../../../explore/index.ts';
import type { device } from '../../../../include/linux/device.ts';
import {
  EINVAL,
  ENODEV,
  ERR_PTR,
  type ErrPtr,
  type errno,
} from '../../../../include/linux/errno.ts';
import {
  iommu_device,
  type iommu_domain,
  type iommu_ops,
  type of_phandle_args,
} from '../../../../include/linux/iommu.ts';
import type { kernel } from '../../../../kernel.ts';
import { attachOneInstance, drvdataOfNode, fwspecIds, registerInstance } from '../../common.ts';
import type { IommuDriver } from '../../driver.ts';
import { generic_device_group } from '../../iommu-group.ts';

const driver = 'qcom_iommu';

/** @linux drivers/iommu/arm/arm-smmu/qcom_iommu.c qcom_iommu_device_probe */
function* qcom_iommu_device_probe(k: kernel, dev: device): Task<errno> {
  return yield* registerInstance(k, dev, driver);
}

/**
 * A second instance is refused. The context bank that the ID stands for is taken to be there.
 *
 * @linux drivers/iommu/arm/arm-smmu/qcom_iommu.c qcom_iommu_of_xlate
 */
function* qcom_iommu_of_xlate(k: kernel, dev: device, { np, args }: of_phandle_args): Task<errno> {
  if (args.length !== 1) return -EINVAL;
  const qcom_iommu = yield* drvdataOfNode(k, np);
  const priv = yield* k.dev_iommu_priv_get(dev);
  if (priv === null) yield* k.dev_iommu_priv_set(dev, qcom_iommu);
  else if (k.WARN_ON(qcom_iommu !== priv, 'a device behind two instances of qcom_iommu'))
    return -EINVAL;
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

/** Sets up a context bank for each ID. @linux drivers/iommu/arm/arm-smmu/qcom_iommu.c qcom_iommu_attach_dev */
function* qcom_iommu_attach_dev(k: kernel, domain: iommu_domain, dev: device): Task<errno> {
  k.probeSaw(dev, yield* fwspecIds(k, dev), 1);
  return yield* attachOneInstance(k, domain, dev);
}

export const qcom_iommu_ops: iommu_ops = {
  text: 'qcom_iommu_ops',
  driver,
  of_xlate: qcom_iommu_of_xlate,
  probe_device: qcom_iommu_probe_device,
  device_group: generic_device_group,
  attach_dev: qcom_iommu_attach_dev,
};

export const qcom_iommu: IommuDriver = {
  name: driver,
  kind: 'fwspec-priv',
  ops: qcom_iommu_ops,
  compatible: ['qcom,msm-iommu-v1', 'qcom,msm-iommu-v2'],
  config: 'CONFIG_QCOM_IOMMU',
  cells: 1,
  limit: 'one-a-device',
  linksClients: true,
  gets: { clocks: ['iface', 'bus', 'tbu'] },
  probe: qcom_iommu_device_probe,
  instance: iommu_device,
};
