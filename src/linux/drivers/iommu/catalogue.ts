import type { Task, World } from '../../../explore/index.ts';
import { compatibleOf, type FdtNode, propertyOf } from '../../../firmware/fdt/index.ts';
import type { DriverName } from '../../design.ts';
import type { device } from '../../include/linux/device.ts';
import type { errno } from '../../include/linux/errno.ts';
import { iommu_device } from '../../include/linux/iommu.ts';
import type { Kconfig } from '../../kconfig.ts';
import type { kernel } from '../../kernel.ts';
import { apple_dart, apple_dart_probe } from './apple-dart.ts';
import { arm_smmu_device, arm_smmu_device_probe } from './arm/arm-smmu/arm-smmu.ts';
import {
  arm_smmu_device as arm_smmu_v3_device,
  arm_smmu_device_probe as arm_smmu_v3_probe,
} from './arm/arm-smmu-v3/arm-smmu-v3.ts';
import { exynos_sysmmu_probe, sysmmu_drvdata } from './exynos-iommu.ts';
import { viommu_probe } from './virtio-iommu.ts';

/** One IOMMU driver of the model: what it binds to and what a bound instance is. */
export interface IommuDriver {
  readonly name: DriverName;
  readonly compatible: readonly string[];
  readonly config: keyof Kconfig;
  readonly probe: (k: kernel, dev: device) => Task<errno>;
  readonly instance: new (world: World, label: string, dev: device) => iommu_device;
  /** A whole device class also serves other purposes: only a node with `#iommu-cells` is an IOMMU. */
  readonly needsIommuCells?: boolean;
}

export const iommuDrivers: readonly IommuDriver[] = [
  {
    name: 'arm-smmu',
    compatible: [
      'arm,smmu-v1',
      'arm,smmu-v2',
      'arm,mmu-400',
      'arm,mmu-401',
      'arm,mmu-500',
      'cavium,smmu-v2',
      'nvidia,smmu-500',
      'qcom,smmu-v2',
    ],
    config: 'CONFIG_ARM_SMMU',
    probe: arm_smmu_device_probe,
    instance: arm_smmu_device,
  },
  {
    name: 'arm-smmu-v3',
    compatible: ['arm,smmu-v3'],
    config: 'CONFIG_ARM_SMMU_V3',
    probe: arm_smmu_v3_probe,
    instance: arm_smmu_v3_device,
  },
  {
    name: 'virtio-iommu',
    compatible: ['virtio,mmio', 'virtio,pci-iommu'],
    config: 'CONFIG_VIRTIO_IOMMU',
    probe: viommu_probe,
    instance: iommu_device,
    needsIommuCells: true,
  },
  {
    name: 'apple-dart',
    compatible: ['apple,t8103-dart', 'apple,t6000-dart'],
    config: 'CONFIG_APPLE_DART',
    probe: apple_dart_probe,
    instance: apple_dart,
  },
  {
    name: 'exynos-sysmmu',
    compatible: ['samsung,exynos-sysmmu'],
    config: 'CONFIG_EXYNOS_IOMMU',
    probe: exynos_sysmmu_probe,
    instance: sysmmu_drvdata,
  },
];

/** The driver that binds to a devicetree node as an IOMMU, or null. */
export function iommuDriverOf(np: FdtNode, config: Kconfig): IommuDriver | null {
  const compatible = compatibleOf(np);
  const cells = propertyOf(np, '#iommu-cells') !== undefined;
  return (
    iommuDrivers.find(
      (driver) =>
        config[driver.config] === true &&
        (cells || driver.needsIommuCells !== true) &&
        driver.compatible.some((name) => compatible.includes(name)),
    ) ?? null
  );
}
