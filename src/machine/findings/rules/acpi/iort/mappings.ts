import type { Rule } from '../../rule.ts';

/** Rules about the table, its mappings, and where they lead. */
export const iortMappingRules: readonly Rule[] = [
  {
    name: 'iort-index-range',
    severity: 'error',
    about: 'the DeviceID index of an SMMUv3 means one of its mappings',
    linux:
      'It prints "ID mapping index overflows valid mappings" and gives the SMMU no messages: its events are not seen.',
    fix: 'Let the index be that of a mapping of the node, counted from 0.',
    example: {
      base: 'arm',
      edits: [{ in: 'IORT', at: 0x88, size: 4, field: 'id_mapping_index', bad: 2, good: 0 }],
    },
  },
  {
    name: 'iort-index-valid',
    severity: 'warning',
    about: 'the DeviceID index of an SMMUv3 means a single mapping',
    linux:
      'Below revision 5 of the node the index counts unless all four interrupts are wired, from revision 5 on where flag 4 is set; in revision 0 never. The mapping that it means is left out when IDs of devices are mapped, a range as well; a single mapping that it does not mean is of no use.',
    fix: 'Set the flag for a single mapping on the one that gives the DeviceID, and let the index mean it.',
    example: {
      base: 'arm',
      edits: [{ in: 'IORT', at: 0x9c, size: 4, field: 'flags', bad: 0, good: 1 }],
    },
  },
  {
    name: 'iort-its',
    severity: 'error',
    about: 'an ITS group has members, and each ITS is in one group',
    linux:
      'It takes the first ITS of the group for the messages of a device, and that of MADT with the same ID; without one the device has no MSI domain. Past the end of the list it prints "requested ITS ID index overruns".',
    fix: 'List each ITS of MADT in one group, by its ID there.',
    example: {
      base: 'arm',
      edits: [{ in: 'IORT', at: 0x44, size: 4, field: 'identifier', bad: 7, good: 0 }],
    },
  },
  {
    name: 'iort-its-no-map',
    severity: 'warning',
    about: 'an ITS group has no mappings',
    linux: 'It ends at an ITS group, and never reads mappings of one.',
    fix: 'Leave the mappings out: IDs end at the group.',
    example: {
      base: 'arm',
      edits: [
        { in: 'IORT', at: 0x38, size: 4, field: 'mapping_count', bad: 1, good: 0 },
        { in: 'IORT', at: 0x3c, size: 4, field: 'mapping_offset', bad: 0x70, good: 0 },
      ],
    },
  },
  {
    name: 'iort-loop',
    severity: 'error',
    about: 'ID mappings form no loop',
    linux:
      'It follows mappings without counting: no kernel comes back from a circle that a device is in.',
    fix: 'Let mappings lead from devices to SMMUs, and from there to ITS groups.',
    example: {
      base: 'arm',
      edits: [
        { in: 'IORT', at: 0x14c, size: 4, field: 'output_reference', bad: 0x11c, good: 0x48 },
      ],
    },
  },
  {
    name: 'iort-map-outside',
    severity: 'error',
    about: 'the arrays of an IORT node lie in it',
    linux:
      'It reads as many mappings, interrupts or ranges as the count says, from wherever the offset leads: what is there is taken for them, outside of the table as well.',
    fix: 'Put arrays behind the fields and before the end of their node, and count what is there.',
    example: {
      base: 'arm',
      edits: [{ in: 'IORT', at: 0x124, size: 4, field: 'mapping_count', bad: 3, good: 2 }],
    },
  },
  {
    name: 'iort-map-overlap',
    severity: 'warning',
    about: 'the ID mappings of a node do not overlap',
    linux: 'The first range in the table that has an ID wins.',
    fix: 'Let each ID be in one range only.',
    example: {
      base: 'arm',
      edits: [{ in: 'IORT', at: 0x144, size: 4, field: 'id_count', bad: 0x17f, good: 0xff }],
    },
  },
  {
    name: 'iort-map-wrap',
    severity: 'error',
    about: 'an ID mapping ends before IDs do',
    linux:
      'It adds in 32 bits: the end of the range comes before its start, so that no ID is in it, or output IDs begin at 0 again.',
    fix: 'End the range at ID 0xffffffff.',
    example: {
      base: 'arm',
      edits: [
        { in: 'IORT', at: 0x194, size: 4, field: 'output_base', bad: 0xffffff80, good: 0x4000 },
      ],
    },
  },
  {
    name: 'iort-node-count',
    severity: 'error',
    about: 'IORT has as many nodes as it says',
    linux:
      'Where there are more nodes than it says the last ones are not there for Linux. Where there are fewer it prints "IORT node pointer overflows, bad table!" and taints the kernel.',
    fix: 'Count the nodes, and let the offset be that of the first.',
    example: {
      base: 'arm',
      edits: [{ in: 'IORT', at: 0x24, size: 4, field: 'node_count', bad: 0xa, good: 9 }],
    },
  },
  {
    name: 'iort-node-length',
    severity: 'error',
    about: 'an IORT node is as long as its fields',
    linux:
      'It looks for the next node where the length says: with a length of 0 it looks at the same node again and again, with another wrong one it takes what is there for a node. Fields that pass the end of their node are read all the same.',
    fix: 'Write the length of header, fields and mappings of the node.',
    example: {
      base: 'arm',
      edits: [{ in: 'IORT', at: 0x169, size: 2, field: 'length', bad: 0, good: 0x38 }],
    },
  },
  {
    name: 'iort-node-type',
    severity: 'note',
    about: 'the type of an IORT node is known',
    linux: 'It steps over nodes of types that it does not know.',
    fix: 'Write a type that DEN0049 has, or leave it to newer kernels.',
    example: {
      base: 'arm',
      edits: [{ in: 'IORT', at: 0x284, size: 1, field: 'type', bad: 0x63, good: 7 }],
    },
  },
  {
    name: 'iort-off-by-one',
    severity: 'warning',
    about: 'the number of IDs in a mapping is the count minus one',
    linux:
      'It prints "conflicting mapping for input ID" and "applying workaround": of an ID that is the last of one range and the first of another the second range wins. QEMU wrote such tables up to 9.0.',
    fix: 'Write the number of IDs minus one.',
    example: {
      base: 'arm',
      edits: [{ in: 'IORT', at: 0x144, size: 4, field: 'id_count', bad: 0x100, good: 0xff }],
    },
  },
  {
    name: 'iort-ref-not-a-node',
    severity: 'error',
    about: 'an ID mapping leads to where a node begins',
    linux:
      'It takes whatever bytes are there for the header of a node, and does not look whether they are in the table.',
    fix: 'Write the offset of the node from the start of the table.',
    example: {
      base: 'arm',
      edits: [{ in: 'IORT', at: 0x198, size: 4, field: 'output_reference', bad: 0x4c, good: 0x48 }],
    },
  },
  {
    name: 'iort-ref-null',
    severity: 'error',
    about: 'an ID mapping leads somewhere',
    linux:
      'It prints "ID map has NULL parent reference" and leaves out all mappings of the node, where it is the first; where it is another it takes the header of the table for a node.',
    fix: 'Write the offset of an SMMU or of an ITS group.',
    example: {
      base: 'arm',
      edits: [{ in: 'IORT', at: 0x198, size: 4, field: 'output_reference', bad: 0, good: 0x48 }],
    },
  },
  {
    name: 'iort-ref-type',
    severity: 'error',
    about: 'an ID mapping leads to a node of a type that it may lead to',
    linux:
      'It goes on from the node that is there, whatever it is, and comes to an end without an SMMU: the device has no IOMMU.',
    fix: 'Lead devices and root complexes to an SMMU or ITS group, SMMUs to an ITS group, reserved memory to an SMMU.',
    example: {
      base: 'arm',
      edits: [
        { in: 'IORT', at: 0x198, size: 4, field: 'output_reference', bad: 0x1a0, good: 0x48 },
      ],
    },
  },
  {
    name: 'iort-rev',
    severity: 'warning',
    about: 'what IORT has is there in its revision, which was not withdrawn',
    linux:
      'It reads nodes by their own revisions, reserved memory in tables of revision 5 and later, and of the revisions that were withdrawn (1, 2 and 4) what it knows of others. Other readers refuse those tables.',
    fix: 'Give the table the revision that its nodes are from: 0, 3, 5 or a later one.',
    example: {
      base: 'arm',
      edits: [
        { in: 'IORT', at: 0x4b, size: 1, field: 'revision', bad: 6, good: 4 },
        { in: 'IORT', at: 0x8, size: 1, field: 'revision', bad: 5, good: 6 },
      ],
    },
  },
  {
    name: 'iort-sid-collision',
    severity: 'error',
    about: 'a stream ID of an SMMU belongs to one device',
    linux:
      'The driver of an SMMUv3 refuses the device that comes second: "stream 8 already in tree" up to v6.14, "Aliasing StreamID 0x8 unsupported, expect DMA to be broken" from v6.15 on. It runs without the IOMMU. Behind an SMMUv1 or v2 both are in one group, and see the same memory.',
    fix: 'Give each device stream IDs of its own, over all ranges and components of an SMMU.',
    example: {
      base: 'arm',
      edits: [{ in: 'IORT', at: 0x1d0, size: 4, field: 'output_base', bad: 0x80, good: 0x8000 }],
    },
  },
  {
    name: 'iort-single-not-allowed',
    severity: 'error',
    about: 'single mappings are where they may be',
    linux:
      'It prints "SINGLE MAPPING flag not allowed for node type" and skips the mapping: IDs find no way through the node.',
    fix: 'Write a range of one ID, and clear the flag.',
    example: {
      base: 'arm',
      edits: [{ in: 'IORT', at: 0x118, size: 4, field: 'flags', bad: 1, good: 0 }],
    },
  },
];
