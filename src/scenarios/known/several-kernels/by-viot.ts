import type { Found } from '../finding.ts';

// What findings of the core show themselves by behind a virtio-iommu that VIOT names.

/** Of v6.8 and v6.12, which take no lock for a removal. */
const withoutLock = [
  'null-deref:viommu_probe_device:fwspec',
  'property:a-device-gets-all-its-IOMMUs-and-IDs:end',
  'property:a-probed-device-keeps-its-dev->iommu:always',
  'property:nothing-of-a-removed-device-is-left:end',
  'refcount:end:module-virtio-iommu',
  'leak:viommu_probe_device:viommu_endpoint',
  'null-deref:bus_iommu_probe:dev->iommu',
  'null-deref:iommu_setup_default_domain:dev->iommu',
  'null-deref:viommu_attach_dev:dev->iommu',
  'use-after-free:bus_iommu_probe:dev_iommu',
  'use-after-free:dev_iommu_priv_set:dev_iommu',
  'use-after-free:iommu_setup_default_domain:dev_iommu',
  'use-after-free:viommu_attach_dev:dev_iommu',
  'use-after-free:viommu_probe_device:dev_iommu',
  'use-after-free:viommu_probe_device:iommu_fwspec',
];

/** Of v6.15 and v6.16, in which the group goes, too. */
const withGroups = [
  'null-deref:viommu_probe_device:fwspec',
  'use-after-free:__iommu_probe_device:iommu_group',
  'use-after-free:bus_iommu_probe:iommu_group',
  'use-after-free:viommu_probe_device:dev_iommu',
  'use-after-free:viommu_probe_device:iommu_fwspec',
  'refcount:end:module-virtio-iommu',
  'leak:iommu_group_alloc_device:group_device',
  'leak:iommu_setup_default_domain:iommu_domain',
  'leak:viommu_probe_device:viommu_endpoint',
  'null-deref:viommu_attach_dev:dev->iommu',
  'use-after-free:__iommu_group_set_domain:iommu_group',
  'use-after-free:iommu_get_domain_for_dev:iommu_group',
  'use-after-free:iommu_setup_default_domain:iommu_group',
  'use-after-free:viommu_attach_dev:dev_iommu',
  'use-after-free:viommu_attach_dev:iommu_domain',
];

/** A device is removed under a walk: by the kernel that the finding is of. */
export const removedByViot: Readonly<
  Record<'v6.1' | 'v6.7-rc1' | 'v6.12' | 'v7.3', readonly Found[]>
> = {
  'v6.1': [
    {
      on: ['v6.1'],
      in: ['remove-device'],
      firmware: 'viot',
      bugs: [
        'property:a-device-gets-all-its-IOMMUs-and-IDs:end',
        'property:a-probed-device-keeps-its-dev->iommu:always',
        'property:nothing-of-a-removed-device-is-left:end',
        'refcount:end:module-virtio-iommu',
        'leak:viommu_probe_device:viommu_endpoint',
        'null-deref:__iommu_probe_device:dev->iommu',
        'null-deref:bus_iommu_probe:dev->iommu',
        'null-deref:iommu_get_def_domain_type:dev->iommu',
        'null-deref:iommu_group_get_for_dev:dev->iommu',
        'null-deref:viommu_attach_dev:dev->iommu',
        'null-deref:viommu_probe_device:dev->iommu',
        'use-after-free:__iommu_probe_device:dev_iommu',
        'use-after-free:bus_iommu_probe:dev_iommu',
        'use-after-free:iommu_get_def_domain_type:dev_iommu',
        'use-after-free:iommu_group_get_for_dev:dev_iommu',
        'use-after-free:viommu_attach_dev:dev_iommu',
        'use-after-free:viommu_probe_device:dev_iommu',
        'use-after-free:viommu_probe_device:iommu_fwspec',
      ],
    },
  ],
  'v6.7-rc1': [
    {
      on: ['v6.7-rc1', 'v6.7'],
      in: ['remove-device'],
      firmware: 'viot',
      bugs: [
        'property:a-device-gets-all-its-IOMMUs-and-IDs:end',
        'property:a-probed-device-keeps-its-dev->iommu:always',
        'property:nothing-of-a-removed-device-is-left:end',
        'refcount:end:module-virtio-iommu',
        'leak:viommu_probe_device:viommu_endpoint',
        'null-deref:bus_iommu_probe:dev->iommu',
        'null-deref:iommu_setup_default_domain:dev->iommu',
        'null-deref:viommu_attach_dev:dev->iommu',
        'null-deref:viommu_probe_device:dev->iommu',
        'use-after-free:bus_iommu_probe:dev_iommu',
        'use-after-free:iommu_setup_default_domain:dev_iommu',
        'use-after-free:viommu_attach_dev:dev_iommu',
        'use-after-free:viommu_probe_device:dev_iommu',
        'use-after-free:viommu_probe_device:iommu_fwspec',
      ],
    },
    {
      on: ['v6.8'],
      in: ['remove-device'],
      firmware: 'viot',
      bugs: withoutLock,
    },
  ],
  'v6.12': [
    {
      on: ['v6.12'],
      in: ['remove-device'],
      firmware: 'viot',
      bugs: withoutLock,
    },
  ],
  'v7.3': [
    {
      on: ['v6.15'],
      in: ['remove-device'],
      firmware: 'viot',
      bugs: [...withGroups, 'use-after-free:acpi_iommu_configure_id:dev_iommu'],
    },
    {
      on: ['v6.16'],
      in: ['remove-device'],
      firmware: 'viot',
      bugs: withGroups,
    },
    {
      on: ['v7.3'],
      in: ['remove-device'],
      firmware: 'viot',
      bugs: [
        'refcount:end:module-virtio-iommu',
        'leak:viommu_probe_device:viommu_endpoint',
        'null-deref:viommu_attach_dev:dev->iommu',
        'null-deref:viommu_probe_device:fwspec',
        'use-after-free:viommu_attach_dev:dev_iommu',
        'use-after-free:viommu_probe_device:dev_iommu',
        'use-after-free:viommu_probe_device:iommu_fwspec',
      ],
    },
  ],
};

/** Until a walk of another virtio-iommu groups the device that is bound. */
export const neverProbedByViot: readonly Found[] = [
  {
    on: ['v6.15', 'v6.16'],
    in: ['remove-device'],
    firmware: 'viot',
    bugs: [
      'warn:__iommu_probe_device:late-IOMMU-probe-at-driver-bind,-something-fishy-here!',
      'warn:iommu_device_unuse_default_domain:group-has-no-owner-to-take-away',
    ],
  },
];
