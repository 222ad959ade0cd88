import { type Finding, halfDescribed } from '../finding.ts';

/** What the thread tells of and does not post: the first attempt, and calls for drivers that want IDs. */
export const attempts: readonly Finding[] = [
  {
    name: 'Two IOMMUs that register at once wait for each other',
    status: 'real',
    reported: '',
    kernels: ['device-lock', 'fwspec-v2'],
    text: [
      '**Real** of `device-lock`, as far as two sentences of the cover letter tell what was tried, and of no kernel.',
      'An IOMMU registers in its own probe, with its own `device_lock()` held. If its walk locks every device of',
      'the bus, and those of other IOMMUs are on it, two that are probed at once wait for each other. Locking',
      'all devices also needs an exception for the one whose lock the walk holds itself, which the model makes.',
      'The cover letter gives another reason why the attempt failed, which is the next heading.',
      '',
      '`fwspec explore two-registrations --kernel device-lock` (1 preemption)',
    ],
    found: [
      {
        on: ['device-lock'],
        in: ['two-registrations'],
        bugs: ['deadlock:probe_iommu_group:iommu->mutex+other->mutex'],
      },
    ],
  },
  {
    name: 'Who configures a device that is not its own does not lock it',
    status: 'real',
    reported: 'the cover letter of the series: drivers abuse the flow without proper locking',
    kernels: ['device-lock', 'fwspec-v2'],
    text: [
      '**Real**, and the reason that the cover letter gives for giving up the attempt: `of_dma_configure()` is',
      'called for devices that the caller has just made, or for another one than its own, and then nobody holds',
      'the `device_lock()` of that device. The design asks for it with `lockdep_assert_held()`.',
      '',
      '`fwspec explore second-configure --kernel device-lock`',
    ],
    found: [
      {
        on: ['device-lock'],
        in: ['second-configure'],
        bugs: ['lockdep:of_iommu_configure:dev->mutex'],
      },
    ],
  },
  {
    name: 'A lock on the device does not order it against the list of IOMMUs',
    status: 'narrow',
    reported: '',
    kernels: ['device-lock', 'fwspec-v2'],
    text: [
      '**Narrow.** A client that is bound finds an IOMMU from the moment in which it is on `iommu_device_list`, and',
      '`iommu_probe_device()` then asks the driver of the bus, which is set afterwards, or an SMMU whose own driver',
      'is not bound. Both answer `-ENODEV`, which lets the client go without. The walk holds one device at a',
      'time and comes too late. What the parse reads of `deferred_trigger_count` has the same window: of two',
      'IOMMUs the second one can register between two looks at the first.',
      '',
      '`fwspec explore cover-letter --kernel device-lock` (1 preemption)',
    ],
    found: [
      {
        on: ['device-lock'],
        in: ['cover-letter', 'bind-iort', 'bind-viot', 'hotplug', 'failed-registration'],
        bugs: ['property:a-device-behind-an-IOMMU-is-not-left-without-it:end'],
      },
      {
        on: ['device-lock'],
        in: ['two-iommus'],
        bugs: halfDescribed,
      },
    ],
  },
  {
    name: 'iommu_of_get_iommu() has room for one IOMMU',
    status: 'real',
    reported: '',
    kernels: ['probe-get-iommu', null],
    text: [
      '**Real** of `probe-get-iommu`, and of no kernel. The call returns one instance, so a device whose specifiers name',
      'two can only be refused, and does DMA without an IOMMU. `of_xlate()` was no better for a driver',
      'that wants numbers: both lists end in one fwspec, and the first instance gets the IDs of the other. With one',
      'IOMMU the design is right where the series is not: IDs that the driver reads into an array of its own are not',
      'lost with patch 5, which a test shows.',
      '',
      '`fwspec explore two-iommus --kernel probe-get-iommu`',
    ],
    found: [
      {
        on: ['probe-get-iommu'],
        in: ['two-iommus'],
        bugs: [
          'property:a-device-behind-an-IOMMU-is-not-left-without-it:end',
          'property:the-device-ends-behind-its-IOMMU:sometimes',
        ],
      },
    ],
  },
];
