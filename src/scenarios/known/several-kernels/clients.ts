import type { Finding } from '../finding.ts';
import { twoInIort } from './by-oddity.ts';

const stopped = 'property:a-client-does-not-stop-an-IOMMU-from-registering:end';
const parts = [
  'property:a-device-gets-all-its-IOMMUs-and-IDs:end',
  'property:a-probed-device-keeps-its-description:always',
];

/** What v7.3 has in common with the kernels before it: what one client does to others, or one IOMMU to another. */
export const ofClients: readonly Finding[] = [
  {
    name: 'One client that is refused takes an IOMMU with it',
    status: 'real',
    reported: '',
    kernels: ['v6.1', null],
    text: [
      '**Real.** `probe_iommu_group()` forgives a client -ENODEV and nothing else. Any other error ends `bus_for_each_dev()`,',
      '`bus_iommu_probe()` returns it, and `iommu_device_register()` unregisters the IOMMU that walks, whose own clients have done',
      'nothing wrong and wait for ever (or, by the time-out, work without it). Which error that is depends on the driver: a StreamID that is out of',
      'range (-ERANGE), one that another device has (-EINVAL), no such endpoint (-ENOENT), `dev->iommu->priv` that is set already',
      '(-EBUSY). Up to v6.12 the walk meets such a client only between its parse and its own probe, which fails as well and',
      'takes `dev->iommu` away (1 preemption): `iommu_probe_device_lock` is free in between. Since bcb81ac6ae3c the walk parses firmware itself',
      'and so meets it at every registration, and no race is needed: the first to go is the IOMMU that the client is behind.',
      'Up to v6.7 tegra-smmu does so to a client that was deferred: it parses firmware itself, compares its `ops` with the NULL that the',
      'deferred parse has noted, and answers -EINVAL. The memory controller comes before all clients, unless its own probe defers.',
      'A client need not be wrong for that: v6.1 lets a walk see a description that is not whole (two-iommus, partial-fwspec), and since',
      'v6.15 a device that is removed under a walk makes an error of its own (remove-device).',
      'Behind an SMMUv2 that is so before v6.15, too: `arm_smmu_attach_dev()` of a device that was just released finds no `priv` and',
      'answers -ENODEV, which `iommu_setup_default_domain()` of the walk passes on (v6.12, 3 preemptions).',
      'virtio-iommu ignores what `iommu_device_register()` returns, so there the driver is bound and nothing is translated. With the',
      'private fwspec of the series a client that is refused is refused alone, since its parse leaves nothing for a walk to see.',
      '',
      '`fwspec explore refused-client --kernel v6.12` (1 preemption), `--kernel v7.3` (none).',
    ],
    found: [
      { on: ['v6.1'], in: ['no-memory'], bugs: [stopped] },
      {
        on: ['v6.1', 'v6.7-rc1', 'v6.7', 'v6.8', 'v6.12', 'v6.15', 'v6.16', 'v7.3'],
        in: ['refused-client'],
        bugs: [stopped],
      },
      { on: ['v6.1'], in: ['two-iommus', 'partial-fwspec'], bugs: [stopped] },
      {
        on: ['v6.1', 'v6.7-rc1', 'device-lock', 'v6.7'],
        in: ['failed-registration'],
        with: 'tegra-smmu',
        bugs: [stopped],
      },
      { on: ['v6.15', 'v6.16', 'v7.3'], in: ['remove-device'], bugs: [stopped] },
      {
        on: ['v6.1', 'v6.7-rc1', 'v6.7', 'v6.8', 'v6.12'],
        in: ['remove-device'],
        with: 'arm-smmu',
        bugs: [stopped],
      },
    ],
  },
  {
    name: 'What ACPI says of the IOMMUs that are there is kept, and is all that the device gets',
    status: 'real',
    reported: '',
    kernels: ['v6.1', null],
    text: [
      '**Real, without any race**, for a device that IORT maps to two SMMUs, or a PCI function whose requester IDs lead to two',
      'IOMMUs, where one of them registers later than the other. `iort_nc_iommu_map()` and `pci_for_each_dma_alias()` hand over one ID after the',
      'other; `acpi_iommu_fwspec_init()` appends the first to `dev->iommu->fwspec`, and the second one is -EPROBE_DEFER. Nobody takes back what is there:',
      '`of_iommu_configure()` frees a fwspec that did not get whole since 5f937bc48a6a (v6.11), `acpi_iommu_configure_id()` never did. The device',
      'defers, and then whoever comes first finds a fwspec and takes it for the whole of it: the walk of the second IOMMU, which probes the',
      'device with the first ID alone, or the retry, which returns 0 before it asks IORT. Since v6.15 the walk of the first IOMMU parses',
      'and probes in one go, so not even the deferral is seen. DMA with the other ID is a fault, or goes untranslated.',
      '',
      '`fwspec explore two-iommus --firmware iort --kernel v7.3` (0 preemptions).',
    ],
    found: [
      ...twoInIort.firstIsAll,
      {
        on: ['v6.12', 'v6.15', 'v6.16', 'v7.3'],
        in: ['two-iommus'],
        firmware: 'iort',
        bugs: parts,
      },
      {
        on: ['v6.12'],
        in: ['two-iommus'],
        firmware: 'iort',
        bugs: ['property:arm_smmu_probe_device:iommu_fwspec'],
      },
      {
        on: ['v6.12', 'v6.15', 'v6.16', 'v7.3'],
        in: ['two-iommus'],
        firmware: 'viot',
        bugs: parts,
      },
      {
        on: ['v6.1', 'v6.7-rc1', 'v6.7', 'v6.8', 'v6.12', 'v6.15', 'v6.16'],
        in: ['two-iommus'],
        firmware: 'viot',
        bugs: ['property:viommu_probe_device:iommu_fwspec'],
      },
    ],
  },
  {
    name: 'A client that binds while the module of its IOMMU goes works without it',
    status: 'narrow',
    reported: '',
    kernels: ['v6.1', 'v6.15'],
    text: [
      '**Narrow**, for whoever loads an IOMMU driver again. From the moment in which the module is going until its `remove` has called',
      '`iommu_device_unregister()` the IOMMU is on the list and `try_module_get()` fails, for which `of_iommu_xlate()` returns -ENODEV: no IOMMU.',
      'A client driver that binds then works with direct DMA. Had it come later it would have been deferred; that the driver is loaded',
      'again does not help it, since its walk finds no fwspec at a device with a driver. Since v6.15 the client is probed when its',
      'IOMMU registers, and the module stays. The series drops the reference in `of_iommu_xlate()`, and then meets the same error in',
      '`iommu_init_device()`.',
      '',
      '`fwspec explore reload --kernel v6.12` (1 preemption).',
    ],
    found: [
      {
        on: [
          'v6.1',
          'v6.7-rc1',
          'fwspec-v2',
          'fwspec-v2+fixes',
          'fwspec-v2+clear',
          'probe-xlate',
          'v6.7',
          'v6.8',
          'v6.12',
        ],
        in: ['reload'],
        bugs: ['property:a-device-behind-an-IOMMU-is-not-left-without-it:end'],
      },
    ],
  },
  {
    name: 'Of two kinds of IOMMU the one that comes first is the only one',
    status: 'real',
    reported: 'as the limit that 17de3f5fdd35 (v6.8) takes away',
    kernels: ['v6.1', 'v6.8'],
    text: [
      '**Real, without any race**, on a machine with an SMMU in IORT and a virtio-iommu in VIOT. `iommu_device_register()` gives -EBUSY to',
      'everybody whose `iommu_ops` are not those that the buses have. When the virtio-iommu is there first, the SMMU that IORT names for a',
      'device never registers; IORT says "not yet" for ever, so VIOT is not asked, and the device waits.',
      '',
      '`fwspec explore bind-iort --firmware iort+viot --kernel v6.7` (0 preemptions).',
    ],
    found: [
      {
        on: ['v6.1', 'v6.7-rc1', 'v6.7'],
        in: ['bind-iort', 'hotplug', 'failed-registration', 'two-registrations'],
        firmware: 'iort+viot',
        bugs: ['property:the-device-ends-behind-its-IOMMU:sometimes'],
      },
      {
        on: ['fwspec-v2'],
        in: ['bind-iort', 'hotplug', 'failed-registration', 'two-registrations'],
        firmware: 'iort+viot',
        bugs: ['property:the-device-ends-behind-its-IOMMU:sometimes'],
      },
    ],
  },
  {
    name: 'An error of IORT is answered by VIOT',
    status: 'narrow',
    reported: '',
    kernels: ['v6.8', null],
    text: [
      '**Narrow**, for a device that both tables describe, and for want of memory. `acpi_iommu_configure_id()` asks VIOT whenever IORT gives',
      'an error that is not -EPROBE_DEFER, not only where IORT knows nothing of the device. An allocation that fails in',
      '`acpi_iommu_fwspec_init()` so puts the device behind the virtio-iommu, with an ID that is none of the SMMU its DMA goes through.',
      'Before v6.8 no second kind of IOMMU can be there.',
      '',
      '`fwspec explore failed-registration --firmware iort+viot --kernel v7.3` (0 preemptions).',
    ],
    found: [
      {
        on: ['v6.12', 'v7.3'],
        in: ['failed-registration'],
        firmware: 'iort+viot',
        bugs: parts,
      },
    ],
  },
  {
    name: 'A device of CDX does not wait for its IOMMU',
    status: 'real',
    reported: '',
    kernels: ['v6.7-rc1', null],
    text: [
      '**Real**, on machines that have the CDX bus of AMD. `cdx_dma_configure()` returns 0 also when `of_dma_configure_id()` returns',
      '-EPROBE_DEFER, so a driver that comes before the IOMMU binds to a device that works without it, and nothing tries again; the',
      'call that the walk makes since v6.15 finds a device with a driver. What saves it is the order of things: the controller has to',
      'be bound, and with `fw_devlink.strict=1`, or where the controller names suppliers that the IOMMU is one of, that waits for the',
      'IOMMU. `platform_dma_configure()` and the others return the error.',
      '',
      '`fwspec explore cover-letter --bus cdx --kernel v7.3` (0 preemptions).',
    ],
    found: [
      {
        on: ['v6.7-rc1', 'fwspec-v2', 'v6.7', 'v6.8', 'v6.12', 'v6.15', 'v6.16', 'v7.3'],
        in: ['cover-letter'],
        bus: 'cdx',
        bugs: ['property:a-device-behind-an-IOMMU-is-not-left-without-it:end'],
      },
      {
        on: ['v6.7-rc1', 'fwspec-v2', 'v6.12', 'v7.3'],
        in: ['deferral-timeout'],
        bus: 'cdx',
        bugs: ['property:the-device-ends-behind-its-IOMMU:sometimes'],
      },
    ],
  },
];
