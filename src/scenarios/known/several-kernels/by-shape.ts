import { type Found, notFollowed } from '../finding.ts';

// What findings show themselves by on devices of other shapes than the usual one.

const allTables = ['iort', 'viot', 'iort+viot'] as const;
const freed = 'use-after-free:__iommu_probe_device:iommu_fwspec';
const twice = 'use-after-free:iommu_fwspec_dealloc:iommu_fwspec';

/** Success frees the fwspec, and whoever configures or releases the device meets it. */
export const freedThroughAcpi: readonly Found[] = notFollowed([
  ...allTables.map((firmware) => ({
    on: ['fwspec-v2'],
    in: ['rebind'],
    firmware,
    bugs: [freed],
  })),
  ...(['viot', 'iort+viot'] as const).map((firmware) => ({
    on: ['fwspec-v2'],
    in: ['partial-fwspec'],
    firmware,
    bugs: [freed],
  })),
  ...allTables.map((firmware) => ({
    on: ['fwspec-v2'],
    in: ['rebind', 'probe-defers'],
    firmware,
    bugs: [twice],
  })),
  {
    on: ['fwspec-v2'],
    in: ['second-configure'],
    firmware: 'iort+viot',
    bugs: [freed, twice],
  },
  {
    on: ['fwspec-v2'],
    in: ['remove-device', 'remove-add'],
    firmware: 'iort+viot',
    bugs: ['use-after-free:arm_smmu_release_device:iommu_fwspec'],
  },
  { on: ['fwspec-v2'], in: ['two-iommus'], firmware: 'viot', bugs: [freed] },
]);

const added = ['add-bind'];
const unclaimed = 'property:every-bound-driver-has-claimed-the-group-of-its-device,-once:end';

/** A driver comes while its device is added: two make `dev->iommu`. */
export const twoMakeIt: readonly Found[] = notFollowed([
  {
    on: ['v6.7-rc1'],
    in: added,
    with: 'arm-smmu',
    bugs: [
      'null-deref:iommu_fwspec_init:dev->iommu',
      'property:arm_smmu_probe_device:iommu_fwspec',
      'null-deref:arm_smmu_attach_dev:cfg->smendx',
      'null-deref:arm_smmu_device_group:cfg->smendx',
    ],
  },
  {
    on: ['v6.7-rc1'],
    in: added,
    firmware: 'viot',
    bugs: [
      'null-deref:iommu_fwspec_init:dev->iommu',
      'property:a-probed-device-keeps-its-description:always',
      'property:viommu_probe_device:iommu_fwspec',
    ],
  },
]);

/** The notifier comes to a device whose parse is not finished, as a walk does. */
export const notFinished: readonly Found[] = notFollowed([
  {
    on: ['v6.7-rc1'],
    in: added,
    with: 'arm-smmu',
    bugs: ['null-deref:arm_smmu_probe_device:cfg->smendx'],
  },
  {
    on: ['v6.7-rc1'],
    in: added,
    with: 'sprd-iommu',
    bugs: [
      'null-deref:iommu_device_link:iommu',
      'property:sprd_iommu_probe_device:iommu_fwspec',
      'null-deref:sprd_iommu_of_xlate:dev->iommu',
    ],
  },
  {
    on: ['v6.7-rc1'],
    in: added,
    with: 'apple-dart',
    bugs: ['null-deref:iommu_device_link:iommu', 'property:apple_dart_probe_device:iommu_fwspec'],
  },
  {
    on: ['v6.7-rc1'],
    in: added,
    with: 'mtk_iommu',
    bugs: [
      'null-deref:mtk_iommu_probe_device:data',
      'property:mtk_iommu_probe_device:iommu_fwspec',
    ],
  },
]);

/** Drivers that keep the device of their IOMMU. */
export const keepIt: readonly Found[] = notFollowed([
  ...['apple-dart', 'exynos-sysmmu', 'ipmmu-vmsa', 'mtk_iommu', 'qcom_iommu', 'sun50i-iommu'].map(
    (driver) => ({ ...kept(driver), on: ['v6.7-rc1'], in: ['rebind'] }),
  ),
  ...['apple-dart', 'mtk_iommu', 'mtk_iommu_v1', 'omap-iommu', 'qcom_iommu', 'sun50i-iommu'].map(
    (driver) => ({ ...kept(driver), on: ['v6.7-rc1', 'fwspec-v2'], in: added }),
  ),
]);

function kept(driver: string): Pick<Found, 'with' | 'bugs'> {
  return { with: driver, bugs: ['refcount:end:device-iommu'] };
}

/** The driver is there before the group is. */
export const beforeItsGroup: readonly Found[] = notFollowed([
  { on: ['v6.7-rc1'], in: added, with: 'sun50i-iommu', bugs: [unclaimed] },
  { on: ['v6.7-rc1', 'fwspec-v2'], in: added, with: 'mtk_iommu_v1', bugs: [unclaimed] },
]);

/** Where several share the ID of their bridge behind an SMMUv3. */
export const sharesItsId: readonly Found[] = [
  {
    on: ['v6.7-rc1', 'fwspec-v2', 'v6.12', 'v7.3'],
    in: ['two-clients'],
    bridge: 'pcie-to-pci',
    bugs: ['property:a-device-gets-what-firmware-says:end'],
  },
];

/** Where the device is the first one behind its bridge, whose ID is its own. */
export const ownAlias: readonly Found[] = [
  {
    on: ['v6.7-rc1', 'fwspec-v2'],
    in: ['cover-letter', 'add-bind', 'probe-defers', 'deferred-work', 'hotplug'],
    bridge: 'pcie-to-pci',
    bugs: ['property:a-device-gets-what-firmware-says:end'],
  },
];

/** The same on kernels that let the device pass. */
export const treeIsLost: readonly Found[] = [
  {
    on: ['v7.3'],
    in: ['remove-device', 'rebind-remove', 'remove-add', 'failed-registration'],
    bridge: 'pcie-to-pci',
    bugs: ['property:arm_smmu_release_device:arm_smmu_device->streams'],
  },
];

/** Patch 5 leaks the array of two IDs. */
export const twoIdsOfABridge: readonly Found[] = [
  {
    on: ['fwspec-v2'],
    in: ['cover-letter', 'two-clients', 'rebind', 'second-configure', 'probe-defers'],
    bridge: 'pcie-to-pci',
    bugs: ['leak:iommu_fwspec_append_ids:fwspec_ids'],
  },
];
