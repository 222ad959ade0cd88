import type { Task } from '../explore/index.ts';
import type { AnyFunction } from './design.ts';
import { ENODEV, ERR_PTR, type errno } from './include/linux/errno.ts';
import type { Kconfig } from './kconfig.ts';

/** What headers define in the place of functions when an option is off, by option. */
export type Stubs = Partial<Readonly<Record<keyof Kconfig, Readonly<Record<string, AnyFunction>>>>>;

function* nothing(): Task {}

function* none(): Task<null> {
  return null;
}

function* zero(): Task<errno> {
  return 0;
}

function* noDevice(): Task<errno> {
  return -ENODEV;
}

/** `CONFIG_OF_IOMMU` needs `CONFIG_IOMMU_API`. @linux include/linux/of_iommu.h */
const of_iommu = { of_iommu_configure: none };

/** In v6.7-rc1. The IORT and VIOT paths look at their options themselves. */
export const stubs: Stubs = {
  CONFIG_ARM_SMMU_LEGACY_DT_BINDINGS: {
    *arm_smmu_register_legacy_master() {
      return ERR_PTR(-ENODEV);
    },
  },
  CONFIG_OF_IOMMU: of_iommu,
  CONFIG_IOMMU_API: {
    ...of_iommu,
    acpi_iommu_configure_id: none,
    iommu_bus_notifier: nothing,
    iommu_device_register: noDevice,
    iommu_device_use_default_domain: zero,
    iommu_device_unuse_default_domain: nothing,
    iommu_fwspec_init: noDevice,
    iommu_fwspec_add_ids: noDevice,
    iommu_fwspec_free: nothing,
    iommu_ops_from_fwnode: none,
    dev_iommu_fwspec_get: none,
    dev_iommu_priv_get: none,
  },
};
