import { type Found, notFollowed } from '../finding.ts';

// What findings show themselves by on devices of shapes that are odd, and in the scenarios beside their own.

const gets = 'property:a-device-gets-what-firmware-says:end';
const leaves = 'property:a-device-behind-an-IOMMU-is-not-left-without-it:end';
const bypassed = 'property:DMA-goes-through-the-group-that-the-device-is-in:end';
const parts = 'property:a-device-gets-all-its-IOMMUs-and-IDs:end';
const keeps = 'property:a-probed-device-keeps-its-description:always';
const unclaimed = 'property:every-bound-driver-has-claimed-the-group-of-its-device,-once:end';
const late = 'warn:__iommu_probe_device:late-IOMMU-probe-at-driver-bind,-something-fishy-here!';
const freed = 'use-after-free:__iommu_probe_device:iommu_fwspec';
const twice = 'use-after-free:iommu_fwspec_dealloc:iommu_fwspec';
const kernels = ['v6.7-rc1', 'fwspec-v2', 'v6.12', 'v7.3'];
const thread = ['v6.7-rc1', 'fwspec-v2'];
const listed = { shape: 'mmu-masters', with: 'arm-smmu' } as const;

/** An SMMU that lists its masters does not find them, and a second one does under their drivers. */
export const mastersNotFound: readonly Found[] = [
  { on: kernels, in: ['cover-letter', 'two-clients'], ...listed, bugs: [gets] },
  { on: kernels, in: ['rebind', 'second-configure'], ...listed, bugs: [unclaimed] },
  {
    on: kernels,
    in: ['rebind'],
    ...listed,
    bugs: ['warn:iommu_device_unuse_default_domain:group-has-no-owner-to-take-away'],
  },
  { on: ['v7.3'], in: ['rebind', 'second-configure'], ...listed, bugs: [late] },
];

/** An SMMUv3 whose `#iommu-cells` is not 1. */
export const cellsAreWrong: Readonly<Record<'refused' | 'bypassed', readonly Found[]>> = {
  refused: [
    {
      on: ['v6.12', 'v7.3'],
      in: ['cover-letter', 'add-bind', 'rebind', 'second-configure', 'deferral-timeout'],
      shape: 'no-cells',
      bugs: ['property:the-device-ends-behind-its-IOMMU:sometimes'],
    },
  ],
  bypassed: [
    { on: thread, in: ['two-clients'], shape: 'no-cells', bugs: [gets] },
    {
      on: thread,
      in: ['two-clients'],
      shape: 'no-cells',
      bugs: [bypassed, leaves],
    },
  ],
};

/** An ID that a device has twice, in the scenarios that are about something else. */
export const idTwice: readonly Found[] = notFollowed([
  {
    on: thread,
    in: ['cover-letter', 'two-clients', 'add-bind', 'rebind', 'second-configure'],
    shape: 'id-twice',
    bugs: [gets],
  },
  {
    on: thread,
    in: [
      'partial-fwspec',
      'rebind',
      'second-configure',
      'no-memory',
      'bind-iort',
      'two-registrations',
      'unload',
      'failed-registration',
    ],
    bridge: 'pcie-to-pci',
    bugs: [gets],
  },
  {
    on: ['fwspec-v2'],
    in: ['reload'],
    bridge: 'pcie-to-pci',
    bugs: [gets, 'leak:iommu_fwspec_append_ids:fwspec_ids'],
  },
]);

/** Two share the ID of their bridge, and the second comes first. */
export const sharesItToo: readonly Found[] = [
  {
    on: ['v6.12'],
    in: ['two-clients'],
    bridge: 'pcie-to-pci',
    bugs: [bypassed, leaves],
  },
];

/** The walk whose registration fails for a client takes it back while that client fails. */
export const unregisteredForIt: readonly Found[] = notFollowed([
  {
    on: ['v6.7-rc1'],
    in: ['rebind', 'second-configure', 'partial-fwspec', 'no-memory', 'remove-add'],
    bridge: 'pcie-to-pci',
    bugs: ['use-after-free:remove_iommu_group:dev_iommu'],
  },
  {
    on: ['v6.7-rc1'],
    in: ['rebind', 'second-configure'],
    shape: 'id-twice',
    bugs: ['use-after-free:remove_iommu_group:dev_iommu'],
  },
]);

/** krealloc() frees the fwspec that another one looks at. */
export const growsUnderIt: readonly Found[] = [
  {
    on: ['v6.7-rc1'],
    in: ['add-bind'],
    shape: 'three-ids',
    bugs: [
      'use-after-free:arm_smmu_probe_device:iommu_fwspec',
      'use-after-free:dev_iommu_free:iommu_fwspec',
      'double-free:dev_iommu_free:iommu_fwspec',
    ],
  },
];

