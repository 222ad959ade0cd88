import type { Finding } from '../finding.ts';
import { twoInIort } from '../several-kernels/by-oddity.ts';

/** What shows once a mistake of the series is repaired by itself: `fwspec-v2+p05` and the like. */
export const hidden: readonly Finding[] = [
  {
    name: 'Behind the mistakes of patches 1 and 17: nothing new',
    status: 'real',
    reported: '',
    kernels: ['fwspec-v2/1', null],
    text: [
      '**Real** is what is left, and every kernel before has it. With patch 1 repaired (`fwspec-v2+p01`) a client of OMAP keeps',
      'its DMA operations; that it can bind in the middle of the walk, which then gives it a group that it has not claimed, is so in',
      'v6.7-rc1, too. With patch 17 repaired (`fwspec-v2+p17`) a walk no longer takes the freed streams of a DART, and still meets the',
      'freed `dev->iommu` and fwspec. To put the lines of patch 17 back is not enough: `release_device` does not hold the lock that',
      'the same patch asserts in `dev_iommu_priv_set()`, so the repair stores NULL without asking.',
      '',
      '`fwspec explore cover-letter --kernel fwspec-v2+p01 --driver omap-iommu --kconfig ARM64=n --kconfig ARM=y --kconfig ARM_DMA_USE_IOMMU=y`,',
      '`fwspec explore remove-device --kernel fwspec-v2+p17 --driver apple-dart`',
    ],
    found: [],
  },
  {
    name: 'Behind the mistake of patch 10: each configure through ACPI makes properties anew',
    status: 'real',
    reported: '',
    kernels: ['fwspec-v2/10', null],
    text: [
      '**Real** of the series with patch 10 repaired, without any race. The patch also takes out the early exit of',
      '`acpi_iommu_configure_id()`, so a named component that is bound again, or whose driver defers once, is read again:',
      '`iort_named_component_init()` makes a second software node, which takes the place of the first, and nobody frees that',
      '(`set_secondary_fwnode()` in `device_create_managed_software_node()`; the file of that name in sysfs is there already, which warns). As posted the freed fwspec',
      'is found first. A captured 7.3 kernel prints the warning for a second configure.',
      '',
      '`fwspec explore rebind --kernel fwspec-v2+p10 --firmware iort` (0 preemptions), and second-configure, probe-defers. Behind two',
      'SMMUs the zeros of patch 5 end in an error, the fwspec is not freed, and the series as posted shows it: `--kernel fwspec-v2 --iommus 2`.',
    ],
    found: [...twoInIort.propertiesAnew],
  },
  {
    name: 'Behind the mistake of patch 5: two IDs through ACPI, and two IOMMUs',
    status: 'real',
    reported: '',
    kernels: ['fwspec-v2+p05', null],
    text: [
      '**Real** of the series with patch 5 repaired, and nothing new: a device with two IDs, which as posted never gets into a',
      'group behind an SMMUv3, gets there, and meets what patch 10 does to devices with one. A walk can then read the fwspec that success has',
      'freed (`__iommu_probe_device()`). IDs for two SMMUs end in the first, as [in every kernel](#ids-for-two-iommus-all-end-in-the-first).',
      '',
      '`fwspec explore partial-fwspec --kernel fwspec-v2+p05 --firmware iort`, `fwspec explore two-iommus --kernel fwspec-v2+p05`',
    ],
    found: [],
  },
  {
    name: 'One critical section does not keep what a deferral leaves',
    status: 'real',
    reported: '',
    kernels: ['fwspec-v2/8', null],
    text: [
      '**Real**, also with patches 6 and 11 and apple-dart repaired (`fwspec-v2+p06+p11+dart`, where the probe lock is held from the',
      'first specifier to the probe). When the second DART of a device is missing, `-EPROBE_DEFER` ends the parse, its fwspec is',
      'freed, and `priv`, which the first specifier has filled, stays in `dev->iommu`. The walk of the second DART finds no fwspec, the driver',
      'answers `-ENODEV`, `dev_iommu_free()` lets `dev->iommu` go, and what `priv` points to is lost. The stop-gap of the replies loses it',
      'as well. What repairs it is that drivers keep nothing between parse and probe, which is where the thread ends.',
      '',
      '`fwspec explore two-iommus --kernel fwspec-v2+p06+p11+dart --driver apple-dart` (0 preemptions)',
    ],
    found: [
      {
        on: ['fwspec-v2+p06+p11+dart'],
        in: ['two-iommus'],
        with: 'apple-dart',
        bugs: ['leak:apple_dart_of_xlate:apple_dart_master_cfg'],
      },
    ],
  },
];
