import type { Section } from '../finding.ts';
import { removedLater } from '../several-kernels/by-later-removal.ts';
import { removedBySmmu } from '../several-kernels/by-smmu.ts';
import { removedByViot } from '../several-kernels/by-viot.ts';

export const v612: Section = {
  title: 'v6.12',
  intro: [],
  findings: [
    {
      name: 'An IOMMU is on the list before its driver is bound',
      status: 'real',
      reported:
        'for virtio-iommu by Robin Murphy, August 2025, <https://lore.kernel.org/r/308911aaa1f5be32a3a709996c7bd6cf71d30f33.1755190036.git.robin.murphy@arm.com>',
      kernels: ['v6.1', 'v6.15'],
      text: [
        '**Real, and fixed later.** `iommu_device_register()` puts the instance on its list, and from then on the',
        'firmware path finds it. The `probe_device` of SMMUv3 and of virtio-iommu looks for it again, among the devices that',
        "are _bound_ to the driver (`driver_find_device()`), where `driver_bound()` puts it only after the driver's probe has",
        'returned. A client that binds in between has its firmware parsed, is answered -ENODEV by the',
        'replay in `of_iommu_configure()` or `acpi_iommu_configure_id()`, and `of_dma_configure_id()` or `acpi_dma_configure_id()` drops',
        'every error but -EPROBE_DEFER: the driver probes, without translation for good. The window is the walk over',
        "all buses and what else the IOMMU's probe does after it. Clients on the deferred list are in the same danger, since",
        'whichever driver binds anywhere has all of them tried again.',
        '',
        '`fwspec explore cover-letter --kernel v6.12` (1 preemption). 7d835134d4e1 (SMMUv3, v6.14) and 72b6f7cd89ce',
        '(virtio-iommu, v6.17) look on the bus instead; neither is in 6.12.117. The mail of the latter',
        '(<https://lore.kernel.org/r/308911aaa1f5be32a3a709996c7bd6cf71d30f33.1755190036.git.robin.murphy@arm.com>) describes the',
        'window, for the kernels in which the walk itself falls into it.',
      ],
      found: [
        {
          on: ['v6.12'],
          in: ['cover-letter', 'bind-iort', 'bind-viot', 'hotplug', 'failed-registration'],
          bugs: ['property:a-device-behind-an-IOMMU-is-not-left-without-it:end'],
        },
      ],
    },
    {
      name: 'An SMMUv2 that a client makes fail',
      status: 'real',
      reported: '',
      kernels: ['v6.12', 'v6.15'],
      text: [
        '**Real.** SMMUv2 has the same window, and since 229e6ee43d2a (CVE-2024-56568, which cures a NULL dereference) it',
        'answers -EPROBE_DEFER in it. Meant for the client, the answer can reach the walk instead: a client has built its fwspec, has let',
        'go of `iommu_probe_device_lock` and not yet taken it for the replay, and the walk that comes by probes the device',
        "with that fwspec. `probe_iommu_group()` forgives -ENODEV alone, so `iommu_device_register()` unregisters, and the SMMU's own",
        "probe is deferred. The error path has freed the client's fwspec; its replay finds none, answers -ENODEV, and the client binds without",
        'translation. The SMMU comes back later and passes over a device that has no fwspec. The window is between two',
        'critical sections of one function, and the client may well wait there, for the walk holds the lock.',
        '',
        '`fwspec explore cover-letter --kernel v6.12 --driver arm-smmu` (2 preemptions). The log line "smmu dev has not',
        'bound yet" is known; that a client can defer the SMMU with it has no report known. Gone with 97cb1fa02726 (v6.14). By way',
        'of IORT the second parse also replaces the software node of the first, which is leaked.',
      ],
      found: [
        {
          on: ['v6.12'],
          in: ['cover-letter'],
          with: 'arm-smmu',
          bugs: ['property:a-device-behind-an-IOMMU-is-not-left-without-it:end'],
        },
        {
          on: ['v6.12'],
          in: ['bind-iort'],
          with: 'arm-smmu',
          bugs: [
            'property:a-device-behind-an-IOMMU-is-not-left-without-it:end',
            'leak:iort_named_component_init:software_node',
          ],
        },
      ],
    },
    {
      name: 'A device that is removed while a walk is at it, in v6.12',
      status: 'narrow',
      reported: '',
      kernels: ['v6.8', 'v6.15'],
      text: [
        '**Narrow**, for who removes devices while an IOMMU registers; see [the same of v7.3](#a-device-that-is-removed-while-a-walk-is-at-it).',
        "This walk does not read firmware, so it does not group an SMMUv3's client anew: it uses the fwspec that it had found",
        'in `__iommu_probe_device()`, before the test for a group, while `iommu_release_device()` frees it.',
        '',
        '`fwspec explore remove-device --kernel v6.12 --all` (1 preemption).',
      ],
      found: [
        ...removedLater['v6.12'],
        ...removedByViot['v6.12'],
        ...removedBySmmu['v6.12'],
        {
          on: ['v6.8', 'v6.12'],
          in: ['remove-device'],
          bugs: [
            'null-deref:arm_smmu_probe_device:fwspec',
            'null-deref:dev_iommu_free:dev->iommu',
            'null-deref:dev_iommu_priv_set:dev->iommu',
            'null-deref:iommu_init_device:dev->iommu',
            'use-after-free:__iommu_probe_device:dev_iommu',
            'use-after-free:__iommu_probe_device:iommu_fwspec',
            'use-after-free:arm_smmu_probe_device:dev_iommu',
            'use-after-free:arm_smmu_probe_device:iommu_fwspec',
            'use-after-free:dev_iommu_free:dev_iommu',
            'use-after-free:dev_iommu_free:iommu_fwspec',
            'use-after-free:iommu_init_device:dev_iommu',
            'double-free:dev_iommu_free:iommu_fwspec',
            'warn:arm_smmu_probe_device:dev->iommu->priv-is-set-before-probe_device()',
          ],
        },
      ],
    },
    {
      name: 'The module of an IOMMU goes while its first client binds',
      status: 'narrow',
      reported: '',
      kernels: ['v6.12', 'v6.15'],
      text: [
        '**Narrow.** `iommu_device_unregister()` asks of each device `dev->iommu && dev->iommu->iommu_dev == ...` with no lock. The',
        "client's parse, which gets no reference to a module that is going, frees `dev->iommu` between the two loads. And the",
        'other way round: `of_iommu_xlate()` looks the instance up twice, once in `iommu_fwspec_init()` and once for its `of_xlate`,',
        'with `iommu_device_lock` held for each look alone; an instance that unregisters in between is NULL the second time,',
        'and is dereferenced. 7.3.4 has both pieces of code, but there the client is probed when the IOMMU registers and',
        'its reference keeps the module, so the scenario is clean. The windows are short, and an IOMMU driver is rarely',
        'unloaded, least of all before its clients have come.',
        '',
        '`fwspec explore unload --kernel v6.12 --all` (1 and 2 preemptions).',
      ],
      found: [
        {
          on: ['v6.12'],
          in: ['unload'],
          bugs: ['null-deref:of_iommu_xlate:ops', 'use-after-free:remove_iommu_group:dev_iommu'],
        },
      ],
    },
    {
      name: 'Drivers that v6.12 has no way to call, and two that lose what they had',
      status: 'real',
      reported: 'for OMAP, whose driver v6.13 repairs (c9b4a3185fcb)',
      kernels: ['v6.8', 'v6.15'],
      text: [
        '**Real, without any race.** OMAP and mtk_iommu_v1 have no `of_xlate` (see',
        '[v7.3](#clients-of-mtk_iommu_v1-never-get-their-iommu)): their clients work with direct DMA. For OMAP that was',
        'reported and repaired by c9b4a3185fcb in v6.13, which 6.12.117 does not have. msm_iommu dereferences NULL for a',
        'device behind two instances, as [in v7.3](#msm_iommu-forgets-who-its-master-is). apple-dart loses its configuration,',
        '[as there, too](#apple-dart-loses-its-configuration-when-the-second-dart-is-late), here at each deferral.',
        '',
        '`fwspec explore two-iommus --kernel v6.12 --driver apple-dart`, likewise with the other drivers (0 preemptions).',
      ],
      found: [
        {
          on: ['v6.12'],
          in: ['two-clients', 'add-bind'],
          with: 'mtk_iommu_v1',
          bugs: [
            'property:a-device-behind-an-IOMMU-is-not-left-without-it:end',
            'property:the-device-ends-behind-its-IOMMU:sometimes',
          ],
        },
        {
          on: ['v6.12'],
          in: ['cover-letter'],
          with: 'omap-iommu',
          bugs: [
            'property:a-device-behind-an-IOMMU-is-not-left-without-it:end',
            'property:the-device-ends-behind-its-IOMMU:sometimes',
          ],
        },
      ],
    },
    {
      name: 'Two instances of msm_iommu that probe at once',
      status: 'narrow',
      reported: '',
      kernels: ['v6.1', null],
      text: [
        '**Narrow**, and closed in practice. `msm_iommu_probe()` adds itself to `qcom_iommu_devices` with no lock, so two at once can lose one of',
        'them, and its clients are not found. The driver does not ask for asynchronous probing: the instances of a',
        'machine come one after the other unless `driver_async_probe=` says otherwise.',
        '',
        '`fwspec explore two-registrations --kernel v6.12 --driver msm_iommu` (2 preemptions).',
      ],
      found: [
        {
          on: ['v6.12'],
          in: ['two-registrations'],
          with: 'msm_iommu',
          bugs: ['property:a-device-behind-an-IOMMU-is-not-left-without-it:end'],
        },
      ],
    },
  ],
};
