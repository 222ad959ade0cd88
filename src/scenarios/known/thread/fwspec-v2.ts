import type { Section } from '../finding.ts';
import { configuredAgain, freedThroughIort } from '../several-kernels/by-oddity.ts';
import { freedThroughAcpi, twoIdsOfABridge } from '../several-kernels/by-shape.ts';
import { attempts } from './attempts.ts';
import { hidden } from './fwspec-v2-hidden.ts';
import { rest } from './fwspec-v2-rest.ts';

export const series: Section = {
  title: 'fwspec-v2',
  intro: [
    'All 17 patches as posted, and what the replies propose. Each step was held against the diffs of the',
    'mails, and against 6.12.117 for what they do not touch. The series was not merged in this form (v6.8 has patches 1 to 4,',
    '16 and 17), so nothing here is in a release unless it says so. What the kernels of the replies share with',
    '`fwspec-v2` is told once. Of drivers other than the usual ones there are examples below a finding, not every cell.',
    'What the series leaves as it was stands under v6.7-rc1.',
  ],
  findings: [
    {
      name: 'Two IDs become two zeros',
      status: 'real',
      reported: '',
      kernels: ['fwspec-v2/5', null],
      text: [
        '**Real**, without any race, with patch 5. `iommu_fwspec_add_ids()` keeps the new array in its parameter `ids`, which the loop below it reads from, and what was in',
        '`single_id` is not carried over. A device with a second ID owns stream 0 twice. An SMMUv3 refuses such',
        'a device in `arm_smmu_insert_master()`, `-EINVAL` goes no further than a debug message, and the device',
        'does DMA past the IOMMU; an SMMUv2 takes stream 0 and lets the real streams be. Nobody frees the array',
        'either: `iommu_fwspec_dealloc()` frees the fwspec alone. The `Tested-by` of the',
        'series is no contradiction: apple-dart keeps its streams elsewhere.',
        '',
        '`fwspec explore partial-fwspec --kernel fwspec-v2`',
      ],
      found: [
        ...twoIdsOfABridge,
        {
          on: ['fwspec-v2'],
          in: ['partial-fwspec'],
          bugs: [
            'property:a-device-behind-an-IOMMU-is-not-left-without-it:end',
            'property:the-device-ends-behind-its-IOMMU:sometimes',
            'leak:iommu_fwspec_append_ids:fwspec_ids',
          ],
        },
        {
          on: ['fwspec-v2+fixes', 'fwspec-v2+clear', 'probe-xlate'],
          in: ['partial-fwspec', 'two-iommus'],
          bugs: [
            'property:a-device-behind-an-IOMMU-is-not-left-without-it:end',
            'property:the-device-ends-behind-its-IOMMU:sometimes',
            'leak:iommu_fwspec_append_ids:fwspec_ids',
          ],
        },
        {
          on: ['fwspec-v2'],
          in: ['two-iommus'],
          bugs: [
            'property:the-device-ends-behind-its-IOMMU:sometimes',
            'leak:iommu_fwspec_append_ids:fwspec_ids',
          ],
        },
        {
          on: ['fwspec-v2'],
          in: ['partial-fwspec'],
          with: 'arm-smmu',
          bugs: [
            'property:a-device-gets-all-its-IOMMUs-and-IDs:end',
            'property:a-probed-device-keeps-its-description:always',
          ],
        },
      ],
    },
    {
      name: 'Through ACPI, success frees the fwspec that the device works with',
      status: 'real',
      reported: '',
      kernels: ['fwspec-v2/10', null],
      text: [
        '**Real**, without any race, with patch 10. In `acpi_iommu_configure_id()` nothing returns after',
        '`iommu_probe_device_fwspec()` has succeeded: it falls through the error labels, logs "failed: 0" and',
        'frees the fwspec that `dev->iommu->fwspec` points to by now. On arm64 the next reader comes at once:',
        '`arch_setup_dma_ops()` sets up the IOVA space, and for that `iommu_dma_get_resv_regions()` reads',
        '`fwspec->iommu_fwnode`. That reader is not modelled, so the model says only that the description is',
        'gone. A second configure of the same device frees its new fwspec twice (a test of patch 10 shows it).',
        'Every device that IORT or VIOT puts behind an IOMMU is concerned. The first version of the series has',
        'the same lines; nobody reported it in the replies to either that could be found.',
        '',
        '`fwspec explore bind-iort --kernel fwspec-v2`',
      ],
      found: [
        ...freedThroughIort,
        ...freedThroughAcpi,
        ...(['iort', 'viot', 'iort+viot'] as const).map((firmware) => ({
          on: ['fwspec-v2'],
          in: ['add-bind'],
          firmware,
          bugs: ['use-after-free:__iommu_probe_device:iommu_fwspec'],
        })),
        {
          on: ['fwspec-v2', 'fwspec-v2+fixes', 'fwspec-v2+clear', 'probe-xlate', 'probe-get-iommu'],
          in: ['bind-iort', 'bind-viot'],
          bugs: [
            'property:a-device-gets-all-its-IOMMUs-and-IDs:end',
            'property:a-probed-device-keeps-its-description:always',
          ],
        },
        {
          on: ['fwspec-v2'],
          in: ['bind-iort'],
          with: 'arm-smmu',
          bugs: [
            'property:a-device-gets-all-its-IOMMUs-and-IDs:end',
            'property:a-probed-device-keeps-its-description:always',
          ],
        },
      ],
    },
    {
      name: 'Configuring a probed device again takes its fwspec away',
      status: 'real',
      reported: '',
      kernels: ['fwspec-v2/8', null],
      text: [
        '**Real**, without any race, with patch 8, which drops the early exit of `of_iommu_configure()`. A driver',
        'that is unbound and bound again, one whose own probe defers once, and one that calls',
        '`of_dma_configure()` itself all parse again. `iommu_fwspec_of_xlate()` then frees the fwspec of the',
        'probed device, shows the new one to `of_xlate()` and leaves NULL; `__iommu_probe_device()` finds the',
        'group and drops the new one. Up to patch 10 a walk can meet the freed fwspec; patch 11 puts that under',
        'the lock, not the loss. Patch 15 spares SMMUv2, SMMUv3 and virtio-iommu, which no longer come this',
        'way. What follows differs. qcom_iommu has kept the pointer in its domain (`qcom_domain->fwspec`) and',
        'reads it in every TLB invalidation: use after free. mtk_iommu and apple-dart ask `dev->iommu` later',
        '(`mtk_iommu_release_device()`; `iommu_dma_get_resv_regions()`, which reading `reserved_regions` in',
        'sysfs calls) and follow NULL. sun50i and sprd never look again, for them it is harmless. No scenario comes',
        'to one of these readers.',
        '',
        '`fwspec explore rebind --kernel fwspec-v2 --driver qcom_iommu`',
      ],
      found: [
        ...configuredAgain,
        {
          on: ['fwspec-v2'],
          in: ['rebind'],
          with: 'qcom_iommu',
          bugs: [
            'property:a-device-gets-all-its-IOMMUs-and-IDs:end',
            'property:a-probed-device-keeps-its-description:always',
          ],
        },
        {
          on: ['fwspec-v2'],
          in: ['rebind', 'probe-defers'],
          with: 'apple-dart',
          bugs: ['property:a-probed-device-keeps-its-description:always'],
        },
        {
          on: ['fwspec-v2'],
          in: ['second-configure'],
          with: 'mtk_iommu',
          bugs: [
            'property:a-device-gets-all-its-IOMMUs-and-IDs:end',
            'property:a-probed-device-keeps-its-description:always',
          ],
        },
        {
          on: ['fwspec-v2'],
          in: ['probe-defers'],
          with: 'sprd-iommu',
          bugs: ['property:a-probed-device-keeps-its-description:always'],
        },
        {
          on: ['fwspec-v2+fixes'],
          in: ['rebind'],
          with: 'apple-dart',
          bugs: ['property:a-probed-device-keeps-its-description:always'],
        },
      ],
    },
    {
      name: 'What of_xlate() has noted is lost between two critical sections',
      status: 'real',
      reported: '',
      kernels: ['fwspec-v2/11', null],
      text: [
        '**Real**: the race of the cover letter has changed its shape. Patch 11 takes the probe lock for one',
        'specifier, and lets it go before `iommu_probe_device_fwspec()` takes it again. In between',
        '`dev->iommu` exists, `priv` is set, and the fwspec is hidden. A walk that comes to the device then',
        '(that of its own IOMMU, which is on the list before it walks, or that of any later IOMMU of the kind)',
        'takes the driver from `bus->iommu_ops`; the driver misses the fwspec and answers `-ENODEV`;',
        '`iommu_init_device()` calls `dev_iommu_free()`, and `priv` goes with it. The client installs its fwspec',
        'in a new `dev->iommu` without `priv`. qcom_iommu then refuses and the device does DMA without',
        'translation; sprd-iommu and mtk_iommu follow the NULL pointer (`&sdev->iommu`, `data->plat_data`);',
        'what apple-dart had allocated is leaked. The two critical sections are those of the diff, and',
        '`device_lock()` of the client does not stop a walk. Drivers that patch 15 converts are safe, which is a',
        'reason for the patch that its description does not give. The replies on patch 6 settle on drivers that',
        'refuse a device without fwspec; that is not enough, as apple-dart shows with that check added.',
        '',
        '`fwspec explore cover-letter --kernel fwspec-v2 --driver qcom_iommu`',
      ],
      found: [
        {
          on: ['fwspec-v2'],
          in: ['cover-letter', 'no-memory'],
          with: 'qcom_iommu',
          bugs: ['property:a-device-behind-an-IOMMU-is-not-left-without-it:end'],
        },
        {
          on: ['fwspec-v2'],
          in: ['cover-letter'],
          with: 'sprd-iommu',
          bugs: [
            'null-deref:iommu_device_link:iommu',
            'property:sprd_iommu_probe_device:iommu_fwspec',
          ],
        },
        {
          on: ['fwspec-v2'],
          in: ['cover-letter'],
          with: 'mtk_iommu',
          bugs: ['null-deref:mtk_iommu_probe_device:data'],
        },
        {
          on: ['fwspec-v2'],
          in: ['two-iommus'],
          with: 'sprd-iommu',
          bugs: [
            'property:a-device-gets-all-its-IOMMUs-and-IDs:end',
            'null-deref:iommu_device_link:iommu',
          ],
        },
        {
          on: ['fwspec-v2+fixes'],
          in: ['cover-letter', 'hotplug'],
          with: 'apple-dart',
          bugs: [
            'property:a-device-behind-an-IOMMU-is-not-left-without-it:end',
            'leak:apple_dart_of_xlate:apple_dart_master_cfg',
          ],
        },
        {
          on: ['fwspec-v2+fixes'],
          in: ['two-iommus'],
          with: 'apple-dart',
          bugs: [
            'property:a-device-gets-all-its-IOMMUs-and-IDs:end',
            'property:apple_dart_probe_device:iommu_fwspec',
            'property:a-device-behind-an-IOMMU-is-not-left-without-it:end',
            'leak:apple_dart_of_xlate:apple_dart_master_cfg',
          ],
        },
      ],
    },
    {
      name: 'of_xlate() is called with no hold on the module',
      status: 'real',
      reported: '',
      kernels: ['fwspec-v2/8', null],
      text: [
        "**Real**, with patch 8: `of_iommu_xlate()` held a reference to the driver's module while it called",
        '`of_xlate()`, `iommu_fwspec_of_xlate()` does not. `iommu_fwspec_assign_iommu()` finds the driver, the',
        'client waits for the probe lock, the module is unloaded, and `ops->of_xlate` (since patch 15 `ops->of_xlate_fwspec`) is',
        'read from memory of a module that has gone. While the module is going and its code still there, `apple_dart_of_xlate()`',
        'notes the stream and answers 0, and `iommu_init_device()` gets no reference to the module: the client binds without',
        'translation, and what was noted is lost. Unloading has to hit the first bind of a client, which no other reference holds',
        'off. With the reference back (`fwspec-v2+p08-module`) what is left is [that of every kernel](#the-operations-of-a-driver-are-read-after-its-module-has-gone).',
        '',
        '`fwspec explore unload --kernel fwspec-v2 --driver apple-dart`',
      ],
      found: [
        {
          on: ['fwspec-v2', 'fwspec-v2+fixes', 'fwspec-v2+clear', 'probe-xlate'],
          in: ['unload'],
          bugs: ['use-after-free:iommu_fwspec_of_xlate:module'],
        },
        {
          on: ['fwspec-v2'],
          in: ['unload'],
          with: 'apple-dart',
          bugs: ['leak:apple_dart_of_xlate:apple_dart_master_cfg'],
        },
      ],
    },
    ...rest,
    ...hidden,
    ...attempts,
  ],
};
