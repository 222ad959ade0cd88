import type { Rule } from '../rule.ts';
import { block, master, smmu2, smmu3 } from './trees.ts';

const good = smmu3() + master('dma', '<&smmu 5>');

/** Rules about what `iommus` is written like. */
export const iommusRules: readonly Rule[] = [
  {
    name: 'iommus-cells-mismatch',
    severity: 'warning',
    about: 'the cells of iommus are as many as #iommu-cells says, and look like it',
    linux:
      'Linux counts by #iommu-cells alone. With another count in the list it takes phandles for IDs or IDs for phandles, and the IDs that it programs are wrong, without a message where everything can be read.',
    fix: 'Write as many cells behind each phandle as #iommu-cells of its IOMMU says, or correct #iommu-cells.',
    example: {
      bad: smmu2('#iommu-cells = <3>;') + master('dma', '<&smmu 5>, <&smmu 6>'),
      good: smmu2('#iommu-cells = <1>;') + master('dma', '<&smmu 5>, <&smmu 6>'),
    },
  },
  {
    name: 'iommus-dangling',
    severity: 'error',
    about: 'every phandle in iommus resolves',
    linux:
      'Linux says "could not find phandle" and reads no further. A device whose first entry this is gets no IOMMU; where it is a later one the list is cut there, and the device runs with fewer IDs.',
    fix: 'Name an IOMMU that is in the tree, or check the count of cells of the entry before.',
    example: { bad: smmu3() + master('dma', '<0xdead 5>'), good },
  },
  {
    name: 'iommus-length',
    severity: 'error',
    about: 'iommus is a whole number of cells, and not empty',
    linux: 'Linux reads no entry of such a list: the device gets no IOMMU, and nothing is said.',
    fix: 'Write a phandle and as many cells as #iommu-cells says for each IOMMU, or delete the property.',
    example: { bad: smmu3() + master('dma', '[00 00 01]'), good },
  },
  {
    name: 'iommus-no-cells',
    severity: 'error',
    about: 'every target of iommus has #iommu-cells',
    linux:
      'Linux says "could not get #iommu-cells for" the node and reads no further: the device gets no IOMMU, or those of the entries before only.',
    fix: 'Give the IOMMU #iommu-cells as the binding of its driver says, or name an IOMMU instead.',
    example: {
      bad: smmu2() + master('dma', '<&smmu 5>'),
      good: smmu2('#iommu-cells = <1>;') + master('dma', '<&smmu 5>'),
    },
  },
  {
    name: 'iommus-short',
    severity: 'error',
    about: 'iommus has as many cells for an entry as #iommu-cells says',
    linux:
      'Linux says "#iommu-cells = N found M" and drops the entry: the device gets no IOMMU, or those of the entries before only.',
    fix: 'Write as many cells behind the phandle as #iommu-cells of the IOMMU says.',
    example: { bad: smmu3() + master('dma', '<&smmu>'), good },
  },
  {
    name: 'iommus-zero-phandle',
    severity: 'error',
    about: 'no entry of iommus is zero',
    linux:
      'A phandle of 0 is an empty entry, and ends the list for Linux: what comes behind it is lost, without a message. Two cells written for an IOMMU that takes one look like this.',
    fix: 'Write as many cells in the entry before as #iommu-cells of its IOMMU says.',
    example: { bad: smmu3() + master('dma', '<&smmu 5 0>'), good },
  },
  {
    name: 'pcie-iommus-without-map',
    severity: 'warning',
    about: 'a host bridge with iommus has an iommu-map for its functions',
    linux:
      'Linux looks for the IOMMU of a PCI function in iommu-map of its host bridge alone. iommus there is for the bridge as a platform device: its functions get no IOMMU, and are in no group.',
    fix: 'Describe the requester IDs of the functions in iommu-map.',
    example: {
      bad: smmu3() + hostWith('iommus = <&smmu 0>;'),
      good: smmu3() + hostWith('iommu-map = <0 &smmu 0 0x1000>;'),
    },
  },
];

function hostWith(line: string): string {
  return block(
    'pcie@40000000',
    'compatible = "pci-host-ecam-generic";',
    'device_type = "pci";',
    'reg = <0 0x40000000 0 0x1000000>;',
    '#address-cells = <3>;',
    '#size-cells = <2>;',
    'bus-range = <0 0xf>;',
    'ranges = <0x2000000 0 0x50000000 0 0x50000000 0 0x1000000>;',
    line,
  );
}
