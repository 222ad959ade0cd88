import { halfDescribed, type Section } from '../finding.ts';
import { tegraFails } from '../several-kernels/by-tegra.ts';
import { removedByViot } from '../several-kernels/by-viot.ts';

export const v61: Section = {
  title: 'v6.1',
  intro: [
    'Only what is its own: `unload`, the other bugs of `remove-device`, and that an SMMU is not found until its',
    'driver is bound, are as [in v6.12](#v612).',
  ],
  findings: [
    {
      name: 'Two probe one device, one after the other',
      status: 'real',
      reported: '',
      kernels: ['v6.1', 'v6.7-rc1'],
      text: [
        '**Real.** `probe_iommu_group()` and `of_iommu_configure()` ask whether a device is in a group before they',
        'take `iommu_probe_device_lock`, and `__iommu_probe_device()` does not ask again under it. A walk that comes',
        "to a client while its driver's configure call parses or probes finds no group, waits for the lock, and",
        'probes the device a second time when it gets it; the other way round the replay does. `arm_smmu_probe_device()`',
        'of SMMUv3 meets its own `priv`, warns and returns -EBUSY, and the error path frees `dev->iommu` under a',
        'device that is in a group: attaching it, giving its group a domain, and the end of the first probe follow a',
        'pointer that is gone, the reference to the module stays, and the stream table keeps an entry whose master',
        'nobody knows. A driver that refuses nothing (virtio-iommu, SMMUv2) leaks what it made the first time. It',
        'takes an IOMMU that registers while a client of another one binds: two SMMUs that come as modules, or after',
        'a deferral. v6.6 asks under the lock (6eb4da8cf545); neither that nor anything like it came back to 6.1.y,',
        'whose test before the replay (`device_iommu_mapped()`) is another one without the lock.',
        '',
        '`fwspec explore partial-fwspec --kernel v6.1 --all` (1 and 2 preemptions).',
      ],
      found: [
        {
          on: ['v6.1'],
          in: ['partial-fwspec', 'no-memory'],
          bugs: [
            'null-deref:arm_smmu_attach_dev:dev->iommu',
            'null-deref:bus_iommu_probe:dev->iommu',
            'null-deref:iommu_get_def_domain_type:dev->iommu',
            'null-deref:iommu_probe_device:dev->iommu',
            'use-after-free:arm_smmu_attach_dev:dev_iommu',
            'use-after-free:bus_iommu_probe:dev_iommu',
            'use-after-free:iommu_get_def_domain_type:dev_iommu',
            'use-after-free:iommu_probe_device:dev_iommu',
            'property:DMA-goes-through-the-group-that-the-device-is-in:end',
            'property:a-device-gets-all-its-IOMMUs-and-IDs:end',
            'property:a-probed-device-keeps-its-dev->iommu:always',
            'warn:arm_smmu_probe_device:dev->iommu->priv-is-set-before-probe_device()',
            'refcount:end:module-arm-smmu-v3',
            'leak:arm_smmu_probe_device:arm_smmu_master',
            'leak:arm_smmu_probe_device:arm_smmu_stream',
          ],
        },
        {
          on: ['v6.1'],
          in: ['two-iommus'],
          bugs: [
            'null-deref:arm_smmu_attach_dev:dev->iommu',
            'null-deref:bus_iommu_probe:dev->iommu',
            'null-deref:iommu_get_def_domain_type:dev->iommu',
            'null-deref:iommu_probe_device:dev->iommu',
            'use-after-free:arm_smmu_attach_dev:dev_iommu',
            'use-after-free:bus_iommu_probe:dev_iommu',
            'use-after-free:iommu_get_def_domain_type:dev_iommu',
            'use-after-free:iommu_probe_device:dev_iommu',
            'property:a-probed-device-keeps-its-dev->iommu:always',
            'warn:arm_smmu_probe_device:dev->iommu->priv-is-set-before-probe_device()',
            'refcount:end:module-arm-smmu-v3',
            'leak:arm_smmu_probe_device:arm_smmu_master',
            'leak:arm_smmu_probe_device:arm_smmu_stream',
          ],
        },
      ],
    },
    {
      name: 'A group that gets no default domain',
      status: 'narrow',
      reported: '',
      kernels: ['v6.1', 'v6.7-rc1'],
      text: [
        '**Narrow**, since it takes a failed allocation. `iommu_probe_device()` does not look at what',
        '`iommu_alloc_default_domain()` returns, and a walk goes on with the next group. The device binds in a group',
        'that has no domain, `iommu_setup_dma_ops()` warns and leaves it the DMA operations of the platform. Behind an',
        'SMMU that aborts what it has no entry for it then does no DMA at all. For drivers that have no such domains',
        '(tegra-smmu, OMAP, msm_iommu, all without `CONFIG_IOMMU_DMA`) it is what is meant to happen.',
        '',
        '`fwspec explore failed-registration --kernel v6.1` (no preemption)',
      ],
      found: [
        {
          on: ['v6.1'],
          in: ['failed-registration'],
          bugs: [
            'property:DMA-goes-through-the-group-that-the-device-is-in:end',
            'property:a-group-with-devices-has-a-default-domain:end',
          ],
        },
        {
          on: ['v6.1'],
          in: ['no-memory'],
          bugs: ['property:a-group-with-devices-has-a-default-domain:end'],
        },
      ],
    },
    {
      name: 'A group is looked at while it goes',
      status: 'narrow',
      reported: '',
      kernels: ['v6.1', 'v6.7-rc1'],
      text: [
        '**Narrow.** `iommu_group_get()` reads `dev->iommu_group` and takes a reference to what it finds, with no lock',
        'in between. A walk does so for each device of the bus; when the device is being removed, `iommu_group_put()`',
        'of `iommu_group_remove_device()` can free the group between the two. If its count is 0 and the group is not freed',
        'yet, `refcount_t` warns, at the get and again at the put, and never comes back to 0: it is not freed twice.',
        'Later kernels read the pointer and leave the count alone.',
        '',
        '`fwspec explore remove-device --kernel v6.1 --all` (1 to 3 preemptions).',
      ],
      found: [
        ...tegraFails.groupGoes,
        ...removedByViot['v6.1'],
        {
          on: ['v6.1'],
          in: ['remove-device'],
          bugs: [
            'use-after-free:iommu_group_get:iommu_group',
            'use-after-free:iommu_group_put:iommu_group',
            'refcount:iommu_group_get:iommu_group',
            'refcount:iommu_group_put:iommu_group',
          ],
        },
      ],
    },
    {
      name: 'A second IOMMU that is late, in v6.1',
      status: 'real',
      reported: 'by Hector Martin, 19 November 2023, in the thread on the series',
      kernels: ['v6.1', 'v6.12'],
      text: [
        '**Real.** As [in v6.7-rc1](#a-second-iommu-that-has-not-registered-is--einval-not-deferral): with no concurrency at all the',
        "device binds without its IOMMUs, and the second one's walk puts it into a group with what the first left.",
      ],
      found: [
        {
          on: ['v6.1'],
          in: ['two-iommus'],
          bugs: halfDescribed,
        },
      ],
    },
    {
      name: 'Not in the table: a device that was never probed is released',
      status: 'real',
      reported: '',
      kernels: ['v6.1', 'v6.7-rc1'],
      text: [
        '**Real**, with nothing beside it. A device whose parse ended in deferral or an error has a `dev->iommu`',
        'and no IOMMU in it. When it is removed before that changes, `iommu_release_device()` takes it for one that',
        'was probed and follows `dev->iommu->iommu_dev`, which is NULL. v6.7-rc1 frees what there is.',
      ],
      found: [],
    },
  ],
};
