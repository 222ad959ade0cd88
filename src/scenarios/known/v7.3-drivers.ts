import type { Finding } from './finding.ts';

/** What is wrong with v7.3 behind one driver, or on one bus. */
export const inDrivers: readonly Finding[] = [
  {
    name: 'msm_iommu forgets who its master is',
    status: 'real',
    reported: 'in the notes of a port to a Sony phone, September 2026; on no mailing list',
    kernels: ['v6.12', null],
    text: [
      '**Real, without any race.** A device behind two instances is parsed when the first one registers:',
      '`insert_iommu_master()` allocates a master, links it to the instance and keeps a pointer in `dev->iommu->priv`.',
      'The second instance is not there, the parse fails, and `dev->iommu` is freed, but the instance keeps its link.',
      'At the next parse the list is not empty, so nothing is allocated, and `priv` is NULL: `master->num_mids` is a NULL',
      'dereference. The display controllers of MSM8x60 and APQ8064 are behind two such instances. It came to light when failed parses',
      'stopped leaving `dev->iommu` behind (3832862eb9c4, and the walk since v6.15); the driver never cleaned up after itself.',
      '',
      '`fwspec explore two-iommus --kernel v7.3 --driver msm_iommu` (0 preemptions). Seen on hardware: the notes of a',
      'port of 7.3-rc1 to a Sony phone with an MSM8x60 ("Hikari MDP multi-provider IOMMU Oops", September 2026) have',
      'the oops with this call trace, from `msm_iommu_probe()` to `qcom_iommu_of_xlate()`, at the offset of `num_mids`, and',
      'this explanation.',
    ],
    found: [
      {
        on: ['v6.12', 'v7.3'],
        in: ['two-iommus'],
        with: 'msm_iommu',
        bugs: ['null-deref:qcom_iommu_of_xlate:master'],
      },
    ],
  },
  {
    name: 'Clients of mtk_iommu_v1 never get their IOMMU',
    status: 'real',
    reported: '',
    kernels: ['v6.8', null],
    text: [
      '**Real, since v6.8, without any race.** The driver reads firmware in `probe_device` and has no `of_xlate`. Since 17de3f5fdd35',
      'a driver is found by the fwspec of a device, and by a NULL fwnode where there is none; instances of',
      'this driver register with a fwnode. `of_iommu_xlate()` answers -ENODEV to a driver without `of_xlate`, so there',
      'is no fwspec, and `mtk_iommu_v1_probe_device()` is never called. The clients work with direct DMA. OMAP had',
      'the same fault and got an empty `of_xlate` for it (c9b4a3185fcb, v6.13).',
      '',
      '`fwspec explore two-clients --kernel v7.3 --driver mtk_iommu_v1` (0 preemptions).',
    ],
    found: [
      {
        on: ['v7.3'],
        in: ['two-clients'],
        with: 'mtk_iommu_v1',
        bugs: [
          'property:a-device-behind-an-IOMMU-is-not-left-without-it:end',
          'property:the-device-ends-behind-its-IOMMU:sometimes',
        ],
      },
    ],
  },
  {
    name: 'apple-dart loses its configuration when the second DART is late',
    status: 'real',
    reported: '',
    kernels: ['v6.12', null],
    text: [
      '**Real, without any race; a leak.** `apple_dart_of_xlate()` allocates the configuration of a device and keeps the only',
      'pointer to it in `dev->iommu->priv`. When a later DART of the device has not registered, the parse fails and',
      '`dev_iommu_free()` drops the pointer: it knows nothing of `priv`, and `release_device` is not called for a',
      'device that was never probed. Some hundred bytes for each failed parse. That `dev_iommu_free()` leaves `priv`',
      'to nobody is as old as v6.7-rc1.',
      '',
      '`fwspec explore two-iommus --kernel v7.3 --driver apple-dart --all` (0 preemptions).',
    ],
    found: [
      {
        on: ['v6.12', 'v7.3'],
        in: ['two-iommus'],
        with: 'apple-dart',
        bugs: ['leak:apple_dart_of_xlate:apple_dart_master_cfg'],
      },
    ],
  },
  {
    name: 'tegra-smmu hides why it makes no group',
    status: 'real',
    reported: '',
    kernels: ['v6.1', null],
    text: [
      '**Real, without any race; it takes an allocation that fails.** `tegra_smmu_device_group()` answers NULL where',
      '`generic_device_group()` or `pci_device_group()` fails, and where its own allocation does. The core wants an error pointer: it warns,',
      '`WARN_ON_ONCE(group == NULL)`, goes on with -EINVAL, and the reason is lost. The walk gives the registration up for',
      'it. 6.1.192, 6.12.118 and 7.3.4 have the same lines.',
      '',
      '`fwspec explore failed-registration --kernel v7.3 --driver tegra-smmu` (0 preemptions).',
    ],
    found: [
      {
        on: ['v6.7', 'v6.8', 'v6.12', 'v6.15', 'v6.16', 'v7.3'],
        in: ['failed-registration'],
        with: 'tegra-smmu',
        bugs: ['warn:iommu_init_device:device_group()-returned-NULL'],
      },
      {
        on: ['v6.1'],
        in: ['failed-registration'],
        with: 'tegra-smmu',
        bugs: ['warn:iommu_group_get_for_dev:device_group()-returned-NULL'],
      },
    ],
  },
  {
    name: 'Clients of OMAP on a kernel for arm64',
    status: 'model-only',
    reported: '',
    kernels: ['v6.15', null],
    text: [
      "**Model only.** With the options of an arm64 kernel, which are the default, the model gives OMAP's clients a DMA",
      'domain from v6.13 on, where v6.7-rc1 gave them none, and says so in ten scenarios. There is no arm64 kernel for an OMAP:',
      'with `--kconfig ARM64=n --kconfig ARM=y` the same cells are clean of it.',
      '',
      '`fwspec explore rebind --kernel v7.3 --driver omap-iommu` (0 preemptions).',
    ],
    found: [
      {
        on: ['v7.3'],
        in: ['rebind'],
        with: 'omap-iommu',
        bugs: ['property:DMA-goes-through-the-group-that-the-device-is-in:end'],
      },
    ],
  },
  {
    name: 'Not in the table: the AMBA bus',
    status: 'real',
    reported:
      'by Ketan Kishore, 15 July 2026, <https://lore.kernel.org/r/20260715-iommu_races-v1-1-3c4ed13b18a3@oss.qualcomm.com>',
    kernels: ['v6.15', null],
    text: [
      '**Real.** `amba_dma_configure()` converts `dev->driver` first and tests it for NULL later, on the path of the walk without',
      '`device_lock()`: a driver that binds in between makes it read `driver_managed_dma` from next to address 0.',
      '`platform_dma_configure()` had the same until 95deee37a123 (v6.15-rc6), PCI until 78447d4545b2 (v6.17). The fix',
      'for AMBA was posted as "amba: bus: Fix race condition during DMA configure at IOMMU probe time" (Ketan Kishore,',
      '15 July 2026, <https://lore.kernel.org/r/20260715-iommu_races-v1-1-3c4ed13b18a3@oss.qualcomm.com>) and is not in 7.3.4.',
      'The built-in device is a platform device, so `compare` does not show it; a test does.',
    ],
    found: [],
  },
];
