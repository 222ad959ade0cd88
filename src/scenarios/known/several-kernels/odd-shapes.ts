import type { Finding } from '../finding.ts';
import { cellsAreWrong, mastersNotFound, noOperationsYet } from './by-oddity.ts';

/** What comes of the way in which firmware says something. */
export const ofOddShapes: readonly Finding[] = [
  {
    name: 'An IOMMU is on the list before the bus has its operations',
    status: 'narrow',
    reported: '',
    kernels: ['v6.1', 'v6.8'],
    text: [
      '**Narrow.** `iommu_device_register()` puts the instance on `iommu_device_list`, lets go of `iommu_device_lock`, and then stores `bus->iommu_ops`. A client',
      'whose parse finds the instance in between gets all of its description, and `__iommu_probe_device()` answers -ENODEV for want of',
      '`bus->iommu_ops`, so it binds with direct DMA. The walk that comes at once groups it all the same behind apple-dart, which has its notes in `priv` and asks for no',
      'more, and DMA faults. Nothing sleeps between the two. 6.1.192 was read; 17de3f5fdd35 (v6.8) takes `bus->iommu_ops` away.',
      '',
      '`fwspec explore deferral-timeout --driver apple-dart --kernel v6.7-rc1` (1 preemption).',
    ],
    found: noOperationsYet,
  },
  {
    name: 'An SMMU that lists its masters does not find them when it registers',
    status: 'real',
    reported: '',
    kernels: ['v6.1', null],
    text: [
      '**Real, without any race**, where `CONFIG_ARM_SMMU_LEGACY_DT_BINDINGS` is set and the devicetree has `mmu-masters`. The parse knows',
      'nothing of that binding, so `arm_smmu_probe_device()` is all there is, and `arm_smmu_register_legacy_master()` goes through the SMMUs',
      'that are bound (`driver_for_each_device()`). `driver_bound()` puts an SMMU among those after its probe has returned, and its walk',
      'is in that probe: every master answers -ENODEV, and nobody asks again. A device that is added later is found by its notifier;',
      'the others work without translation, or fault with `arm-smmu.disable_bypass`. Where a second such SMMU registers, its walk finds the masters of the first, under',
      'the drivers that they have by then. Their groups get an identity domain, so DMA goes on, but `owner_cnt` is 0: VFIO may',
      'claim the group of a device in use, and unbinding runs into the `WARN_ON()` of `iommu_device_unuse_default_domain()`. 6.1.192, 6.12.117',
      'and 7.3.4 were read; `v7.3` also prints that the probe is late. The mailing lists were not searched for this one alone.',
      '',
      '`fwspec explore cover-letter --binding mmu-masters --driver arm-smmu --kernel v7.3`, likewise rebind (0 preemptions).',
    ],
    found: mastersNotFound,
  },
  {
    name: 'An SMMUv3 whose #iommu-cells is not 1 does not come',
    status: 'real',
    reported: 'in the log of the kernel: "invalid #iommu-cells value (%d)"',
    kernels: ['v6.12', null],
    text: [
      '**Real, and meant**; the binding asks for 1. `arm_smmu_device_dt_probe()` returns -EINVAL, and since the bypass of before has gone',
      'the probe of the SMMU does as well. Its clients are deferred, and when the time-out has passed work without translation. 6.12.117 and 7.3.4 were read.',
      '',
      '`fwspec explore cover-letter --cells 0 --kernel v7.3` (0 preemptions).',
    ],
    found: cellsAreWrong.refused,
  },
  {
    name: 'An SMMUv3 whose #iommu-cells is not 1 registers, and its clients have an ID from nowhere',
    status: 'real',
    reported: 'in the log of the kernel: "invalid #iommu-cells value (%d)"',
    kernels: ['v6.1', 'v6.12'],
    text: [
      '**Real, without any race**, of a devicetree that is wrong. The error of `arm_smmu_device_dt_probe()` only sets `bypass`, which',
      '`arm_smmu_device_reset()` heeds with `disable_bypass=0` alone: the SMMU is enabled and registers. A specifier of no cells leaves `args[0]` of `of_phandle_args` as it was on the stack of',
      '`of_iommu_configure_dev()`, and `arm_smmu_of_xlate()` takes that for the StreamID. The model takes 0. Where two clients find the same there, the',
      'second is refused, as [behind a bridge](#two-behind-one-bridge-and-an-smmuv3-takes-one-of-them), and which that is depends on who comes first. The others',
      'translate an ID that they do not send, and their DMA is aborted. 6.1.192 was read, and patch 15 of the series, which keeps `args->args`.',
      '',
      '`fwspec explore two-clients --cells 0 --kernel v6.7-rc1` (0 preemptions).',
    ],
    found: cellsAreWrong.bypassed,
  },
];
