import { type Found, notFollowed } from '../finding.ts';

/** A device behind an SMMUv2 is removed under a walk: a row for each of the kernels that show it alike. */
const removed = (kernels: readonly string[], bugs: readonly string[]): readonly Found[] =>
  notFollowed(
    kernels.map((kernel) => ({ on: [kernel], in: ['remove-device'], with: 'arm-smmu', bugs })),
  );

const lost = [
  'refcount:end:module-arm-smmu',
  'leak:arm_smmu_probe_device:arm_smmu_master_cfg',
  'null-deref:arm_smmu_device_group:cfg',
  'null-deref:arm_smmu_device_group:fwspec',
];
const probes = 'null-deref:arm_smmu_probe_device:fwspec';
const attaches = 'use-after-free:arm_smmu_attach_dev:dev_iommu';
const freed = [
  'use-after-free:arm_smmu_attach_dev:iommu_fwspec',
  'use-after-free:arm_smmu_device_group:dev_iommu',
  'use-after-free:arm_smmu_device_group:iommu_fwspec',
];
const warns = 'warn:iommu_setup_default_domain:iommu-driver-failed-to-attach-a-default-domain';

/** By the kernel that the finding is of. */
export const removedBySmmu: Readonly<
  Record<'v6.1' | 'v6.7-rc1' | 'v6.12' | 'v7.3', readonly Found[]>
> = {
  'v6.1': removed(['v6.1'], [...lost, probes, attaches, ...freed]),
  'v6.7-rc1': [
    ...removed(['v6.7-rc1', 'v6.7'], [...lost, probes, attaches, ...freed, warns]),
    ...removed(['v6.8'], [...lost, attaches, ...freed, warns]),
  ],
  'v6.12': removed(['v6.12'], [...lost, attaches, ...freed, warns]),
  'v7.3': removed(['v6.15', 'v6.16', 'v7.3'], [...lost, ...freed]),
};
