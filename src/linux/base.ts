import type { Design } from './design.ts';
import { apple_dart_iommu_ops } from './drivers/iommu/apple-dart.ts';
import { arm_smmu_ops } from './drivers/iommu/arm/arm-smmu/arm-smmu.ts';
import { arm_smmu_ops as arm_smmu_v3_ops } from './drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.ts';
import { exynos_iommu_ops } from './drivers/iommu/exynos-iommu.ts';
import { viommu_ops } from './drivers/iommu/virtio-iommu.ts';
import { functions } from './functions.ts';
import { inlines } from './inlines.ts';

/** v6.7-rc1 (b85ea95d0864), which the patch series starts from. */
export const base: Design = {
  name: 'v6.7-rc1',
  functions,
  inlines,
  drivers: {
    'arm-smmu': arm_smmu_ops,
    'arm-smmu-v3': arm_smmu_v3_ops,
    'virtio-iommu': viommu_ops,
    'apple-dart': apple_dart_iommu_ops,
    'exynos-sysmmu': exynos_iommu_ops,
  },
};
