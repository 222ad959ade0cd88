import type { Rule } from '../../rule.ts';

/** Rules about the nodes of IORT. */
export const iortNodeRules: readonly Rule[] = [
  {
    name: 'iort-address-limit-zero',
    severity: 'warning',
    about: 'the memory address limit is not 0',
    linux:
      'It prints "missing memory address limit" and takes nothing of what the node says about DMA: the device has the limit of its driver alone.',
    fix: 'Write the number of address bits that the device can send.',
    example: {
      base: 'arm',
      edits: [
        { in: 'IORT', at: 0x1bc, size: 1, field: 'memory_address_limit', bad: 0, good: 0x28 },
      ],
    },
  },
  {
    name: 'iort-cca',
    severity: 'warning',
    about: 'what a node says about coherency goes together',
    linux:
      'It goes by `_CCA` of the namespace and does not look at CCA, CPM and DACS; of a root complex it reads CANWBS, from v6.13 on. Other systems and hypervisors do read them. An SMMUv3 is coherent where COHACC says so, whatever its registers say: the driver prints "IDR0.COHACC overridden by FW configuration".',
    fix: 'Set CPM where CCA is set, set CCA where CPM and DACS are, set CANWBS on coherent devices only, and say the same in `_CCA`.',
    example: {
      base: 'arm',
      edits: [{ in: 'IORT', at: 0x133, size: 1, field: 'memory_flags', bad: 0, good: 3 }],
    },
  },
  {
    name: 'iort-dup-segment',
    severity: 'error',
    about: 'a PCI segment has one root complex',
    linux:
      'It takes the first node that has the segment, and never looks at another: functions that only the second maps have no IOMMU.',
    fix: 'Put all mappings of the segment into one node.',
    example: {
      base: 'arm',
      edits: [{ in: 'IORT', at: 0x184, size: 4, field: 'pci_segment_number', bad: 0, good: 1 }],
    },
  },
  {
    name: 'iort-nc-multi',
    severity: 'error',
    about: 'a named component is behind one SMMU',
    linux:
      'It gives the device to the SMMU of its first mapping. Before v6.15 IDs that are for another SMMU go to that one, too, and where the other has another driver the device has no IOMMU; since then IDs for an SMMU that registers later are lost.',
    fix: 'Describe one SMMU for a device.',
    example: {
      base: 'arm',
      edits: [{ in: 'IORT', at: 0x1e8, size: 4, field: 'output_reference', bad: 0xb4, good: 0x48 }],
    },
  },
  {
    name: 'iort-nc-name',
    severity: 'error',
    about: 'a named component has the full path of a device',
    linux:
      'It compares the name with the full path of each device, as text, in names of four characters that are filled up with `_`. A node whose name is no such path is never found.',
    fix: 'Write the path as in `\\_SB_.DEV0`, of a device that DSDT or an SSDT defines.',
    example: {
      base: 'arm',
      edits: [{ in: 'IORT', at: 0x1c1, size: 1, field: 'device_name', bad: 0x2e, good: 0x5f }],
    },
  },
  {
    name: 'iort-nc-not-single',
    severity: 'error',
    about: 'a named component has single mappings',
    linux:
      'For a platform device it reads single mappings only and stops at the first that is a range: the device has no IOMMU and no MSI domain. Ranges are for devices on a bus of a management complex.',
    fix: 'Set the flag for a single mapping.',
    example: {
      base: 'arm',
      edits: [{ in: 'IORT', at: 0x1d8, size: 4, field: 'flags', bad: 0, good: 1 }],
    },
  },
  {
    name: 'iort-nc-order',
    severity: 'error',
    about: 'the mappings of a named component that lead to an SMMU come first',
    linux:
      'It reads the mappings in order and stops at the first that leads to no SMMU: the ones behind it are never used.',
    fix: 'Put the mappings to the SMMU first, and those to an ITS group behind them.',
    example: {
      base: 'arm',
      edits: [{ in: 'IORT', at: 0x1d4, size: 4, field: 'output_reference', bad: 0x30, good: 0x48 }],
    },
  },
  {
    name: 'iort-pmcg',
    severity: 'note',
    about: 'a PMCG refers to what it watches and has at most one mapping, a single one',
    linux:
      'It names the counters after the node that they watch and takes their interrupt from GSIV or the first mapping: with a wrong one the counters are missing, or nobody knows whose they are.',
    fix: 'Refer to an SMMU, root complex or named component, give both pages, and one single mapping.',
    example: {
      base: 'arm',
      edits: [{ in: 'IORT', at: 0x20c, size: 4, field: 'node_reference', bad: 0x30, good: 0x48 }],
    },
  },
  {
    name: 'iort-rc-no-smmu',
    severity: 'note',
    about: 'the mappings of a root complex lead all functions to an SMMU',
    linux:
      'Functions whose IDs lead straight to an ITS group, or nowhere, have no IOMMU, and do DMA to all memory. So has one for which a bridge sends such an ID, before v6.15; since then its IOMMU knows the IDs before that, and not what the bridge sends.',
    fix: 'Let the range lead to an SMMU, unless these functions are to bypass it.',
    example: {
      base: 'arm',
      edits: [{ in: 'IORT', at: 0x198, size: 4, field: 'output_reference', bad: 0x30, good: 0x48 }],
    },
  },
  {
    name: 'iort-rc-single',
    severity: 'warning',
    about: 'a root complex has ranges of IDs',
    linux:
      'All functions of the segment get the one output ID. An SMMUv3 takes the first of them and refuses the others; behind an SMMUv2 they are in one group.',
    fix: 'Write a range, and clear the flag for a single mapping.',
    example: {
      base: 'arm',
      edits: [{ in: 'IORT', at: 0x19c, size: 4, field: 'flags', bad: 1, good: 0 }],
    },
  },
  {
    name: 'iort-rmr-align',
    severity: 'warning',
    about: 'reserved memory is aligned to 64 KiB',
    linux: 'It prints "not aligned to 64K, continue with" and reserves the pages around the range.',
    fix: 'Let base and length be multiples of 64 KiB.',
    example: {
      base: 'arm',
      edits: [
        {
          in: 'IORT',
          at: 0x248,
          size: 8,
          field: 'base_address',
          bad: 0x80001000,
          good: 0x80000000,
        },
      ],
    },
  },
  {
    name: 'iort-rmr-attr',
    severity: 'warning',
    about: 'the access attribute of reserved memory is known',
    linux: 'It maps memory of any other attribute as neither device memory nor cacheable.',
    fix: 'Use 0 to 3 for device memory, 4 for normal memory that is not cached, 5 for cached.',
    example: {
      base: 'arm',
      edits: [{ in: 'IORT', at: 0x23c, size: 4, field: 'node_flags', bad: 0x18, good: 0 }],
    },
  },
  {
    name: 'iort-rmr-ignored',
    severity: 'warning',
    about: 'reserved memory is in tables that may have it',
    linux:
      'It leaves reserved memory out in tables below revision 5: what the device goes on reading while Linux boots is a fault of the SMMU then.',
    fix: 'Give the table revision 5 or a later one.',
    example: {
      base: 'arm',
      edits: [{ in: 'IORT', at: 0x8, size: 1, field: 'revision', bad: 3, good: 6 }],
    },
  },
  {
    name: 'iort-rmr-no-map',
    severity: 'error',
    about: 'reserved memory has a mapping to an SMMU',
    linux:
      'It prints "Invalid ID mapping, skipping RMR node" where there is none. IDs of no device that is described bypass the SMMU from its reset on.',
    fix: 'Map the stream IDs of the device that uses the memory to its SMMU.',
    example: {
      base: 'arm',
      edits: [{ in: 'IORT', at: 0x27c, size: 4, field: 'output_reference', bad: 0x30, good: 0x48 }],
    },
  },
  {
    name: 'iort-rmr-overlap',
    severity: 'warning',
    about: 'ranges of reserved memory are not empty and do not overlap',
    linux:
      'It prints "overlaps, continue anyway" or "zero length" and takes the ranges as they are.',
    fix: 'Reserve memory once, in ranges that are not empty.',
    example: {
      base: 'arm',
      edits: [
        {
          in: 'IORT',
          at: 0x25c,
          size: 8,
          field: 'base_address',
          bad: 0x80000000,
          good: 0x80100000,
        },
      ],
    },
  },
  {
    name: 'iort-rmr-pci',
    severity: 'warning',
    about: 'reserved memory of PCI functions is kept by the host bridge',
    linux:
      'It leaves reserved memory out for PCI functions unless the host bridge is to keep what firmware set up: function 5 of its `_DSM` returns 0. Elsewhere BARs may move, so that the memory would be that of another.',
    fix: 'Let function 5 of the `_DSM` of the host bridge return 0.',
    example: {
      base: 'arm',
      edits: [{ in: 'IORT', at: 0x278, size: 4, field: 'output_base', bad: 8, good: 0x8000 }],
    },
  },
  {
    name: 'iort-segment-unknown',
    severity: 'warning',
    about: 'MCFG and IORT have the same segments',
    linux:
      'A root complex of a segment that is not there is never used; functions of a segment that has no root complex have no IOMMU.',
    fix: 'Write one root complex for each segment of the machine.',
    example: {
      base: 'arm',
      edits: [{ in: 'IORT', at: 0x184, size: 4, field: 'pci_segment_number', bad: 2, good: 1 }],
    },
  },
  {
    name: 'iort-smmu-dup-base',
    severity: 'error',
    about: 'an SMMU has registers of its own, aligned to 64 KiB',
    linux:
      'Where the registers of two SMMUs partly overlap the second cannot be added, and Linux returns from the loop that adds them: all SMMUs and counters that follow in the table are missing. Where they are the same the driver of the second fails with -16.',
    fix: 'Write the address of the registers of each SMMU, and their size.',
    example: {
      base: 'arm',
      edits: [
        { in: 'IORT', at: 0xc4, size: 8, field: 'base_address', bad: 0x2b410000, good: 0x2b600000 },
      ],
    },
  },
  {
    name: 'iort-smmu-model',
    severity: 'error',
    about: 'the model of an SMMU is known',
    linux:
      'The driver of SMMUv1 and v2 refuses others with -19. That of SMMUv3 takes any other for a generic one.',
    fix: 'Use 0 to 5 for SMMUv1 and v2, 0 to 2 for SMMUv3.',
    example: {
      base: 'arm',
      edits: [{ in: 'IORT', at: 0xd4, size: 4, field: 'model', bad: 9, good: 3 }],
    },
  },
  {
    name: 'iort-smmu-no-context-irq',
    severity: 'error',
    about: 'an SMMUv1 or v2 has a context interrupt and a global one',
    linux:
      'The driver prints "found 1 interrupts but expected at least 2" and fails with -19: devices that wait for the SMMU never get it.',
    fix: 'List the global interrupts and at least one context interrupt.',
    example: {
      base: 'arm',
      edits: [{ in: 'IORT', at: 0xe0, size: 4, field: 'context_interrupt_count', bad: 0, good: 1 }],
    },
  },
  {
    name: 'iort-smmu-pxm',
    severity: 'error',
    about: 'the proximity domain of an SMMU has processors or memory',
    linux:
      'A domain that SRAT does not have leaves the SMMU without a NUMA node. One whose node is not online is -22, and Linux returns from the loop that adds SMMUs: all that follow in the table are missing.',
    fix: 'Name a proximity domain of SRAT, or clear the flag that says that it is valid.',
    example: {
      base: 'arm',
      edits: [{ in: 'IORT', at: 0x84, size: 4, field: 'proximity_domain', bad: 1, good: 0 }],
    },
  },
];
