import type { Rule } from '../rule.ts';

/** Rules about VIOT. */
export const viotRules: readonly Rule[] = [
  {
    name: 'viot-alias-hole',
    severity: 'error',
    about: 'every DMA alias of a function is in a range of VIOT',
    linux:
      'It looks up each ID that bridges may put in the place of the function\u2019s own, and gives up at the first that is in no range (-19): the function has no IOMMU, or from v6.15 on one that knows the IDs before that.',
    fix: 'Put the ID that the bridge sends into a range.',
    example: {
      base: 'viot',
      edits: [{ in: 'VIOT', at: 0x4c, size: 2, field: 'bdf_start', bad: 0x11, good: 0x10 }],
    },
  },
  {
    name: 'viot-driver',
    severity: 'error',
    about: 'the kernel has a driver for the IOMMUs of VIOT',
    linux:
      'Without CONFIG_VIRTIO_IOMMU devices run without the IOMMU. Where it is a module that is never loaded they wait for ever on v6.12, and until the error -110 on v7.3.',
    fix: 'Build the kernel with CONFIG_VIRTIO_IOMMU, and load the module early.',
    example: {
      base: 'viot',
      edits: [],
      kconfig: 'CONFIG_VIRTIO_IOMMU',
    },
  },
  {
    name: 'viot-endpoint-clash',
    severity: 'error',
    about: 'an endpoint ID of VIOT belongs to one endpoint',
    linux:
      'It counts up from the first endpoint ID of a range: segment by segment, function by function. The IOMMU takes two devices of one ID for the same, and they share what is mapped.',
    fix: 'Give each range and each device endpoint IDs that nobody else has at the IOMMU.',
    example: {
      base: 'viot',
      edits: [{ in: 'VIOT', at: 0x5c, size: 4, field: 'endpoint_start', bad: 0x80, good: 0x100 }],
    },
  },
  {
    name: 'viot-iommu-missing',
    severity: 'error',
    about: 'an IOMMU of VIOT exists',
    linux:
      'It prints "Could not find PCI IOMMU" or "Could not find MMIO IOMMU" and leaves out all endpoints of the IOMMU: they run without it.',
    fix: 'Write the segment and function, or the address of the registers, of the virtio-iommu.',
    example: {
      base: 'viot',
      edits: [{ in: 'VIOT', at: 0x36, size: 2, field: 'bdf', bad: 9, good: 8 }],
    },
  },
  {
    name: 'viot-iort-both',
    severity: 'note',
    about: 'a machine has IORT or VIOT',
    linux: 'It asks IORT first, and VIOT where that knows nothing of the device.',
    fix: 'Describe a device in one of them.',
    example: {
      base: 'viot',
      edits: [
        { in: 'TEST', at: 0x0, size: 4, field: 'signature', bad: 0x54524f49, good: 0x54534554 },
      ],
    },
  },
  {
    name: 'viot-node-offset',
    severity: 'error',
    about: 'VIOT has as many nodes as it says, behind its header',
    linux:
      'It prints "Node pointer overflows, bad table" where a node is not inside, and takes no endpoint of the table then. Nodes that are not counted it does not see.',
    fix: 'Count the nodes, and let the offset be that of the first, 48 or more.',
    example: {
      base: 'viot',
      edits: [{ in: 'VIOT', at: 0x24, size: 2, field: 'node_count', bad: 3, good: 4 }],
    },
  },
  {
    name: 'viot-node-size',
    severity: 'error',
    about: 'a VIOT node is as long as its type is',
    linux:
      'It prints "Invalid PCI node size", "Invalid MMIO node size" or "Empty node" and stops there: endpoints that follow are lost. IOMMUs that are too short are stepped over.',
    fix: 'Write 24 for an endpoint and 16 for an IOMMU.',
    example: {
      base: 'viot',
      edits: [{ in: 'VIOT', at: 0x5a, size: 2, field: 'length', bad: 0x14, good: 0x18 }],
    },
  },
  {
    name: 'viot-node-type',
    severity: 'note',
    about: 'the type of a VIOT node is known',
    linux: 'It prints "Unsupported node" and steps over the node.',
    fix: 'Use 1 and 2 for endpoints, 3 and 4 for IOMMUs.',
    example: {
      base: 'viot',
      edits: [{ in: 'VIOT', at: 0x70, size: 1, field: 'type', bad: 9, good: 2 }],
    },
  },
  {
    name: 'viot-output-node',
    severity: 'error',
    about: 'an endpoint of VIOT names an IOMMU',
    linux: 'It prints "No IOMMU node found" and leaves the endpoint out.',
    fix: 'Write the offset, from the start of the table, of a node of type 3 or 4.',
    example: {
      base: 'viot',
      edits: [{ in: 'VIOT', at: 0x68, size: 2, field: 'output_node', bad: 0x40, good: 0x30 }],
    },
  },
  {
    name: 'viot-overlap',
    severity: 'warning',
    about: 'ranges of VIOT do not overlap: the last one wins',
    linux:
      'It puts each endpoint at the head of a list and takes the first there that fits: the last in the table wins, other than in IORT and in a devicetree.',
    fix: 'Let each function and each device be in one place.',
    example: {
      base: 'viot',
      edits: [{ in: 'VIOT', at: 0x64, size: 2, field: 'bdf_start', bad: 0xf0, good: 0x100 }],
    },
  },
  {
    name: 'viot-range-reversed',
    severity: 'error',
    about: 'a range of VIOT ends behind where it begins',
    linux: 'It finds no function in the range: they run without the IOMMU.',
    fix: 'Write the first segment and function before the last.',
    example: {
      base: 'viot',
      edits: [{ in: 'VIOT', at: 0x66, size: 2, field: 'bdf_end', bad: 0xff, good: 0x1ff }],
    },
  },
  {
    name: 'viot-self',
    severity: 'warning',
    about: 'an IOMMU of VIOT is outside of its own range',
    linux: 'It refuses to put an IOMMU behind itself (-22), for this function only.',
    fix: 'Leave the IOMMU out of the range.',
    example: {
      base: 'viot',
      edits: [
        { in: 'VIOT', at: 0x4c, size: 2, field: 'bdf_start', bad: 8, good: 0x10 },
        { in: 'VIOT', at: 0x44, size: 4, field: 'endpoint_start', bad: 8, good: 0x10 },
      ],
    },
  },
];
