// PCI Code and ID Assignment Specification: what classes are called.

const classes: Readonly<
  Record<number, readonly [name: string, subclasses: Readonly<Record<number, string>>]>
> = {
  0: ['Function of no class', { 1: 'VGA-compatible function' }],
  1: [
    'Mass storage controller',
    {
      0: 'SCSI controller',
      1: 'IDE controller',
      4: 'RAID controller',
      6: 'SATA controller',
      7: 'SAS controller',
      8: 'NVM controller',
      9: 'UFS controller',
    },
  ],
  2: ['Network controller', { 0: 'Ethernet controller', 7: 'InfiniBand controller' }],
  3: ['Display controller', { 0: 'VGA controller', 2: '3D controller' }],
  4: ['Multimedia controller', { 0: 'Video device', 1: 'Audio device', 3: 'HD audio device' }],
  5: ['Memory controller', { 0: 'RAM', 1: 'Flash memory', 2: 'CXL memory' }],
  6: [
    'Bridge',
    { 0: 'Host bridge', 1: 'ISA bridge', 4: 'PCI bridge', 7: 'CardBus bridge', 9: 'PCI bridge' },
  ],
  7: ['Communication controller', { 0: 'Serial controller', 1: 'Parallel controller' }],
  8: [
    'System peripheral',
    {
      0: 'Interrupt controller',
      1: 'DMA controller',
      2: 'Timer',
      3: 'RTC',
      5: 'SD host controller',
      6: 'IOMMU',
      7: 'Event collector',
    },
  ],
  9: ['Input device controller', {}],
  10: ['Docking station', {}],
  11: ['Processor', { 64: 'Co-processor' }],
  12: [
    'Serial bus controller',
    {
      0: 'FireWire controller',
      3: 'USB controller',
      4: 'Fibre Channel',
      5: 'SMBus',
      6: 'InfiniBand controller',
    },
  ],
  13: [
    'Wireless controller',
    { 17: 'Bluetooth controller', 32: 'Wi-Fi controller', 33: 'Wi-Fi controller' },
  ],
  14: ['Intelligent I/O controller', {}],
  15: ['Satellite controller', {}],
  16: ['Encryption controller', {}],
  17: ['Signal processing controller', {}],
  18: ['Processing accelerator', {}],
  19: ['Non-essential instrumentation', {}],
  64: ['Co-processor', {}],
  255: ['Function of no class', {}],
};

/** What a class code of 24 bits is called: by its sub-class, else by its base class. */
export function classNameOf(class_code: number): string {
  const [base, subclasses] = classes[class_code >> 16] ?? ['Function of an unknown class', {}];
  return subclasses[(class_code >> 8) & 0xff] ?? base;
}
