// The machines that come with the page.

export interface ShippedMachine {
  /** In links: `example/NAME`. */
  readonly name: string;
  readonly title: string;
  /** One line: what is to be seen in it. */
  readonly about: string;
  /** Where in the repository it is: a folder, or a captured boot. */
  readonly source: { readonly folder: string } | { readonly capture: string };
}

export const shipped: readonly ShippedMachine[] = [
  {
    name: 'arm64-virt-smmuv3',
    title: 'Devicetree, SMMUv3',
    about: 'QEMU virt: PCIe root ports behind one SMMUv3, by iommu-map.',
    source: { folder: 'examples/arm64-virt-smmuv3' },
  },
  {
    name: 'iort-root-buses',
    title: 'ACPI IORT, several root buses',
    about: 'An SMMUv3 for some root buses, another for others, none for one.',
    source: { capture: 'a64-acpi-smmu2x-part-k7.3' },
  },
  {
    name: 'vtd-switch',
    title: 'Intel VT-d, a PCIe switch',
    about: 'A PC: one DMAR unit, a switch, and who shares a group below it.',
    source: { capture: 'x86-vtd-switch-k7.3' },
  },
  {
    name: 'amdvi-bridges',
    title: 'AMD-Vi, conventional PCI bridges',
    about: 'A PC with IVRS: devices behind a bridge speak with its ID.',
    source: { capture: 'x86-amdvi-p2p-k7.3' },
  },
  {
    name: 'viot-virtio',
    title: 'ACPI VIOT, virtio-iommu',
    about: 'An IOMMU that is a PCI device itself, and whose driver is a module.',
    source: { capture: 'a64-acpi-viommu-k7.3' },
  },
  {
    name: 'map-overlap',
    title: 'A faulty devicetree',
    about: 'Entries of iommu-map that overlap: the first one counts.',
    source: { capture: 'dtb-map-overlap-k7.3' },
  },
];
