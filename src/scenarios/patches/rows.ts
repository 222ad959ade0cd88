import type { PatchRow } from './row.ts';

const left = 'property:a-device-behind-an-IOMMU-is-not-left-without-it:end';
const described = 'property:a-probed-device-keeps-its-description:always';
const darts = 'platform,dev,iommu%20A=apple%2Ct8103-dart=1+iommu%20B=apple%2Ct8103-dart=1,0.1+1.2';

/** The 17 patches, in order. */
export const patchRows: readonly PatchRow[] = [
  {
    does: '`arch_setup_dma_ops()` asks whether the device is in a group; nobody tells it what configuring has answered.',
    mistakes: [
      {
        what: 'A driver that reads firmware itself puts a device in a group that configuring knows nothing of: clients of OMAP get DMA operations.',
        finding: "A client of OMAP's IOMMU gets DMA operations that it does not want",
        seen: '1dc7c8ed7cb3 (2025) mends the driver of the client, and names the patch',
        masked: ['fwspec-v2+p01'],
        shown: [
          {
            bug: 'property:DMA-goes-through-the-group-that-the-device-is-in:end',
            token:
              'f1/fwspec-v2%2F1/deferred-work/CONFIG_ARM64=n+CONFIG_ARM=y+CONFIG_ARM_DMA_USE_IOMMU=y/platform,dev,iommu=ti%2Comap2-iommu=0,0/1:m1z48+0:po10s/0f0mq',
          },
        ],
      },
    ],
  },
  {
    does: '`of_iommu_configure()` answers a number. Errors other than deferral are told as such by `of_dma_configure_id()`.',
    mistakes: [
      {
        what: 'What was a debug message is an error in the log of every boot that worked before.',
        finding: null,
        seen: '5f937bc48a6a (v6.11) takes the message back',
        masked: [],
        shown: [],
      },
    ],
  },
  {
    does: '`NO_IOMMU` becomes `-ENODEV`; whether the device is on a bus is no longer asked before it is probed.',
    mistakes: [
      {
        what: 'Up to patch 6 a device on no bus (s5p-mfc makes some for its memory) that firmware puts behind an IOMMU is followed through `dev->bus`. The model has no such device.',
        finding: null,
        seen: '5f937bc48a6a (v6.11) asks again',
        masked: [],
        shown: [],
      },
    ],
  },
  {
    does: '`acpi_iommu_configure_id()` answers a number.',
    mistakes: [
      {
        what: 'Its stub for kernels without `CONFIG_IOMMU_API` still returns a pointer, which is NULL and reads as success; a compiler complains. Such a kernel has no races to look for.',
        finding: null,
        seen: 'patch 10 has it right',
        masked: [],
        shown: [],
      },
    ],
  },
  {
    does: 'The IDs of a fwspec get an array of their own; one ID is kept in the fwspec.',
    mistakes: [
      {
        what: 'The second ID overwrites both with zeros.',
        finding: 'Two IDs become two zeros',
        seen: '',
        masked: ['fwspec-v2+p05'],
        shown: [
          {
            bug: left,
            token:
              'f1/fwspec-v2%2F5/partial-fwspec/-/platform,dev,iommu=arm%2Csmmu-v3=1,0.1+0.2/0:m1z48+1:v8wb7/j5in2',
          },
        ],
      },
      {
        what: 'Nobody frees the array.',
        finding: 'Two IDs become two zeros',
        seen: '',
        masked: ['fwspec-v2+p05'],
        shown: [
          {
            bug: 'leak:iommu_fwspec_append_ids:fwspec_ids',
            token:
              'f1/fwspec-v2/partial-fwspec/-/platform,dev,iommu=arm%2Csmmu-v3=1,0.1+0.2/0:m1z48+1:v8wb7/ozao1',
          },
        ],
      },
    ],
  },
  {
    does: 'A fwspec can be made and freed without a device; `iommu_fwspec_assign_iommu()` finds the driver.',
    mistakes: [
      {
        what: 'A second IOMMU that has not registered is still `-EINVAL`, not deferral, as before the series.',
        finding: 'A second IOMMU that has not registered is -EINVAL, not deferral',
        seen: 'Hector Martin, 19 November 2023, with the fix',
        masked: ['fwspec-v2+p06', 'fwspec-v2+fixes'],
        shown: [
          {
            bug: 'property:every-bound-driver-has-claimed-the-group-of-its-device,-once:end',
            token: `f1/fwspec-v2/two-iommus/-/${darts}/0:m1z48+1:my4dg/97rev`,
          },
        ],
      },
    ],
  },
  {
    does: '`iommu_probe_device_fwspec()` takes a fwspec over and puts it into `dev->iommu`, under the probe lock; it names the driver.',
    mistakes: [
      {
        what: 'Every walk reads `dev->iommu` and the fwspec in it before it looks whether the device is in a group: one preemption is enough to read what a removal frees.',
        finding: 'A device that is removed while a walk is at it, in the series',
        seen: '',
        masked: [],
        shown: [
          {
            bug: 'use-after-free:__iommu_probe_device:dev_iommu',
            token:
              'f1/fwspec-v2%2F7/remove-device/-/platform,dev,iommu=arm%2Csmmu-v3=1,0.1/1:gqa1p+0:1b2sy+1:i7c2q/a5b1k',
          },
        ],
      },
    ],
  },
  {
    does: '`of_iommu_configure()` fills a fwspec that nobody else can see, and shows it to `of_xlate()` for a moment.',
    mistakes: [
      {
        what: 'It no longer leaves early: configuring a probed device again takes its fwspec away.',
        finding: 'Configuring a probed device again takes its fwspec away',
        seen: '',
        masked: ['fwspec-v2+p08'],
        shown: [
          {
            bug: described,
            token:
              'f1/fwspec-v2/rebind/-/platform,dev,iommu=qcom%2Cmsm-iommu-v1=1,0.1/0:0ncr4/81vcb',
          },
        ],
      },
      {
        what: '`of_xlate()` is called with no hold on the module of the driver.',
        finding: 'of_xlate() is called with no hold on the module',
        seen: '',
        masked: ['fwspec-v2+p08-module'],
        shown: [
          {
            bug: 'use-after-free:iommu_fwspec_of_xlate:module',
            token:
              'f1/fwspec-v2/unload/-/platform,dev,iommu=arm%2Csmmu-v3=1,0.1/0:c9tz1+1:wkv51+0:fx7m9/6w923',
          },
        ],
      },
      {
        what: 'Drivers that ask for `priv` and for no fwspec are probed by a walk with what the specifiers so far have noted.',
        finding: 'A walk probes a device whose parse is not finished',
        seen: 'Hector Martin, 19 November 2023; the agreed answer is that apple-dart wants a fwspec',
        masked: ['fwspec-v2+dart', 'fwspec-v2+fixes'],
        shown: [
          {
            bug: described,
            token:
              'f1/fwspec-v2/cover-letter/-/platform,dev,iommu=apple%2Ct8103-dart=1,0.1/1:m5syb.2+0:ehxud+1:5evdg/81vcb',
          },
        ],
      },
    ],
  },
  {
    does: '`iommu_fwspec_append_ids()` is `iommu_fwspec_add_ids()` for a fwspec that is in no device.',
    mistakes: [],
  },
  {
    does: 'What patch 8 does, for ACPI; an IOMMU that has not come is waited for no longer than the deferral time-out.',
    mistakes: [
      {
        what: 'Success runs into the error path and frees the fwspec that the device works with.',
        finding: 'Through ACPI, success frees the fwspec that the device works with',
        seen: '',
        masked: ['fwspec-v2+p10'],
        shown: [
          {
            bug: described,
            token:
              'f1/fwspec-v2/bind-iort/-/platform,dev,iommu=arm%2Csmmu-v3=1,0.1,iort/1:y2qie+0:0ncr4/81vcb',
          },
        ],
      },
      {
        what: 'It no longer leaves early: each configure makes the software node of a named component anew.',
        finding:
          'Behind the mistake of patch 10: each configure through ACPI makes properties anew',
        seen: '',
        masked: [],
        shown: [
          {
            bug: 'leak:iort_named_component_init:software_node',
            token:
              'f1/fwspec-v2%2Bp10/rebind/-/platform,dev,iommu=arm%2Csmmu-v3=1,0.1,iort/0:m1z48+1:v8wb7/c6p9v',
          },
        ],
      },
    ],
  },
  {
    does: 'The probe lock is held while `of_xlate()` sees the fwspec. It closes the race of the cover letter.',
    mistakes: [
      {
        what: 'One critical section for each specifier and one for the probe: a walk between them loses what `of_xlate()` has noted.',
        finding: 'What of_xlate() has noted is lost between two critical sections',
        seen: '',
        masked: ['fwspec-v2+p11'],
        shown: [
          {
            bug: left,
            token:
              'f1/fwspec-v2/cover-letter/-/platform,dev,iommu=qcom%2Cmsm-iommu-v1=1,0.1/1:m5syb.2+0:ehxud+1:y2qie+0:m1z48/j5in2',
          },
        ],
      },
      {
        what: 'With one critical section a deferral between two specifiers still loses it.',
        finding: 'One critical section does not keep what a deferral leaves',
        seen: 'a leak of apple-dart is in the last mail of Jason Gunthorpe',
        masked: [],
        shown: [
          {
            bug: 'leak:apple_dart_of_xlate:apple_dart_master_cfg',
            token: `f1/fwspec-v2%2Bp06%2Bp11%2Bdart/two-iommus/-/${darts}/0:m1z48+1:my4dg+2:po10s/2jocr`,
          },
        ],
      },
    ],
  },
  { does: 'Nothing: `iommu_ops_from_fwnode()` is called in one file alone.', mistakes: [] },
  { does: 'Nothing: the last caller of `dev_iommu_fwspec_set()` stores itself.', mistakes: [] },
  {
    does: 'SMMUv2 and tegra-smmu do not free the fwspec of a device that they refuse: the core does.',
    mistakes: [],
  },
  {
    does: 'SMMUv2, SMMUv3 and virtio-iommu get the fwspec in their hands, and leave `dev->iommu` alone. It spares them the mistakes of patches 8 and 11.',
    mistakes: [],
  },
  {
    does: '`dev_iommu_get()` asserts the probe lock. No search finds a caller without it.',
    mistakes: [],
  },
  {
    does: '`dev_iommu_priv_set()` asserts the probe lock, and drivers that go do not clear `priv`, which they do without it.',
    mistakes: [
      {
        what: 'Until `dev->iommu` is freed a walk takes what `priv` points to, which is freed, for what a specifier has left.',
        finding: 'A device that is removed while a walk is at it, in the series',
        seen: '',
        masked: ['fwspec-v2+p17'],
        shown: [
          {
            bug: 'use-after-free:apple_dart_probe_device:apple_dart_master_cfg',
            token:
              'f1/fwspec-v2/remove-device/-/platform,dev,iommu=apple%2Ct8103-dart=1,0.1/1:ngdtn+0:l4lq7+1:ht3b6/sn95u',
          },
        ],
      },
    ],
  },
];
