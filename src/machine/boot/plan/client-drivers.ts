// Drivers of devices that are behind IOMMUs: which devices they match, and what module they are in.
// Only those are here that decide an order: what is linked before the IOMMU drivers, and what the
// captured machines load.

import type { PciConfig } from '../../../firmware/pci/index.ts';
import { type ClientOption, isModule, type Kconfig } from '../../../linux/index.ts';
import type { MachineDevice } from '../../machine.ts';

/** When a driver that is part of the kernel comes, by the place in which its folder is linked. */
export const linkOrder = {
  /** An initcall before those of device drivers. */
  early: 0,
  /** What others get their clock, power or interrupts from, or are made by. */
  suppliers: 1,
  hostBridges: 2,
  pci: 3,
  virtio: 4,
  char: 5,
  iommu: 6,
  others: 7,
  nvme: 7.1,
  ata: 7.2,
  net: 7.3,
  usb: 7.4,
  sound: 7.5,
  last: 8,
} as const;

export interface ClientDriver {
  /** As in `/sys/bus/<bus>/drivers`. */
  readonly name: string;
  /** Its file without `.ko`, when it is built as a module; hyphens are underscores. */
  readonly module: string;
  /** What builds it. */
  readonly option?: ClientOption;
  /** For a driver that is part of the kernel. */
  readonly order: number;
  /** Whoever does not load it as a module has it in the kernel. */
  readonly builtIn?: true;
  /** The only architecture that has it. */
  readonly arch?: string;
  readonly matches: (of: MachineDevice) => boolean;
  /** Whether its probe takes a device that it matches. */
  readonly takes?: (of: MachineDevice) => boolean;
}

const pci =
  (which: (config: PciConfig) => boolean) =>
  ({ pci }: MachineDevice): boolean =>
    pci?.config !== null && pci?.config !== undefined && which(pci.config);

const ids = (vendor: number, ...devices: readonly number[]): ((of: MachineDevice) => boolean) =>
  pci(({ vendor_id, device_id }) => vendor_id === vendor && devices.includes(device_id));

const pciClass = (code: number): ((of: MachineDevice) => boolean) =>
  pci(({ class_code }) => class_code === code);

/** A PCI-to-PCI bridge of any kind. */
export const isBridge: (of: MachineDevice) => boolean = pci(
  ({ class_code }) => class_code >>> 8 === 0x0604,
);

/** The function that a host bridge shows of itself on its root bus. */
export const isHostBridgeFunction: (of: MachineDevice) => boolean = pci(
  ({ class_code }) => class_code >>> 8 === 0x0600,
);

/** Root ports, and the upstream and downstream ports of switches. */
const isPort = pci(
  ({ pci_express }) => pci_express !== null && [4, 5, 6].includes(pci_express.type),
);

/** Host bridges of Intel chipsets for which there was once an AGP driver; it refuses most. */
const intelAgp: readonly number[] = [
  0x1237, 0x7180, 0x7190, 0x71a0, 0x7120, 0x7122, 0x7124, 0x1130, 0x2500, 0x2501, 0x3575, 0x1a21,
  0x1a30, 0x2560, 0x2530, 0x3340, 0x3580, 0x2531, 0x2570, 0x2578, 0x2550, 0x255d, 0x2588, 0x2580,
  0x2590, 0x2770, 0x27a0, 0x27ac, 0xa000, 0xa010, 0x2970, 0x2980, 0x2990, 0x29a0, 0x2a00, 0x2a10,
  0x29c0, 0x29b0, 0x29d0, 0x2a40, 0x2e00, 0x2e10, 0x2e20, 0x2e30, 0x2e40, 0x2e90, 0x0040, 0x0069,
  0x0044, 0x0062, 0x006a,
];

/** A function to which a kernel for x86 offers a driver before it has one for any other function. */
export const isAgpBridge: (of: MachineDevice) => boolean = ids(0x8086, ...intelAgp);

/** Buses whose driver is there for its place in the waiting for suppliers, if for nothing else. */
const buses: readonly string[] = [
  'simple-pm-bus',
  'simple-bus',
  'simple-mfd',
  'isa',
  'arm,amba-bus',
];

function driver(
  name: string,
  module: string,
  matches: ClientDriver['matches'],
  order: number = linkOrder.others,
  option?: ClientOption,
): ClientDriver {
  return { name, module, order, matches, ...(option === undefined ? {} : { option }) };
}

