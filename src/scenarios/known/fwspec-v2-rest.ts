import type { Finding } from './finding.ts';

/** The smaller ones of the series, and what the replies to it have of their own. */
export const rest: readonly Finding[] = [
  {
    name: 'A device that is removed while a walk is at it, in the series',
    status: 'real',
    reported: '',
    kernels: ['fwspec-v2/1', null],
    text: [
      '**Real**, in every kernel of the model; why nothing keeps the two apart is told',
      '[under v7.3](#a-device-that-is-removed-while-a-walk-is-at-it). The series makes two windows of it larger. With patch 7 every walk reads',
      '`dev->iommu` and the fwspec in it before it looks whether the device has a group, so one preemption is',
      'enough. With patch 17 `apple_dart_release_device()` no longer clears `priv`: its description says that',
      '`dev->iommu` is freed soon after, and until then a walk takes the freed streams for those of a device',
      'that is to be probed. Between `dev->iommu_group = NULL` and `dev_iommu_free()` a walk can also probe the',
      'device anew, and then nobody gives back the module and the group. No report was found; in practice it',
      'takes a hot-unplug at the moment in which an IOMMU registers.',
      '',
      '`fwspec explore remove-device --kernel fwspec-v2`',
    ],
    found: [
      {
        on: ['fwspec-v2'],
        in: ['remove-device'],
        bugs: [
          'null-deref:dev_iommu_free:dev->iommu',
          'use-after-free:__iommu_probe_device:dev_iommu',
          'use-after-free:__iommu_probe_device:iommu_fwspec',
          'double-free:dev_iommu_free:dev_iommu',
          'property:a-probed-device-keeps-its-dev->iommu:always',
          'warn:arm_smmu_probe_device:dev->iommu->priv-is-set-before-probe_device()',
        ],
      },
      {
        on: ['fwspec-v2'],
        in: ['remove-device'],
        with: 'apple-dart',
        bugs: [
          'use-after-free:__iommu_probe_device:dev_iommu',
          'use-after-free:apple_dart_probe_device:apple_dart_master_cfg',
        ],
      },
      {
        on: ['fwspec-v2'],
        in: ['remove-device'],
        with: 'arm-smmu',
        bugs: [
          'property:nothing-of-a-removed-device-is-left:end',
          'refcount:end:module-arm-smmu',
          'leak:arm_smmu_probe_device:arm_smmu_master_cfg',
        ],
      },
      {
        on: ['v6.7-rc1'],
        in: ['remove-device'],
        bugs: ['null-deref:dev_iommu_free:dev->iommu', 'use-after-free:dev_iommu_free:dev_iommu'],
      },
    ],
  },
  {
    name: "A client of OMAP's IOMMU gets DMA operations that it does not want",
    status: 'real',
    reported: '1dc7c8ed7cb3 repairs the driver of the remote processor',
    kernels: ['fwspec-v2/1', null],
    text: [
      '**Real, without any race**, in v6.8 as merged too: patch 1 is there. `arch_setup_dma_ops()` no longer asks what',
      'configuring has answered, but whether the device is in a group. omap-iommu reads firmware itself and has no',
      '`of_xlate()`, so that configuring a client of it fails and the client is in a group all the same. On ARM with',
      "`CONFIG_ARM_DMA_USE_IOMMU` it now gets a mapping, which is in the way of the domain that a remote processor's",
      'driver attaches. The patch says that the two questions come to the same. Reported and repaired in that driver:',
      '"remoteproc: omap: Handle ARM dma_iommu_mapping" (1dc7c8ed7cb3, 2025), which names patch 1 in its `Fixes:`. In v6.8',
      'itself the retirement of `bus->iommu_ops` hides it until c9b4a3185fcb, see',
      '[v6.12](#drivers-that-v612-has-no-way-to-call-and-two-that-lose-what-they-had).',
      '',
      '`fwspec explore deferred-work --kernel fwspec-v2/1 --driver omap-iommu --kconfig ARM64=n --kconfig ARM=y --kconfig ARM_DMA_USE_IOMMU=y`',
      '(0 preemptions). What the item below shows is the same with the DMA operations of arm64, which no OMAP has; so is what',
      'mtk_iommu_v1 and msm_iommu show of DMA operations, and that is of the model only.',
    ],
    found: [
      {
        on: ['fwspec-v2'],
        in: ['deferred-work'],
        with: 'omap-iommu',
        bugs: ['property:DMA-goes-through-the-group-that-the-device-is-in:end'],
      },
    ],
  },
  {
    name: 'The stop-gap frees dev->iommu under a walk',
    status: 'real',
    reported: '',
    kernels: ['fwspec-v2+clear', null],
    text: [
      '**Real**, in `fwspec-v2+clear` alone. It frees `dev->iommu` of a device whose second IOMMU is missing; that',
      'the device may have been probed in between is not asked. With two DARTs a walk groups the device by what',
      'the first specifier has noted, and the client then frees the `dev->iommu` of a device in a group, before',
      '`bus_iommu_probe()` sets up its domain. Its author doubted it himself; what Jason Gunthorpe answered is',
      'that it hides the fault of apple-dart and leaks, not this.',
      '',
      '`fwspec explore two-iommus --kernel fwspec-v2+clear --driver apple-dart`',
    ],
    found: [
      {
        on: ['fwspec-v2+clear'],
        in: ['two-iommus'],
        with: 'apple-dart',
        bugs: [
          'null-deref:iommu_probe_device_fwspec:dev_iommu->iommu_dev',
          'use-after-free:bus_iommu_probe:dev_iommu',
          'property:a-probed-device-keeps-its-dev->iommu:always',
        ],
      },
    ],
  },
  {
    name: 'The sketch leaves apple-dart without clients',
    status: 'real',
    reported: '',
    kernels: ['probe-xlate', null],
    text: [
      '**Real** of the mail as posted (`probe-xlate`), and of no kernel: the driver loses `of_xlate()`, and a core',
      'that was not changed answers `-ENODEV` for a driver without it. With that repaired, two-iommus is clean,',
      'which a test shows. Nobody said so; the mail calls itself a sketch.',
      '',
      '`fwspec explore cover-letter --kernel probe-xlate --driver apple-dart`',
    ],
    found: [
      {
        on: ['probe-xlate'],
        in: ['cover-letter'],
        with: 'apple-dart',
        bugs: [
          'property:a-device-behind-an-IOMMU-is-not-left-without-it:end',
          'property:the-device-ends-behind-its-IOMMU:sometimes',
        ],
      },
    ],
  },
];
