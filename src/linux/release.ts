// What kernels go by that is no code: each release has its own.

import type { DriverName } from './design.ts';
import type { Gets } from './drivers/iommu/common/driver.ts';
import type { Kconfig } from './kconfig.ts';

/** Where a property of a devicetree names a device's suppliers. @linux drivers/of/property.c supplier_bindings */
export interface SupplierBinding {
  /** Its name, or how it is to end or begin when that goes on. */
  readonly name: string | RegExp;
  /** The property of the supplier that says how many cells follow each phandle; none for phandles alone. */
  readonly cells?: string;
  /** Waited for only when `fw_devlink` is strict. */
  readonly optional?: true;
}

export interface Release {
  /** What the values of truth begin with. @linux lib/kstrtox.c kstrtobool */
  readonly kstrtobool: { readonly yes: RegExp; readonly no: RegExp };
  /** The drivers of IOMMUs by the initcall that registers them, for `initcall_blacklist=`. */
  readonly initcalls: Readonly<Record<string, readonly (keyof Kconfig & `CONFIG_${string}`)[]>>;
  /** The newest system that it says it is when firmware asks. @linux drivers/acpi/acpica/utosi.c */
  readonly newestWindows: string;
  readonly suppliers: readonly SupplierBinding[];
  /** A supplier without the property that says how many cells follow is followed by none. */
  readonly cellsDefault: 0 | null;
  /** `interrupt-map` names suppliers. */
  readonly interruptMaps: boolean;
  /** Devices in `post-init-providers` are no suppliers, whatever else names them. */
  readonly postInitProviders: boolean;
  /** From revision 5 on a flag of an SMMUv3 says whether its DeviceID index counts. @linux drivers/acpi/arm64/iort.c iort_get_id_mapping_index */
  readonly deviceIdFlag: boolean;
  /** A PCI function whose node is disabled is offered to no driver. @linux drivers/pci/bus.c pci_bus_add_device */
  readonly disabledFunctions: boolean;
  /** What drivers of IOMMUs get, where it is not what their own entry says. */
  readonly gets: Readonly<Partial<Record<DriverName, Gets>>>;
}

export const phandles = (...names: (string | RegExp)[]): SupplierBinding[] =>
  names.map((name) => ({ name }));
export const lists = (...names: string[]): SupplierBinding[] =>
  names.map((name) => ({ name, cells: `#${name.replace(/s$/, '')}-cells` }));

/** Since v6.3: before, cells of memory had no arguments. */
export const nvmem: SupplierBinding = { name: 'nvmem-cells', cells: '#nvmem-cell-cells' };
export const pinctrl: RegExp = /^pinctrl-[0-8]$/;
export const msiParent: SupplierBinding = { name: 'msi-parent', cells: '#msi-cells' };

/** As v6.7-rc1 has it. */
export const release: Release = {
  newestWindows: 'Windows 2021',
  kstrtobool: { yes: /^(?:[1yt]|on)/i, no: /^(?:[0nf]|of)/i },
  initcalls: {
    apple_dart_driver_init: ['CONFIG_APPLE_DART'],
    arm_smmu_driver_init: ['CONFIG_ARM_SMMU', 'CONFIG_ARM_SMMU_V3'],
    exynos_iommu_init: ['CONFIG_EXYNOS_IOMMU'],
    ipmmu_driver_init: ['CONFIG_IPMMU_VMSA'],
    msm_iommu_driver_init: ['CONFIG_MSM_IOMMU'],
    mtk_iommu_driver_init: ['CONFIG_MTK_IOMMU'],
    mtk_iommu_v1_driver_init: ['CONFIG_MTK_IOMMU_V1'],
    omap_iommu_init: ['CONFIG_OMAP_IOMMU'],
    pci_iommu_init: ['CONFIG_INTEL_IOMMU', 'CONFIG_AMD_IOMMU'],
    qcom_iommu_init: ['CONFIG_QCOM_IOMMU'],
    riscv_iommu_platform_driver_init: ['CONFIG_RISCV_IOMMU'],
    rk_iommu_driver_init: ['CONFIG_ROCKCHIP_IOMMU'],
    rockchip_vsi_iommu_driver_init: ['CONFIG_VSI_IOMMU'],
    s390_iommu_init: ['CONFIG_S390_IOMMU'],
    sprd_iommu_driver_init: ['CONFIG_SPRD_IOMMU'],
    sun50i_iommu_driver_init: ['CONFIG_SUN50I_IOMMU'],
    virtio_iommu_drv_init: ['CONFIG_VIRTIO_IOMMU'],
  },
  suppliers: [
    ...lists('clocks', 'interconnects', 'io-channels', 'power-domains', 'hwlocks'),
    ...lists('phys', 'pwms', 'resets'),
    { name: 'mboxes', cells: '#mbox-cells' },
    nvmem,
    msiParent,
    ...phandles('interrupt-parent', 'extcon', 'wakeup-parent', 'leds', 'backlight', 'panel'),
    ...phandles(/.-supply$/, pinctrl),
    { name: /^gpios?$|.-gpio$|.-gpios$/, cells: '#gpio-cells' },
    { name: 'iommus', cells: '#iommu-cells', optional: true },
    { name: 'dmas', cells: '#dma-cells', optional: true },
  ],
  cellsDefault: 0,
  interruptMaps: false,
  postInitProviders: false,
  deviceIdFlag: true,
  disabledFunctions: true, // v6.5
  gets: {},
};
