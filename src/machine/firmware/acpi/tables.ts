// Which IDs Linux treats specially when it makes devices of ACPI objects.

/** Host bridges, conventional and PCI Express. */
export const pciRootIds: readonly string[] = ['PNP0A03', 'PNP0A08'];

/** Objects that something else takes: never a platform device. */
export const noDeviceIds: readonly string[] = [
  'ACPI0004', // containers
  'ACPI0007', // processors
  'ACPI0010',
  'ACPI0016', // CXL host bridges are PCI host bridges too
  'LNXVIDEO',
  'PNP0000', // interrupt controller, timer and DMA controller of a PC
  'PNP0100',
  'PNP0200',
  'PNP0A05',
  'PNP0A06',
  'PNP0C0F', // interrupt links
  'PNP0C80', // memory
];

/** Whether the PNP bus of ISA times has it (drivers/acpi/acpi_pnp.c), of what is still built. */
export function isPnp(ids: readonly string[]): boolean {
  return ids.some((id) => pnpIds.some((pattern) => pattern.test(id)));
}

const pnpIds: readonly RegExp[] = [
  /^PNP0[36][0-9A-F]{2}$/, // keyboards, disks
  /^PNP040[01]$/, // parallel ports
  /^PNP05(00|01|10|11)$/, // serial ports
  /^PNP070[0-2]$/, // floppy disks
  /^PNP0B0[0-2]$/, // real-time clocks
  /^PNP0C0[124]$/, // resources of the board
  /^PNP0F[0-9A-F]{2}$/, // mice
];
