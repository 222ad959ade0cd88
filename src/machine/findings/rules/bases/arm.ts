import type { Base } from './base.ts';

/**
 * IORT with an ITS group, an SMMUv3, an MMU-500, root complexes of two segments, a component, a PMCG,
 * reserved memory and an IWB; two segments in MCFG, an ITS in MADT, memory in SRAT.
 */
export const arm: Base = {
  IORT: `
    49 4f 52 54  # signature
    bd 02 00 00 06 49  # length, revision, checksum
    46 57 53 50 45 43  # OEM
    45 58 41 4d 50 4c 45 53  # table of the OEM
    01 00 00 00 54 45 53 54 01 00 00 00  # its revision, creator, its revision
    09 00 00 00 30 00 00 00  # number of nodes, offset of the first
    00 00 00 00  # reserved
    00 18 00 01 01 00 00 00  # ITS group: type, length, revision, identifier
    00 00 00 00 00 00 00 00  # number and place of its mappings
    01 00 00 00  # number of ITSs
    00 00 00 00  # the ITS as MADT has it
    04 6c 00 04 02 00 00 00  # SMMUv3: type, length, revision, identifier
    02 00 00 00 44 00 00 00  # number and place of its mappings
    00 00 40 2b 00 00 00 00  # base address
    09 00 00 00 00 00 00 00  # flags: COHACC, proximity domain valid
    00 00 00 00 00 00 00 00  # VATOS
    00 00 00 00  # model
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  # event, PRI, global error and sync interrupts: messages
    00 00 00 00  # proximity domain
    00 00 00 00  # DeviceID mapping
    00 00 00 00 00 00 00 00 00 00 01 00  # input base, number of IDs minus one, output base
    30 00 00 00 01 00 00 00  # to the node, flags: single
    00 00 00 00 ff ff 00 00 00 00 00 00  # input base, number of IDs minus one, output base
    30 00 00 00 00 00 00 00  # to the node, flags
    03 68 00 03 03 00 00 00  # MMU-500: type, length, revision, identifier
    01 00 00 00 54 00 00 00  # number and place of its mappings
    00 00 60 2b 00 00 00 00 00 00 02 00 00 00 00 00  # base address and span
    03 00 00 00 02 00 00 00  # model, flags
    3c 00 00 00  # where global interrupts are
    01 00 00 00 4c 00 00 00  # number of context interrupts and where they are
    00 00 00 00 00 00 00 00  # number of PMU interrupts
    4a 00 00 00 00 00 00 00 4b 00 00 00 00 00 00 00  # global interrupts
    4c 00 00 00 00 00 00 00  # context interrupt
    00 00 00 00 ff 03 00 00 00 00 02 00  # input base, number of IDs minus one, output base
    30 00 00 00 00 00 00 00  # to the node, flags
    02 4c 00 03 04 00 00 00  # root complex of segment 0: type, length, revision, identifier
    02 00 00 00 24 00 00 00  # number and place of its mappings
    01 00 00 00 00 00 00 03  # coherent: CCA, CPM and DACS
    00 00 00 00 00 00 00 00  # ATS attribute, segment
    30 00 00 00  # memory address limit, PASID width
    00 00 00 00 ff 00 00 00 00 00 00 00  # input base, number of IDs minus one, output base
    48 00 00 00 00 00 00 00  # to the node, flags
    00 01 00 00 ff 00 00 00 00 01 00 00  # input base, number of IDs minus one, output base
    48 00 00 00 00 00 00 00  # to the node, flags
    02 38 00 03 05 00 00 00  # root complex of segment 1: type, length, revision, identifier
    01 00 00 00 24 00 00 00  # number and place of its mappings
    01 00 00 00 00 00 00 03  # coherent: CCA, CPM and DACS
    00 00 00 00 01 00 00 00  # ATS attribute, segment
    30 00 00 00  # memory address limit, PASID width
    00 00 00 00 ff 00 00 00 00 40 00 00  # input base, number of IDs minus one, output base
    48 00 00 00 00 00 00 00  # to the node, flags
    01 50 00 04 06 00 00 00  # named component: type, length, revision, identifier
    02 00 00 00 28 00 00 00  # number and place of its mappings
    00 00 00 00  # flags
    01 00 00 00 00 00 00 03  # coherent: CCA, CPM and DACS
    28  # memory address limit
    5c 5f 53 42 5f 2e 44 45 56 30 00  # path
    00 00 00 00 00 00 00 00 00 80 00 00  # input base, number of IDs minus one, output base
    48 00 00 00 01 00 00 00  # to the node, flags: single
    00 00 00 00 00 00 00 00 01 80 00 00  # input base, number of IDs minus one, output base
    48 00 00 00 01 00 00 00  # to the node, flags: single
    05 3c 00 02 07 00 00 00  # PMCG: type, length, revision, identifier
    01 00 00 00 28 00 00 00  # number and place of its mappings
    00 20 44 2b 00 00 00 00  # page 0
    00 00 00 00 48 00 00 00  # overflow interrupt, the node that it watches
    00 20 45 2b 00 00 00 00  # page 1
    00 00 00 00 00 00 00 00 01 00 01 00  # input base, number of IDs minus one, output base
    30 00 00 00 01 00 00 00  # to the node, flags: single
    06 58 00 03 08 00 00 00  # reserved memory: type, length, revision, identifier
    01 00 00 00 44 00 00 00  # number and place of its mappings
    00 00 00 00  # flags
    02 00 00 00 1c 00 00 00  # number and place of its ranges
    00 00 00 80 00 00 00 00  # base
    00 00 01 00 00 00 00 00 00 00 00 00  # length, reserved
    00 00 10 80 00 00 00 00  # base
    00 00 01 00 00 00 00 00 00 00 00 00  # length, reserved
    00 00 00 00 00 00 00 00 00 80 00 00  # input base, number of IDs minus one, output base
    48 00 00 00 01 00 00 00  # to the node, flags: single
    07 39 00 00 09 00 00 00  # IWB: type, length, revision, identifier
    01 00 00 00 25 00 00 00  # number and place of its mappings
    00 00 70 2b 00 00 00 00 00 00  # base address, index
    5c 5f 53 42 5f 2e 49 57 42 30 00  # path
    00 00 00 00 ff 00 00 00 00 00 03 00  # input base, number of IDs minus one, output base
    30 00 00 00 00 00 00 00  # to the node, flags
  `,
  APIC: `
    41 50 49 43  # signature
    40 00 00 00 05 67  # length, revision, checksum
    46 57 53 50 45 43  # OEM
    45 58 41 4d 50 4c 45 53  # table of the OEM
    01 00 00 00 54 45 53 54 01 00 00 00  # its revision, creator, its revision
    00 00 00 00 00 00 00 00  # local interrupt controller, flags
    0f 14 00 00  # ITS: type, length
    00 00 00 00 00 00 80 2b 00 00 00 00 00 00 00 00  # its ID, base address
  `,
  MCFG: `
    4d 43 46 47  # signature
    4c 00 00 00 01 5e  # length, revision, checksum
    46 57 53 50 45 43  # OEM
    45 58 41 4d 50 4c 45 53  # table of the OEM
    01 00 00 00 54 45 53 54 01 00 00 00  # its revision, creator, its revision
    00 00 00 00 00 00 00 00  # reserved
    00 00 00 e0 00 00 00 00  # segment 0: base address
    00 00 00 ff 00 00 00 00  # segment, first and last bus, reserved
    00 00 00 f0 00 00 00 00  # segment 1: base address
    01 00 00 ff 00 00 00 00  # segment, first and last bus, reserved
  `,
  SRAT: `
    53 52 41 54  # signature
    58 00 00 00 03 d7  # length, revision, checksum
    46 57 53 50 45 43  # OEM
    45 58 41 4d 50 4c 45 53  # table of the OEM
    01 00 00 00 54 45 53 54 01 00 00 00  # its revision, creator, its revision
    01 00 00 00 00 00 00 00 00 00 00 00  # reserved
    01 28 00 00 00 00 00 00  # memory: type, length, proximity domain
    00 00 00 80 00 00 00 00 00 00 00 80 00 00 00 00  # base, length
    00 00 00 00 01 00 00 00 00 00 00 00 00 00 00 00  # flags: enabled
  `,
};

