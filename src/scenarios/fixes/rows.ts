import type { KnownBug } from './row.ts';

const left = 'property:a-device-behind-an-IOMMU-is-not-left-without-it:end';
const never = 'property:the-device-ends-behind-its-IOMMU:sometimes';
const parts = 'property:a-device-gets-all-its-IOMMUs-and-IDs:end';
const lost = 'property:a-probed-device-keeps-its-dev->iommu:always';
const dma = 'property:DMA-goes-through-the-group-that-the-device-is-in:end';
const unclaimed = 'property:every-bound-driver-has-claimed-the-group-of-its-device,-once:end';
const late = 'warn:__iommu_probe_device:late-IOMMU-probe-at-driver-bind,-something-fishy-here!';
const said = 'property:a-device-gets-what-firmware-says:end';

/** By the release that repairs them. */
export const knownBugs: readonly KnownBug[] = [
  {
    fix: '01657bc14a39',
    release: 'v6.2',
    what: 'A walk and a client probe one device at once: the probe lock did not exist.',
    shown: '6.1.y has it, and so every kernel of the model.',
  },
  {
    fix: '6eb4da8cf545',
    release: 'v6.6',
    what: 'A walk waits for the probe lock and probes a device for the second time.',
    shown: { scenario: 'partial-fwspec', kernel: 'v6.1', bug: lost, gone: 'v6.7-rc1' },
  },
  {
    fix: 'a2e7e59a9426',
    release: 'v6.7',
    what: 'A walk frees `dev->iommu` under the parse of a client: the race of the cover letter.',
    shown: {
      scenario: 'cover-letter',
      kernel: 'v6.7-rc1',
      bug: 'null-deref:iommu_fwspec_init:dev->iommu',
      gone: 'v6.7',
    },
  },
  {
    fix: 'a2e7e59a9426, through ACPI',
    release: 'v6.7',
    what: 'The same for a device that IORT describes.',
    shown: {
      scenario: 'bind-iort',
      kernel: 'v6.7-rc1',
      bug: 'null-deref:iommu_fwspec_init:dev->iommu',
      gone: 'v6.7',
    },
  },
  {
    fix: '17de3f5fdd35',
    release: 'v6.8',
    what: 'Of two kinds of IOMMU on a bus only the first can register.',
    shown: {
      scenario: 'bind-iort',
      firmware: 'iort+viot',
      kernel: 'v6.7',
      bug: never,
      gone: 'v6.8',
    },
  },
  {
    fix: '3e36c15fc1cc',
    release: 'v6.11',
    what: 'A second IOMMU that has not registered is -EINVAL instead of deferral.',
    shown: { scenario: 'two-iommus', kernel: 'v6.8', bug: unclaimed, gone: 'v6.12' },
  },
  {
    fix: '5f937bc48a6a',
    release: 'v6.11',
    what: 'A parse that ends in an error leaves what it has of a fwspec, and a walk takes that for all.',
    shown: {
      scenario: 'two-iommus',
      kernel: 'v6.8',
      bug: 'property:arm_smmu_probe_device:iommu_fwspec',
      gone: 'v6.12',
    },
  },
  {
    fix: '229e6ee43d2a (CVE-2024-56568)',
    release: 'v6.13',
    what: 'A client follows NULL: its SMMUv2 is on the list, and its driver not bound yet.',
    shown: {
      scenario: 'cover-letter',
      driver: 'arm-smmu',
      kernel: 'v6.8',
      bug: 'null-deref:arm_smmu_probe_device:smmu',
      gone: 'v6.12',
    },
  },
  {
    fix: 'c9b4a3185fcb',
    release: 'v6.13',
    what: 'Clients of OMAP are never probed, since buses have no IOMMU driver of their own.',
    shown: {
      scenario: 'cover-letter',
      driver: 'omap-iommu',
      kernel: 'v6.12',
      bug: never,
      gone: 'v6.15',
    },
  },
  {
    fix: '7d835134d4e1',
    release: 'v6.14',
    what: 'A client finds its SMMUv3 listed and not bound, and goes without.',
    shown: { scenario: 'cover-letter', kernel: 'v6.12', bug: left, gone: 'v6.15' },
  },
  {
    fix: '1dc7c8ed7cb3',
    release: '2025',
    what: 'A remote processor behind an OMAP IOMMU gets DMA operations that are in its way.',
    shown:
      'Shown with `--kconfig` on the patch that makes it: [patch 1](series.md#1-iommu-remove-struct-iommu_ops-iommu-from-arch_setup_dma_ops). The repair is in the client.',
  },
  {
    fix: '2d00c34d665b',
    release: 'v6.15',
    what: 'A StreamID that another device has makes the SMMUv3 fail to register.',
    shown:
      'Between bcb81ac6ae3c and this commit there is no kernel of the model. What other errors of a client do is in `explore refused-client`.',
  },
  {
    fix: '38e8844005e6',
    release: 'v6.15',
    what: 'mtk_iommu registers before it has the list that its `device_group` reads.',
    shown: {
      scenario: 'cover-letter',
      driver: 'mtk_iommu',
      kernel: 'v6.8',
      bug: 'null-deref:mtk_iommu_device_group:hw_list',
      gone: 'v6.12',
    },
  },
  {
    fix: '3832862eb9c4',
    release: 'v6.15',
    what: '`dev->iommu` stays when the parse that has made it fails.',
    shown: '6.12.117, which `v6.12` is, has it, and v6.8 has nobody who asks for it.',
  },
  {
    fix: '95deee37a123, and 152f33ee30ee for fsl-mc',
    release: 'v6.15',
    what: 'platform and fsl-mc read `dev->driver` twice when the core configures a device.',
    shown:
      '`v6.15` has both. The same on amba and on cdx, which have no repair in 7.3.4, is shown below.',
  },
  {
    fix: 'b46064a18810',
    release: 'v6.15',
    what: 'A client binds before its group has a default domain.',
    shown: { scenario: 'partial-fwspec', kernel: 'v6.8', bug: dma, gone: 'v6.12' },
  },
  {
    fix: 'posted in August 2026',
    release: null,
    what: 'amba reads `dev->driver` twice: NULL when a driver binds under the walk.',
    shown: {
      scenario: 'cover-letter',
      shape: { bus: 'amba' },
      kernel: 'v7.3',
      bug: 'null-deref:amba_dma_configure:drv',
      gone: null,
    },
  },
  {
    fix: '"iommu/rockchip: Register in a sensible order"',
    release: 'v6.15',
    what: 'rockchip-iommu registers before it has the device that its `of_xlate` follows.',
    shown: {
      scenario: 'cover-letter',
      driver: 'rockchip-iommu',
      kernel: 'v6.12',
      bug: 'null-deref:rk_iommu_of_xlate:dma_dev',
      gone: 'v6.15',
    },
  },
  {
    fix: '"iommu/ipmmu-vmsa: Register in a sensible order"',
    release: 'v6.15',
    what: 'ipmmu-vmsa registers before its clients can find it.',
    shown: {
      scenario: 'cover-letter',
      driver: 'ipmmu-vmsa',
      kernel: 'v6.12',
      bug: left,
      gone: 'v6.15',
    },
  },
  {
    fix: '0c8e9c148e29',
    release: 'v6.15.1',
    what: 'Two walks let go of the probe lock, and free `dev->iommu` under each other.',
    shown: { scenario: 'two-registrations', kernel: 'v6.15', bug: lost, gone: 'v6.16' },
  },
  {
    fix: '0c8e9c148e29, at hotplug',
    release: 'v6.15.1',
    what: 'A walk and the notifier of a new device do.',
    shown: { scenario: 'hotplug', kernel: 'v6.15', bug: lost, gone: 'v6.16' },
  },
  {
    fix: 'da33e87bd2bf',
    release: 'v6.15.1',
    what: 'A client that binds while its IOMMU still walks is replayed, with a warning.',
    shown:
      'In `explore cover-letter --kernel v6.15`, but not told from the same warning in v6.16, to which another way leads.',
  },
  {
    fix: '73d2f10957f5',
    release: 'v6.15',
    what: 'The warning about a late probe, for devices that get no IOMMU at all.',
    shown: 'Repaired before v6.15; no kernel of the model is without it.',
  },
  {
    fix: '72b6f7cd89ce',
    release: 'v6.17',
    what: 'No client that VIOT describes gets its virtio-iommu.',
    shown: { scenario: 'bind-viot', kernel: 'v6.16', bug: never, gone: 'v7.3' },
  },
  {
    fix: 'b00d24997a11',
    release: 'v6.15',
    what: 'A StreamID that a device has twice costs it its SMMUv3.',
    shown: {
      scenario: 'rebind',
      shape: { ids: [[1, 1]] },
      kernel: 'v6.8',
      bug: said,
      gone: 'v6.12',
    },
  },
  {
    fix: 'NV-Kernels 267 and 316; b00d24997a11',
    release: 'v6.15',
    what: 'The same for a function behind a bridge to conventional PCI that is device 0 there.',
    shown: {
      scenario: 'rebind',
      shape: { bridge: 'pcie-to-pci' },
      kernel: 'v6.7',
      bug: said,
      gone: 'v7.3',
    },
  },
  {
    fix: 'Johan Hovold, autumn 2025',
    release: 'v6.19',
    what: '`of_xlate` and `probe_device` of nine drivers keep a reference to the device of the IOMMU.',
    shown: {
      scenario: 'rebind',
      driver: 'apple-dart',
      kernel: 'v6.16',
      bug: 'refcount:end:device-iommu',
      gone: 'v7.3',
    },
  },
  {
    fix: 'Tudor Ambarus, 23 March 2026',
    release: null,
    what: 'A device behind two IOMMUs is replayed while the second one registers.',
    shown: { scenario: 'two-iommus', kernel: 'v7.3', bug: late, gone: null },
  },
  {
    fix: 'Hector Martin, 19 November 2023',
    release: null,
    what: 'apple-dart is probed with one of its two DARTs.',
    shown: {
      scenario: 'two-iommus',
      driver: 'apple-dart',
      kernel: 'fwspec-v2',
      bug: parts,
      gone: null,
    },
  },
  {
    fix: 'a2225b6e834a',
    release: '2026',
    what: 'A driver binds to a device while `device_add()` is still at it.',
    shown: { scenario: 'add-bind', kernel: 'v6.16', bug: unclaimed, gone: 'v7.3' },
  },
  {
    fix: 'a2225b6e834a, on x86',
    release: '2026',
    what: 'The same for a PCI function behind VT-d.',
    shown: {
      scenario: 'add-bind',
      firmware: 'dmar',
      kernel: 'v6.8',
      bug: unclaimed,
      gone: 'v6.12',
    },
  },
  {
    fix: 'not repaired in 7.3.4',
    release: null,
    what: 'cdx reads `dev->driver` twice, and gives 0 for deferral.',
    shown: {
      scenario: 'cover-letter',
      shape: { bus: 'cdx' },
      kernel: 'v7.3',
      bug: 'null-deref:cdx_dma_configure:drv',
      gone: null,
    },
  },
];