/** The driver asks for its own notes, or for its list, and not for a fwspec. */
export const notFinishedEither: readonly Found[] = [
  { on: ['fwspec-v2'], in: ['cover-letter'], with: 'msm_iommu', bugs: [keeps] },
  ...notFollowed([
    { on: ['fwspec-v2'], in: ['deferral-timeout'], with: 'msm_iommu', bugs: [keeps] },
    {
      on: ['v6.7-rc1'],
      in: ['deferral-timeout'],
      with: 'apple-dart',
      bugs: ['null-deref:iommu_device_link:iommu', 'property:apple_dart_probe_device:iommu_fwspec'],
      causes: [
        'changes-after:apple_dart_master_cfg->stream_maps:apple_dart_of_xlate:kworker:-deferred_probe_work_func():CPU1',
      ],
    },
    {
      on: ['v6.7-rc1'],
      in: ['deferral-timeout'],
      with: 'apple-dart',
      bugs: [unclaimed],
    },
  ]),
];

/** A client that is tried again while its IOMMU registers, behind drivers without a fwspec. */
export const freedUnderRetry: readonly Found[] = notFollowed([
  {
    on: ['v6.7-rc1'],
    in: ['deferral-timeout'],
    with: 'apple-dart',
    bugs: [
      'null-deref:iommu_fwspec_init:dev->iommu',
      'use-after-free:iommu_fwspec_init:dev_iommu',
      'use-after-free:of_iommu_configure:dev_iommu',
      'use-after-free:of_iommu_configure:iommu_fwspec',
      'leak:apple_dart_of_xlate:apple_dart_master_cfg',
      'null-deref:apple_dart_of_xlate:dev->iommu',
      'null-deref:of_iommu_configure:dev->iommu',
      'use-after-free:apple_dart_of_xlate:dev_iommu',
    ],
    causes: ['free:dev->iommu:dev_iommu_free:CPU1:kworker:-deferred_probe_work_func()'],
  },
  {
    on: ['v6.7-rc1'],
    in: ['deferral-timeout'],
    with: 'msm_iommu',
    bugs: ['null-deref:iommu_fwspec_init:dev->iommu', 'null-deref:qcom_iommu_of_xlate:dev->iommu'],
    causes: ['free:dev->iommu:dev_iommu_free:CPU1:kworker:-deferred_probe_work_func()'],
  },
]);

/** Through ACPI, success frees the fwspec: the others that meet it. */
export const freedThroughIort: readonly Found[] = notFollowed([
  { on: ['fwspec-v2'], in: ['second-configure'], firmware: 'iort', bugs: [freed, twice] },
  {
    on: ['fwspec-v2'],
    in: ['second-configure'],
    firmware: 'iort',
    with: 'arm-smmu',
    bugs: [freed, twice],
  },
  ...[{}, { with: 'arm-smmu' }].map((behind) => ({
    on: ['fwspec-v2'],
    in: ['remove-device'],
    firmware: 'iort' as const,
    ...behind,
    bugs: ['use-after-free:arm_smmu_release_device:iommu_fwspec'],
  })),
]);

/** A probed device is configured again. */
export const configuredAgain: readonly Found[] = notFollowed([
  { on: ['fwspec-v2'], in: ['second-configure'], with: 'apple-dart', bugs: [keeps] },
  { on: ['fwspec-v2'], in: ['rebind', 'second-configure'], with: 'msm_iommu', bugs: [keeps] },
]);

/** A reference for each specifier, in every scenario. */
export const keepItToo: readonly Found[] = notFollowed([
  {
    on: ['v6.7-rc1'],
    in: ['cover-letter', 'two-clients', 'second-configure', 'deferral-timeout', 'remove-device'],
    with: 'apple-dart',
    bugs: ['refcount:end:device-iommu'],
  },
  {
    on: ['fwspec-v2'],
    in: [
      'cover-letter',
      'two-clients',
      'rebind',
      'second-configure',
      'deferral-timeout',
      'remove-device',
    ],
    with: 'apple-dart',
    bugs: ['refcount:end:device-iommu'],
  },
  {
    on: ['v6.7-rc1', 'fwspec-v2', 'v6.7', 'v6.8', 'v6.15', 'v6.16'],
    in: ['add-bind'],
    with: 'tegra-smmu',
    bugs: ['refcount:end:device-iommu'],
  },
]);