/** VIOT with a virtio-iommu that is a function, two ranges and a device; a conventional bridge. */
export const viot: Base = {
  VIOT: `
    56 49 4f 54  # signature
    88 00 00 00 00 6f  # length, revision, checksum
    46 57 53 50 45 43  # OEM
    45 58 41 4d 50 4c 45 53  # table of the OEM
    01 00 00 00 54 45 53 54 01 00 00 00  # its revision, creator, its revision
    04 00 30 00  # number of nodes, offset of the first
    00 00 00 00 00 00 00 00  # reserved
    03 00 10 00 00 00 08 00  # virtio-iommu (PCI): type, length, segment, function
    00 00 00 00 00 00 00 00  # reserved
    01 00 18 00 10 00 00 00  # PCI range: type, length, first endpoint
    00 00 00 00 10 00 ff 00  # segments, functions: from and to
    30 00 00 00 00 00 00 00  # its IOMMU
    01 00 18 00 00 01 00 00  # PCI range: type, length, first endpoint
    00 00 00 00 00 01 ff 01  # segments, functions: from and to
    30 00 00 00 00 00 00 00  # its IOMMU
    02 00 18 00 00 02 00 00  # device: type, length, endpoint
    00 00 00 10 00 00 00 00  # base address
    30 00 00 00 00 00 00 00  # its IOMMU
  `,
  MCFG: `
    4d 43 46 47  # signature
    4c 00 00 00 01 5e  # length, revision, checksum
    46 57 53 50 45 43  # OEM
    45 58 41 4d 50 4c 45 53  # table of the OEM
    01 00 00 00 54 45 53 54 01 00 00 00  # its revision, creator, its revision
    00 00 00 00 00 00 00 00  # reserved
    00 00 00 e0 00 00 00 00  # segment 0: base address
    00 00 00 ff 00 00 00 00  # segment, first and last bus, reserved
    00 00 00 f0 00 00 00 00  # segment 1: base address
    01 00 00 ff 00 00 00 00  # segment, first and last bus, reserved
  `,
  TEST: `
    54 45 53 54  # signature
    30 00 00 00 05 f2  # length, revision, checksum
    46 57 53 50 45 43  # OEM
    45 58 41 4d 50 4c 45 53  # table of the OEM
    01 00 00 00 54 45 53 54 01 00 00 00  # its revision, creator, its revision
    00 00 00 00 30 00 00 00 00 00 00 00  # number of nodes, offset of the first, reserved
  `,
  '0000:00:01.0': `
    f4 1a 57 10 00 00 00 00 00 00 80 08 00 00 00 00  # virtio-iommu: vendor and device, class, an endpoint
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  `,
  '0000:00:02.0': `
    36 1b 01 00 00 00 00 00 00 00 04 06 00 00 01 00  # a conventional bridge
    00 00 00 00 00 00 00 00 00 01 01 00 00 00 00 00  # from bus 0 to bus 1
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  `,
  '0000:01:00.0': `
    f4 1a 00 10 00 00 00 00 00 00 00 02 00 00 00 00  # a network card behind it
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  `,
};
