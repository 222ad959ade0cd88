import type { Section } from '../finding.ts';
import { idTwice, sharesItToo } from './by-oddity.ts';
import { ownAlias, sharesItsId } from './by-shape.ts';
import { ofOddShapes } from './odd-shapes.ts';

const series = [
  'fwspec-v2',
  'fwspec-v2+fixes',
  'fwspec-v2+clear',
  'probe-xlate',
  'probe-get-iommu',
];
const oneId = [
  'v6.1',
  'v6.7-rc1',
  'device-lock',
  'v6.7',
  'v6.8',
  'v6.12',
  'v6.15',
  'v6.16',
  'v7.3',
];
const all = [...oneId, ...series];

/** What no kernel of the model is without, and no race is needed for. */
export const anyKernel: Section = {
  title: 'Every kernel',
  intro: [
    'What firmware says and no kernel of the model does. The base of the series is no better, which the titles of',
    'these bugs say; they are here because a device is not where firmware puts it.',
  ],
  findings: [
    {
      name: 'IDs for two IOMMUs all end in the first',
      status: 'real',
      reported: '',
      kernels: ['v6.1', null],
      text: [
        '**Real**, without any race. A fwspec names one IOMMU, the first; `iommu_fwspec_init()` of a further one of the same',
        'driver succeeds, and its IDs are appended. A driver that does not write down instances itself (SMMUv2, SMMUv3,',
        'virtio-iommu, RISC-V) then gives all IDs to the first IOMMU. The second has no entry for the device, whose DMA',
        'through it faults or passes, as that IOMMU treats strangers; and the IDs that are meant for the second can be those',
        'of another device at the first. The series hides it with IDs that are all 0: with `fwspec-v2+p05` it is back.',
        '',
        '`fwspec explore two-iommus --kernel v7.3`',
      ],
      found: [
        {
          on: oneId,
          in: ['two-iommus'],
          bugs: ['property:a-device-gets-what-firmware-says:end'],
        },
      ],
    },
    {
      name: 'A device that was given up works without its IOMMU when that has come',
      status: 'real',
      reported: '',
      kernels: ['v6.1', null],
      text: [
        '**Real**, and meant: when the deferral time-out has passed, `driver_deferred_probe_check_state()` answers `-ENODEV`, the',
        'device is bound without translation, and the log says "deferred probe timeout, ignoring dependency". What is',
        'not said is that it stays so: the IOMMU registers later, its walk comes to the device, finds no fwspec that it',
        'could use under a bound driver, and leaves it. `driver_deferred_probe_timeout` is 10 seconds where modules are configured,',
        'and an IOMMU driver in an initramfs that waits for a passphrase is later than that.',
        '',
        '`fwspec explore deferral-timeout --kernel v7.3`',
      ],
      found: [
        {
          on: all,
          in: ['deferral-timeout'],
          bugs: ['property:a-device-that-was-given-up-is-not-left-without-its-IOMMU:end'],
        },
      ],
    },
    {
      name: 'A second client of an msm_iommu is a NULL pointer',
      status: 'real',
      reported: '',
      kernels: ['v6.1', null],
      text: [
        '**Real**, without any race. `insert_iommu_master()` allocates a context for the first client of an IOMMU, and for',
        'any other goes on with what is in `priv`: NULL for a device that is new. In v6.12 and before, the driver of the second client',
        'brings it; from v6.15 on the walk of the registration does, and the kernel does not boot.',
        '',
        '`fwspec explore two-clients --driver msm_iommu`',
      ],
      found: [
        {
          on: all,
          in: ['two-clients'],
          with: 'msm_iommu',
          bugs: ['null-deref:qcom_iommu_of_xlate:master'],
        },
      ],
    },
    {
      name: 'On cdx a driver binds where it should wait',
      status: 'real',
      reported: '',
      kernels: ['v6.7-rc1', null],
      text: [
        '**Real**, without any race: `cdx_dma_configure()` returns 0 where `of_dma_configure_id()` returns `-EPROBE_DEFER`, and where',
        'the group of the device is claimed by another driver. A device whose IOMMU has not registered is bound at once and does',
        'DMA without translation; in v6.12 and before nothing ever changes that. cdx has been in Linux since v6.4.',
        '',
        '`fwspec explore cover-letter --bus cdx` (0 preemptions). The shape is not one that the table of verdicts is made of.',
      ],
      found: [],
    },
    {
      name: 'An ID that is said twice costs an SMMUv3 the device',
      status: 'real',
      reported: 'NV-Kernels issues 267 and 316; b00d24997a11 repairs it',
      kernels: ['v6.7-rc1', 'v6.12'],
      text: [
        '**Real**, without any race. A function behind a bridge from PCI Express to PCI has the ID of the bridge besides its own, and',
        'where it is device 0 the two are one. `arm_smmu_insert_master()` refuses a StreamID that is in its tree, also for the',
        'device that has it; the error goes no further than the driver core, and the device works without translation. An',
        'SMMUv2 counts the second use and is content. b00d24997a11, which 6.1 and 6.12 have by now, lets the device pass.',
        '',
        '`fwspec explore two-clients --bridge pcie-to-pci`, `fwspec explore rebind --ids 1,1`',
      ],
      found: [...ownAlias, ...idTwice],
    },
    {
      name: 'Two behind one bridge, and an SMMUv3 takes one of them',
      status: 'real',
      reported:
        'in the log of the kernel: "Aliasing StreamID 0x%x (from %s) unsupported, expect DMA to be broken" (v7.3)',
      kernels: ['v6.1', null],
      text: [
        '**Real**, without any race, and known to the driver: a bridge from PCI Express to PCI gives its ID to all that is below it, and',
        '`arm_smmu_insert_master()` finds the StreamID of the bridge in its tree under the first of them. The second gets an error, no',
        'group and no translation; 7.3.4 warns of it, 6.12.117 says "stream already in tree". b00d24997a11 is about one device with one ID twice and',
        'does not help two. An SMMUv2 puts both into the group of the stream. Which of the two it is depends on who comes first.',
        '',
        '`fwspec explore two-clients --bridge pcie-to-pci --kernel v7.3` (0 preemptions).',
      ],
      found: [...sharesItsId, ...sharesItToo],
    },
    ...ofOddShapes,
  ],
};
