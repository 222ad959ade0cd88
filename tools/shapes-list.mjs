// What docs/reference/shapes.md is about: devices that look otherwise than the usual one.

export const kernels = ['v6.7-rc1', 'fwspec-v2', 'v6.12', 'v7.3'];

export const scenarios = [
  'cover-letter',
  'two-clients',
  'add-bind',
  'rebind',
  'second-configure',
  'deferral-timeout',
  'remove-device',
];

/** How many executions of a cell are looked at. */
export const most = 100;

/** In words, and as the commands are asked for them. The first is what the others are held against. */
export const shapes = [
  ['The usual device', '--firmware devicetree'],
  ['Two IDs and a third', '--ids 1,2,3'],
  ['One ID twice', '--ids 1,1'],
  ['Two IDs at one IOMMU and one at another', '--ids 1,2/3'],
  ['An IOMMU that does not tell its masters apart', '--cells 0'],
  ['A PCI function', '--bus pci'],
  ['Behind a bridge to conventional PCI', '--bridge pcie-to-pci'],
  ['An AMBA device', '--bus amba'],
  ['A cdx device', '--bus cdx'],
  ['An object of a management complex', '--bus fsl-mc'],
  ['Behind an SMMUv2', '--driver arm-smmu'],
  ['Two functions of one slot, behind an SMMUv2', '--functions 2 --driver arm-smmu'],
  ['Behind a bridge and an SMMUv2', '--bridge pcie-to-pci --driver arm-smmu'],
  ['A list of mmu-masters', '--binding mmu-masters --driver arm-smmu'],
  ['Behind a DART', '--driver apple-dart'],
  ['A display behind two DARTs', '--iommus 2 --driver apple-dart'],
  ['Behind an msm_iommu', '--driver msm_iommu'],
  ['Described by IORT', '--firmware iort'],
  ['Described by IORT, behind two SMMUs', '--firmware iort --iommus 2'],
  ['Described by IORT, behind an SMMUv2', '--firmware iort --driver arm-smmu'],
  ['Described by VIOT', '--firmware viot'],
  ['A PCI function with two endpoints in VIOT', '--firmware viot --bus pci --ids 1,2'],
  ['Described by IORT and by VIOT', '--firmware iort+viot'],
  ['Behind a unit of VT-d', '--firmware dmar'],
  ['A platform device behind a unit of VT-d', '--firmware dmar --bus platform'],
  ['Behind a bridge and a unit of VT-d', '--firmware dmar --bridge pcie-to-pci'],
  ['Behind an AMD IOMMU', '--firmware ivrs'],
  ['A platform device behind an AMD IOMMU', '--firmware ivrs --bus platform'],
  ['On s390', '--firmware clp'],
];