/** Where several match a device, the first that is there is offered the device first. */
export const clientDrivers: readonly ClientDriver[] = [
  {
    // It matches conventional bridges, too, and refuses them when their DMA is configured already.
    ...driver('pcieport', 'pcieport', isBridge, linkOrder.pci),
    builtIn: true,
    takes: isPort,
  },
  // Of the kernel wherever there are devicetrees, and linked before all others.
  {
    ...driver(
      'simple-pm-bus',
      'simple_pm_bus',
      ({ compatible }) => compatible.some((name) => buses.includes(name)),
      linkOrder.suppliers,
    ),
    builtIn: true,
    takes: ({ compatible }) => buses.includes(compatible[0] ?? '') || powered(compatible),
  },
  driver('shpchp', 'shpchp', () => false, linkOrder.pci, 'CONFIG_HOTPLUG_PCI_SHPC'),
  // Part of the kernel, or a module that is loaded because there are such devices.
  {
    ...driver('virtio-pci', 'virtio_pci', pci(isVirtio), linkOrder.virtio, 'CONFIG_VIRTIO_PCI'),
    builtIn: true,
  },
  driver('virtio-mmio', 'virtio_mmio', isVirtioMmio, linkOrder.virtio, 'CONFIG_VIRTIO_MMIO'),
  {
    ...driver('agpgart-intel', 'intel_agp', isAgpBridge, linkOrder.char),
    builtIn: true,
    arch: 'x86_64',
    takes: () => false,
  },
  driver('nvme', 'nvme', pciClass(0x010802), linkOrder.nvme, 'CONFIG_BLK_DEV_NVME'),
  driver('ahci', 'ahci', pciClass(0x010601), linkOrder.ata, 'CONFIG_SATA_AHCI'),
  driver(
    'e1000',
    'e1000',
    ids(0x8086, 0x100e, 0x100f, 0x1004, 0x1008, 0x1010, 0x1026),
    linkOrder.net,
    'CONFIG_E1000',
  ),
  driver(
    'e1000e',
    'e1000e',
    ids(0x8086, 0x10d3, 0x10d6, 0x10ea, 0x1502),
    linkOrder.net,
    'CONFIG_E1000E',
  ),
  driver(
    'igb',
    'igb',
    ids(0x8086, 0x10c9, 0x10e6, 0x10a7, 0x1521, 0x1533),
    linkOrder.net,
    'CONFIG_IGB',
  ),
  driver('xhci_hcd', 'xhci_pci', pciClass(0x0c0330), linkOrder.usb, 'CONFIG_USB_XHCI_PCI'),
  driver('ehci-pci', 'ehci_pci', pciClass(0x0c0320), linkOrder.usb, 'CONFIG_USB_EHCI_PCI'),
  driver('uhci_hcd', 'uhci_hcd', pciClass(0x0c0300), linkOrder.usb, 'CONFIG_USB_UHCI_HCD'),
  driver(
    'igbvf',
    'igbvf',
    ({ pci }) => pci?.physfn?.pci?.config?.device_id === 0x10c9,
    linkOrder.net,
    'CONFIG_IGBVF',
  ),
  driver(
    'r8169',
    'r8169',
    ids(0x10ec, 0x8125, 0x8161, 0x8167, 0x8168, 0x8169),
    linkOrder.net,
    'CONFIG_R8169',
  ),
  driver(
    'snd_hda_intel',
    'snd_hda_intel',
    pciClass(0x040300),
    linkOrder.sound,
    'CONFIG_SND_HDA_INTEL',
  ),
  driver(
    'reg-fixed-voltage',
    'fixed',
    ({ compatible }) => compatible.includes('regulator-fixed'),
    linkOrder.others,
    'CONFIG_REGULATOR_FIXED_VOLTAGE',
  ),
  driver(
    'fw_cfg',
    'qemu_fw_cfg',
    ({ compatible }) => compatible.includes('qemu,fw-cfg-mmio'),
    linkOrder.others,
    'CONFIG_FW_CFG_SYSFS',
  ),
];

/** Whether the first name of a bus that a node has is that of one with power. */
function powered(compatible: readonly string[]): boolean {
  return compatible.find((name) => buses.includes(name)) === 'simple-pm-bus';
}

function isVirtio({ vendor_id, device_id }: PciConfig): boolean {
  return vendor_id === 0x1af4 && device_id >= 0x1000 && device_id <= 0x107f;
}

/** A slot, with or without something in it. */
export function isVirtioMmio({ compatible }: MachineDevice): boolean {
  return compatible.includes('virtio,mmio') || compatible.includes('LNRO0005');
}

/** The modules that the kernel does not load, by `module_blacklist=`, whose names are as it has them. */
export function refusedModules({ module_blacklist }: Kconfig): ReadonlySet<string> {
  return new Set(module_blacklist.split(','));
}

/** Those that nobody asks it to load either, when a device is found that they match. */
export function unwantedModules(config: Kconfig): ReadonlySet<string> {
  return new Set([...refusedModules(config), ...config.modprobe_blacklist.split(',')]);
}

/**
 * What somebody says of the driver of a device: where it comes if it is part of the kernel, that it is
 * a module, that there is none, or null where nobody says anything.
 */
export function toldOf(
  of: MachineDevice,
  config: Kconfig,
): { readonly order: number } | 'module' | 'none' | null {
  const known = clientDrivers.find(({ option, matches }) => option !== undefined && matches(of));
  const option = known?.option;
  if (known === undefined || option === undefined || config[option] === null) return null;
  if (!config[option]) return 'none';
  return isModule(config, option) ? 'module' : { order: known.order };
}

/** The module of a driver, as the kernel names it when it is loaded. */
export function moduleOf(name: string): string {
  return clientDrivers.find((known) => known.name === name)?.module ?? moduleName(name);
}

export function moduleName(name: string): string {
  return name.replaceAll('-', '_');
}