/** A driver comes before the notifier has made the group. */
export const addedBehindUnits: readonly Found[] = notFollowed([
  ...['amd-iommu', 's390-iommu'].map((driver) => ({
    on: thread,
    in: ['add-bind'],
    with: driver,
    bugs: [unclaimed],
  })),
  { on: ['v6.7-rc1'], in: ['add-bind'], with: 'tegra-smmu', bugs: [unclaimed] },
  { on: thread, in: ['add-bind'], ...listed, bugs: [unclaimed] },
]);

/** msm_iommu compares with what lies before an IOMMU that has no client. */
export const emptyLists: readonly Found[] = notFollowed([
  {
    on: thread,
    in: ['cover-letter', 'two-clients', 'rebind', 'second-configure', 'deferral-timeout'],
    with: 'msm_iommu',
    bugs: ['property:msm_iommu_probe_device:msm_iommu_dev->ctx_list'],
  },
  {
    on: ['fwspec-v2'],
    in: ['remove-device'],
    with: 'msm_iommu',
    bugs: ['property:msm_iommu_probe_device:msm_iommu_dev->ctx_list'],
  },
]);

/** Of two IDs of a PCI function, that VIOT gives, and a retry. */
export const freedUnderRetryByViot: readonly Found[] = notFollowed([
  {
    on: ['v6.7-rc1'],
    in: ['deferral-timeout'],
    firmware: 'viot',
    bus: 'pci',
    shape: 'two-ids',
    bugs: [
      'leak:iommu_fwspec_init:iommu_fwspec',
      'null-deref:iommu_fwspec_add_ids:dev->iommu',
      'use-after-free:iommu_fwspec_add_ids:dev_iommu',
      'use-after-free:iommu_fwspec_add_ids:iommu_fwspec',
      'use-after-free:iommu_fwspec_init:iommu_fwspec',
      'property:a-device-gets-all-its-IOMMUs-and-IDs:end',
      'property:a-probed-device-keeps-its-description:always',
      'property:viommu_probe_device:iommu_fwspec',
    ],
    causes: ['changes-before:deferred_trigger_count:driver_deferred_probe_trigger:CPU0:CPU1'],
  },
]);

/** The rest of two SMMUs in an IORT. */
export const twoInIort: Readonly<
  Record<'propertiesAnew' | 'askedWithOne' | 'firstIsAll', readonly Found[]>
> = {
  propertiesAnew: [
    {
      on: ['fwspec-v2'],
      in: ['rebind'],
      firmware: 'iort',
      shape: 'two-iommus',
      bugs: ['leak:iort_named_component_init:software_node'],
    },
  ],
  askedWithOne: [
    {
      on: ['fwspec-v2'],
      in: ['second-configure'],
      firmware: 'iort',
      shape: 'two-iommus',
      bugs: ['property:arm_smmu_probe_device:iommu_fwspec'],
    },
    {
      on: ['fwspec-v2'],
      in: ['second-configure'],
      firmware: 'iort',
      shape: 'two-iommus',
      bugs: [
        parts,
        unclaimed,
        'leak:iommu_fwspec_append_ids:fwspec_ids',
        'leak:iort_named_component_init:software_node',
      ],
      causes: ['free:dev->iommu:dev_iommu_free:CPU1:CPU0'],
    },
  ],
  firstIsAll: notFollowed([
    {
      on: ['v6.12'],
      in: ['deferral-timeout'],
      firmware: 'iort',
      shape: 'two-iommus',
      bugs: [unclaimed],
      causes: [
        'changes-before:deferred_trigger_count:driver_deferred_probe_trigger:kworker:-deferred_probe_work_func():CPU1',
      ],
    },
  ]),
};

/** A device that is given up with the first of its DARTs. */
export const firstDartIsAll: readonly Found[] = notFollowed([
  {
    on: ['v6.7-rc1'],
    in: ['deferral-timeout'],
    with: 'apple-dart',
    shape: 'two-iommus',
    bugs: ['property:apple_dart_probe_device:iommu_fwspec'],
  },
]);

/** The bus has no operations yet when a client of an IOMMU on the list asks for them. */
export const noOperationsYet: readonly Found[] = [
  {
    on: ['v6.7-rc1'],
    in: ['deferral-timeout'],
    with: 'apple-dart',
    bugs: [bypassed],
    causes: [
      'sets-after:platform_bus_type->iommu_ops:iommu_device_register:CPU1:kworker:-deferred_probe_work_func()',
    ],
  },
];

/** DMA operations of arm64 behind a driver for machines without it. */
export const noneOnArm: readonly Found[] = notFollowed([
  { on: ['fwspec-v2'], in: ['cover-letter'], with: 'msm_iommu', bugs: [bypassed] },
  { on: ['v6.7-rc1'], in: ['deferral-timeout'], with: 'msm_iommu', bugs: [bypassed] },
]);
