import { conventional } from '../bases/pci-functions.ts';
import type { Rule } from '../rule.ts';
import { block, bridge, bridges, host, its, smmu2, smmu3 } from './trees.ts';

/** An IOMMU that wants one cell, and one that wants two. */
const oneCell = smmu3();
const twoCells = smmu2('#iommu-cells = <2>;');

const all = 'iommu-map = <0x0 &smmu 0x0 0x10000>;';

/** A host bridge that has its own IOMMU below it. */
function withVirtioIommu(map: string): string {
  const viommu = block(
    'viommu: iommu@1,0',
    'compatible = "pci1af4,1057";',
    'reg = <0x800 0x0 0x0 0x0 0x0>;',
    '#iommu-cells = <1>;',
  );
  return host('pcie', map, '', ...viommu.trim().split('\n'));
}

/** Rules about `iommu-map` and `msi-map`. */
export const mapRules: readonly Rule[] = [
  {
    name: 'iommu-map-2cell-broken',
    severity: 'error',
    about:
      'newer kernels can read entries that have one output cell where the IOMMU wants another number',
    linux:
      'Up to v6.16 an entry has one output cell, whatever #iommu-cells says. v7.3 takes #iommu-cells of them, so that it looks for length and phandles at wrong places: “Bad iommu-map length”, or an unknown phandle, and no IOMMU for any function. Only a map of entries of length 1 for one IOMMU is spared.',
    fix: 'Write as many output cells as #iommu-cells of the IOMMU says, and an entry of length 1 for each ID.',
    example: bridges(
      twoCells,
      'iommu-map = <0x0 &smmu 0x0 0x100>;',
      'iommu-map = <0x0 &smmu 0x0 0x0 0x1>, <0x100 &smmu 0x100 0x0 0x1>;',
    ),
  },
  {
    name: 'iommu-map-2cell-legacy',
    severity: 'warning',
    about: 'entries have as many output cells as their IOMMU wants',
    linux:
      'Up to v6.16 an entry has one output cell, whatever #iommu-cells says. v7.3 makes an exception for a map like this one, and says “iommu-map has 1-cell entries targeting 2-cell #iommu-cells, treating as 1-cell output”.',
    fix: 'Write as many output cells as #iommu-cells of the IOMMU says, unless older kernels have to read the map.',
    example: bridges(
      twoCells,
      'iommu-map = <0x0 &smmu 0x1c00 0x1>, <0x100 &smmu 0x1c01 0x1>;',
      'iommu-map = <0x0 &smmu 0x1c00 0x0 0x1>, <0x100 &smmu 0x1c01 0x0 0x1>;',
    ),
  },
  {
    name: 'iommu-map-alias-hole',
    severity: 'error',
    about: 'every DMA alias of a function is covered by iommu-map',
    linux:
      'Linux looks up the requester ID of the function and each ID that bridges or quirks put in its place, and gives up at the first that has no entry: the function has no IOMMU, though its own ID is mapped.',
    fix: 'Map the IDs of bridges that send in the place of others as well.',
    example: {
      ...bridges(
        oneCell,
        'iommu-map = <0x100 &smmu 0x100 0xff00>;',
        'iommu-map = <0x0 &smmu 0x0 0x10000>;',
      ),
      functions: {
        '0000:00:01.0': `
33 12 01 00 07 00 00 00 00 00 04 06 00 00 01 00  # a bridge of conventional PCI
00 00 00 00 00 00 00 00 00 01 01 00 00 00 00 00  # from bus 0 to bus 1
00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
`,
        '0000:01:02.0': conventional('86 80 0e 10', '00 00 02'),
      },
    },
  },
  {
    name: 'iommu-map-base-outside-mask',
    severity: 'error',
    about: 'the input base of an entry has no bits outside iommu-map-mask',
    linux:
      '“Invalid iommu-map translation - iommu-map-mask (0xff) ignores id-base (0x100)”: an ID that no entry before has meets -EFAULT at this one, and its function has no IOMMU.',
    fix: 'Clear the bits in the entry, or set them in the mask.',
    example: bridges(
      oneCell,
      'iommu-map = <0x0 &smmu 0x0 0x80>, <0x180 &smmu 0x80 0x80>;\niommu-map-mask = <0xff>;',
      'iommu-map = <0x0 &smmu 0x0 0x80>, <0x80 &smmu 0x80 0x80>;\niommu-map-mask = <0xff>;',
    ),
  },
  {
    name: 'iommu-map-dangling',
    severity: 'error',
    about: 'every phandle in iommu-map resolves',
    linux:
      'Up to v6.16 the IDs of that entry get -ENODEV, without a message, and run without IOMMU. v7.3 needs the node to know how long the entry is: the IDs of all later entries are lost, too.',
    fix: 'Name an IOMMU that is in the tree.',
    example: bridges(oneCell, 'iommu-map = <0x0 0x7fff 0x0 0x10000>;', all),
  },
  {
    name: 'iommu-map-ignored',
    severity: 'note',
    about: 'iommu-map is a property of host bridges and buses whose devices have IDs',
    linux:
      'Linux looks IDs up in the map of a PCI host bridge, of the buses fsl-mc and CDX, and of what makes devices by number. For other devices it reads iommus alone; a root port’s own map is not read either.',
    fix: 'Write iommus for the device, and iommu-map for the host bridge.',
    example: {
      bad: `${oneCell}
dma@9000000 {
	compatible = "arm,pl330";
	reg = <0x0 0x9000000 0x0 0x1000>;
	iommu-map = <0x0 &smmu 0x10 0x8>;
};
`,
      good: `${oneCell}
dma@9000000 {
	compatible = "arm,pl330";
	reg = <0x0 0x9000000 0x0 0x1000>;
	iommus = <&smmu 0x10>;
};
`,
    },
  },
  {
    name: 'iommu-map-length',
    severity: 'error',
    about: 'iommu-map is a whole number of entries',
    linux:
      '“Bad iommu-map length”: Linux gives -EINVAL for every function below the host bridge, up to v6.16 at once, in v7.3 for each ID that no entry before the cut has.',
    fix: 'Write requester ID, phandle, output ID and length in each entry.',
    example: bridges(oneCell, 'iommu-map = <0x0 &smmu 0x0>;', all),
  },
  {
    name: 'iommu-map-mask-length',
    severity: 'warning',
    about: 'iommu-map-mask is one cell',
    linux:
      'Linux reads one cell. Of a longer property it takes the first, without a message; a shorter one is no mask to it, and all bits of an ID count.',
    fix: 'Write one cell.',
    example: bridges(
      oneCell,
      'iommu-map = <0x0 &smmu 0x0 0x10000>;\niommu-map-mask = <0x0 0xffff>;',
      'iommu-map = <0x0 &smmu 0x0 0x10000>;\niommu-map-mask = <0xffff>;',
    ),
  },
  {
    name: 'iommu-map-mask-range',
    severity: 'warning',
    about: 'an entry ends where iommu-map-mask does',
    linux:
      'Linux cuts the requester ID by the mask before it looks it up: the part of an entry that is outside is for no ID, and functions that seem to have IDs of their own share those of others.',
    fix: 'Shorten the entry, or set the bits in the mask.',
    example: bridges(
      oneCell,
      'iommu-map = <0x0 &smmu 0x0 0x10000>;\niommu-map-mask = <0xff>;',
      'iommu-map = <0x0 &smmu 0x0 0x100>;\niommu-map-mask = <0xff>;',
    ),
  },
  {
    name: 'iommu-map-needs-new-kernel',
    severity: 'error',
    about: 'the kernel can read entries with more than one output cell',
    linux:
      'v7.3 reads as many output cells as #iommu-cells of the IOMMU says. Up to v6.16 each entry has 4 cells: “Bad iommu-map length” where that does not go into the whole, and no or another IOMMU for the IDs where it does.',
    fix: 'Write one output cell in each entry, as long as older kernels have to read the map.',
    example: bridges(
      twoCells,
      'iommu-map = <0x0 &smmu 0x1c00 0x0 0x1>;',
      'iommu-map = <0x0 &smmu 0x1c00 0x1>;',
    ),
  },
  {
    name: 'iommu-map-no-cells',
    severity: 'error',
    about: 'every target of iommu-map has #iommu-cells',
    linux:
      'Linux takes one output cell for it, and the IOMMU’s driver is asked what the ID means; a node that is no IOMMU has no driver that answers, and functions wait for it until the deferral time-out.',
    fix: 'Give the IOMMU #iommu-cells, or name the one that is meant.',
    example: {
      bad: `${oneCell.replace('\t#iommu-cells = <1>;\n', '')}${bridge('pcie', all)}`,
      good: `${oneCell}${bridge('pcie', all)}`,
    },
  },
  {
    name: 'iommu-map-overlap',
    severity: 'warning',
    about: 'the ranges of iommu-map do not overlap: the first entry wins',
    linux:
      'Linux takes the first entry that has the ID, without a message: the later one is not used.',
    fix: 'Let each requester ID be in one entry.',
    example: bridges(
      oneCell,
      'iommu-map = <0x0 &smmu 0x0 0x10000>, <0x100 &smmu 0x10000 0x100>;',
      'iommu-map = <0x0 &smmu 0x0 0x100>, <0x100 &smmu 0x10000 0x100>, <0x200 &smmu 0x200 0xfe00>;',
    ),
  },
  {
    name: 'iommu-map-partial',
    severity: 'warning',
    about: 'every function that is present, or can be, is covered by iommu-map',
    linux:
      '“no iommu-map translation for id 0x200”: the lookup finds no IOMMU, the answer is -ENODEV, and the function runs untranslated and in no group; whether its DMA gets through is up to the IOMMU’s default. A tree alone does not say what is plugged in: then this is a note.',
    fix: 'Map every requester ID that can appear.',
    example: bridges(oneCell, 'iommu-map = <0x0 &smmu 0x0 0x200>;', all),
  },
  {
    name: 'iommu-map-placeholder',
    severity: 'note',
    about: 'the map is what the kernel will see',
    linux:
      'Boot loaders, such as those of Layerscape, write the entries of the devices that they find over an entry for one ID. As it is, Linux maps requester ID 0 alone, that of the root port.',
    fix: 'Look at the tree of the running machine, /sys/firmware/fdt, instead.',
    example: bridges(oneCell, 'iommu-map = <0x0 &smmu 0x0 0x1>;', all),
  },
  {
    name: 'iommu-map-range-cells',
    severity: 'error',
    about: 'a range of several IDs has one output cell',
    linux:
      'v7.3: “Unsupported iommu-map - cannot handle 16-ID range with 2-cell output specifier”, and -EINVAL for each ID of the range. Kernels before read one output cell only.',
    fix: 'Write an entry of length 1 for each ID.',
    example: bridges(
      twoCells,
      'iommu-map = <0x0 &smmu 0x1c00 0x0 0x2>;',
      'iommu-map = <0x0 &smmu 0x1c00 0x0 0x1>, <0x1 &smmu 0x1c01 0x0 0x1>;',
    ),
  },
  {
    name: 'iommu-map-rid0',
    severity: 'note',
    about: 'the requester ID of the first root port is covered by iommu-map',
    linux:
      'The port is a device as well: no entry has its ID, the answer is -ENODEV, and it is in no group, while what is below it may be.',
    fix: 'Map the requester ID of the root port.',
    example: bridges(oneCell, 'iommu-map = <0x100 &smmu 0x100 0xff00>;', all),
  },
  {
    name: 'iommu-map-wrap',
    severity: 'error',
    about: 'base and length of an entry fit into 32 bits',
    linux:
      'Linux adds in 32 bits. Up to v6.16 an entry whose end wraps has no ID at all; output IDs that wrap begin again at 0 in every kernel.',
    fix: 'Shorten the range.',
    example: bridges(oneCell, 'iommu-map = <0x0 &smmu 0xfffff000 0x10000>;', all),
  },
  {
    name: 'iommu-map-zero-length',
    severity: 'note',
    about: 'an entry covers something',
    linux:
      'Linux finds no ID in an entry of length 0. On Layerscape it is room for what the boot loader writes.',
    fix: 'Give the entry a length, or look at the tree of the running machine.',
    example: bridges(oneCell, `iommu-map = <0x0 &smmu 0x0 0x0>;`, all),
  },
  {
    name: 'msi-map-base-outside-mask',
    severity: 'error',
    about: 'the input base of an entry has no bits outside msi-map-mask',
    linux:
      '“Invalid msi-map translation - msi-map-mask (0xff) ignores id-base (0x100)”: an ID that no entry before has is not translated, and its function finds no MSI controller.',
    fix: 'Clear the bits in the entry, or set them in the mask.',
    example: bridges(
      its('#msi-cells = <1>;'),
      'msi-map = <0x100 &its 0x100 0x100>;\nmsi-map-mask = <0xff>;',
      'msi-map = <0x0 &its 0x0 0x100>;\nmsi-map-mask = <0xff>;',
    ),
  },
  {
    name: 'msi-map-dangling',
    severity: 'error',
    about: 'every phandle in msi-map resolves',
    linux:
      'Linux finds no node, without a message: functions whose IDs are in that entry, in v7.3 in a later one as well, find no MSI controller.',
    fix: 'Name an MSI controller that is in the tree.',
    example: bridges(
      its('#msi-cells = <1>;'),
      'msi-map = <0x0 0x7fff 0x0 0x10000>;',
      'msi-map = <0x0 &its 0x0 0x10000>;',
    ),
  },
  {
    name: 'msi-map-length',
    severity: 'error',
    about: 'msi-map is a whole number of entries',
    linux: '“Bad msi-map length”: functions below the host bridge find no MSI controller.',
    fix: 'Write requester ID, phandle, output ID and length in each entry.',
    example: bridges(
      its('#msi-cells = <1>;'),
      'msi-map = <0x0 &its 0x0>;',
      'msi-map = <0x0 &its 0x0 0x10000>;',
    ),
  },
  {
    name: 'msi-map-mask-length',
    severity: 'warning',
    about: 'msi-map-mask is one cell',
    linux:
      'Linux reads one cell. Of a longer property it takes the first, without a message; a shorter one is no mask to it, and all bits of an ID count.',
    fix: 'Write one cell.',
    example: bridges(
      its('#msi-cells = <1>;'),
      'msi-map = <0x0 &its 0x0 0x10000>;\nmsi-map-mask = <0x0 0xffff>;',
      'msi-map = <0x0 &its 0x0 0x10000>;\nmsi-map-mask = <0xffff>;',
    ),
  },
  {
    name: 'msi-no-cells',
    severity: 'note',
    about: 'every target of msi-map has #msi-cells',
    linux:
      'Up to v6.16 each entry has one output cell, whatever the target says; v7.3 takes one where #msi-cells is missing, so that such maps go on to work. Drafts of that change would have lost the MSIs of all functions.',
    fix: 'Write #msi-cells = <1> in the MSI controller.',
    example: {
      bad: `${its()}${bridge('pcie', 'msi-map = <0x0 &its 0x0 0x10000>;')}`,
      good: `${its('#msi-cells = <1>;')}${bridge('pcie', 'msi-map = <0x0 &its 0x0 0x10000>;')}`,
    },
  },
  {
    name: 'pci-no-map',
    severity: 'note',
    about: 'a host bridge has iommu-map where there are IOMMUs',
    linux:
      'Without iommu-map Linux asks no IOMMU: what is below the host bridge runs untranslated, is in no group, and cannot be given to a guest.',
    fix: 'Describe the requester IDs in iommu-map, if an IOMMU is wired to the host bridge.',
    example: bridges(oneCell, 'dma-coherent;', `dma-coherent;\n${all}`),
  },
  {
    name: 'viommu-hole',
    severity: 'error',
    about: 'iommu-map leaves out the virtio-iommu that is a function itself',
    linux:
      'The function of the IOMMU waits for the IOMMU to register, which it does in its own probe: its bus, and all that is behind it, have no IOMMU.',
    fix: 'Leave the requester ID of the IOMMU out of the map; reg of its node says which that is.',
    example: {
      bad: withVirtioIommu('<0x0 &viommu 0x0 0x10000>'),
      good: withVirtioIommu('<0x0 &viommu 0x0 0x8>, <0x9 &viommu 0x9 0xfff7>'),
    },
  },
];
