import type { Rule } from './rule.ts';

/** Rules about PCI functions. */
export const pciRules: readonly Rule[] = [
  {
    name: 'pci-acs-off',
    severity: 'note',
    about: 'Access Control Services are on where they are',
    linux:
      'Linux turns on what isolation needs when it uses an IOMMU: a dump from a machine without one shows larger groups than there will be. pci=config_acs= and quirks can keep bits off.',
    fix: 'Read the configuration space on a machine that uses its IOMMU.',
    example: {
      base: 'switch-alone',
      edits: [{ in: '0000:00:1c.0', at: 0x106, size: 2, field: 'control', bad: 0, good: 0x1d }],
    },
  },
  {
    name: 'pci-alias-quirk',
    severity: 'note',
    about: 'a function sends DMA under its own ID only',
    linux:
      'Linux has a list of functions that send requests under the ID of another function: both IDs must lead to the IOMMU, and whatever has one of them is in one group.',
    fix: 'Let iommu-map, IORT or IVRS cover the other ID, too.',
    example: {
      base: 'switch',
      edits: [
        { in: '0000:03:00.0', at: 0x2, size: 2, field: 'device_id', bad: 0x9123, good: 0x2241 },
      ],
    },
  },
  {
    name: 'pci-ats-no-rc',
    severity: 'note',
    about: 'what is above a function with ATS supports it',
    linux:
      'Linux leaves ATS off unless firmware says that what is above the function supports it: a root port in an ATSR structure, the ATS attribute of a root complex in IORT, ats-supported of a host bridge.',
    fix: 'Say so where the hardware supports it, and leave it where it does not.',
    example: {
      base: 'switch',
      edits: [{ in: 'DMAR', at: 0x4c, size: 1, field: 'flags', bad: 0, good: 1 }],
    },
  },
  {
    name: 'pci-bus-numbers',
    severity: 'error',
    about: 'the buses of bridges are nested, and each is below one',
    linux:
      'Linux gives bridges new numbers where it cannot use those that it finds ("bridge configuration invalid ([bus 00-00]), reconfiguring"): requester IDs are others than firmware describes. What is out of the range of a bridge is not found.',
    fix: 'Nest the ranges of buses, and let no two bridges lead to one bus.',
    example: {
      base: 'switch',
      edits: [{ in: '0000:02:01.0', at: 0x1a, size: 1, field: 'subordinate_bus', bad: 9, good: 4 }],
    },
  },
  {
    name: 'pci-cap-loop',
    severity: 'error',
    about: 'lists of capabilities stay where they belong, and have an end',
    linux:
      'Linux stops where a list leads into the header, and after 48 capabilities, or 480 extended ones: what it has not met by then is not there, ACS among it.',
    fix: 'End the list with a pointer of 0.',
    example: {
      base: 'switch',
      edits: [{ in: '0000:03:00.0', at: 0x41, size: 1, field: 'next', bad: 0x40, good: 0 }],
    },
  },
  {
    name: 'pci-dump-short',
    severity: 'note',
    about: 'the configuration space is known as far as its capabilities go',
    linux:
      'On the machine Linux reads all of the configuration space; here nothing is known of ACS, and groups may be smaller than is said.',
    fix: 'Read it as root, with lspci -xxxx.',
    example: {
      base: 'switch',
      edits: [{ in: '0000:04:00.0', at: 0x6, size: 2, field: 'status', bad: 0x10, good: 0 }],
    },
  },
  {
    name: 'pci-legacy-bridge',
    severity: 'warning',
    about: 'devices are not behind conventional bridges',
    linux:
      'Requests from behind the bridge have the ID of the bridge, or of device 0 on the bus below it: Linux puts everything there into one group, and the IOMMU tables must know that ID.',
    fix: 'Put devices that must be apart below ports of PCI Express.',
    example: {
      base: 'switch',
      edits: [
        {
          in: '0000:00:1c.0',
          at: 0x42,
          size: 1,
          field: 'pci_express_capabilities',
          bad: 0x72,
          good: 0x42,
        },
      ],
    },
  },
  {
    name: 'pci-mf-bit',
    severity: 'warning',
    about: 'function 0 says that there are others',
    linux:
      'Linux asks for functions 1 to 7 only where function 0 has bit 7 of its header type set, or ARI leads to them: the others are not found.',
    fix: 'Set bit 7 of the header type in function 0.',
    example: {
      base: 'switch',
      edits: [{ in: '0000:00:1a.0', at: 0xe, size: 1, field: 'header_type', bad: 0, good: 0x80 }],
    },
  },
  {
    name: 'pci-mf-no-acs',
    severity: 'warning',
    about: 'the functions of a card are isolated from each other',
    linux:
      'Functions of one device that do not isolate can reach each other inside of it: Linux puts them into one group, unless its list of quirks says that they are apart.',
    fix: 'Give them to one user, or use a device with ACS.',
    example: {
      base: 'switch',
      edits: [
        { in: '0000:00:1a.0', at: 0x100, size: 2, field: 'id', bad: 0xb, good: 0xd },
        { in: '0000:00:1a.1', at: 0x100, size: 2, field: 'id', bad: 0xb, good: 0xd },
      ],
    },
  },
  {
    name: 'pci-no-acs-port',
    severity: 'warning',
    about: 'root ports and downstream ports isolate what is below them',
    linux:
      'Requests can turn round in such a port without passing the IOMMU: Linux puts the port and all that is below it into one group, unless its list of quirks says that the port isolates.',
    fix: 'Put devices that must be apart below ports with ACS.',
    example: {
      base: 'switch',
      edits: [{ in: '0000:00:1c.0', at: 0x100, size: 2, field: 'id', bad: 0xb, good: 0xd }],
    },
  },
  {
    name: 'pci-port-type',
    severity: 'warning',
    about: 'the type of a function fits its header and where it is',
    linux:
      'A port that cannot be what it says for what is above it gets the other type: "claims to be downstream port but is acting as upstream port, correcting type". Whether it needs ACS goes by that type. Anything else that contradicts its header or its place Linux takes as it is: by the header it looks for a bus below, by the type for ACS.',
    fix: 'Give the type of the port for where it is.',
    example: {
      base: 'switch',
      edits: [
        {
          in: '0000:02:00.0',
          at: 0x42,
          size: 1,
          field: 'pci_express_capabilities',
          bad: 0x52,
          good: 0x62,
        },
      ],
    },
  },
  {
    name: 'pci-switch-siblings',
    severity: 'note',
    about: 'ports of one switch isolate what is below them',
    linux:
      'Linux looks at each port on the way up: devices below two downstream ports without ACS are in different groups, although requests from one reach the other inside the switch. A patch series posted in 2025 makes them one group.',
    fix: 'Give devices below one switch to one user, or use a switch with ACS.',
    example: {
      base: 'switch',
      edits: [
        { in: '0000:02:00.0', at: 0x100, size: 2, field: 'id', bad: 0xb, good: 0xd },
        { in: '0000:02:01.0', at: 0x100, size: 2, field: 'id', bad: 0xb, good: 0xd },
      ],
    },
  },
];
