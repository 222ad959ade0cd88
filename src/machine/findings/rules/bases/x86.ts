// Machines of Intel and AMD, as good as a table can be.

import type { Base } from './base.ts';
import { acs, amdIommu, ats, conventional, express, hostBridge } from './pci-functions.ts';

/** The rest of a header, behind the length: revision, checksum, and who made it. */
const made = `
46 57 53 50 45 43 45 58 41 4d 50 4c 45 20  # FWSPEC, EXAMPLE
01 00 00 00 46 57 53 50 01 00 00 00  # FWSP
`;

const mcfg = `
4d 43 46 47 3c 00 00 00 01 00 ${made}
00 00 00 00 00 00 00 00  # reserved
00 00 00 e0 00 00 00 00 00 00 00 ff 00 00 00 00  # segment 0, buses 0 to 0xff
`;

const madtHeader = '00 00 e0 fe 01 00 00 00  # local APICs, and old controllers';

/** One with an I/O APIC of ID 2. */
const madt = `
41 50 49 43 38 00 00 00 04 00 ${made} ${madtHeader}
01 0c 02 00 00 00 c0 fe 00 00 00 00  # I/O APIC 2
`;

const network = conventional('f4 1a 00 10', '00 00 02');

/** Three units: of the graphics, of the management engine and a device of ACPI, and of all others. */
export const intel: Base = {
  DMAR: `
44 4d 41 52 e4 00 00 00 01 00 ${made}
26 01 00 00 00 00 00 00 00 00 00 00  # 39 bits, interrupts are remapped

00 00 18 00 00 00 00 00 00 00 d9 fe 00 00 00 00  # 30 DRHD
01 08 00 00 00 00 02 00  # 40 endpoint 02.0

00 00 20 00 00 00 00 00 00 10 d9 fe 00 00 00 00  # 48 DRHD
01 08 00 00 00 00 16 00  # 58 endpoint 16.0
05 08 00 00 01 00 15 00  # 60 device 1 of the namespace, as 15.0

00 00 20 00 01 00 00 00 00 20 d9 fe 00 00 00 00  # 68 DRHD of all others
03 08 00 00 02 f0 1f 00  # 78 I/O APIC 2
04 08 00 00 00 f0 1e 00  # 80 HPET 0

01 00 20 00 00 00 00 00 00 00 80 7b 00 00 00 00 ff ff 81 7b 00 00 00 00  # 88 RMRR
01 08 00 00 00 00 14 00  # a0 endpoint 14.0

02 00 10 00 00 00 00 00  # a8 ATSR
02 08 00 00 00 00 1c 00  # b0 bridge 1c.0

04 00 18 00 00 00 00 01  # b8 ANDD, device 1
5c 5f 53 42 5f 2e 50 43 49 30 2e 49 32 43 30 00  # \\_SB_.PCI0.I2C0

03 00 14 00 00 00 00 00 00 20 d9 fe 00 00 00 00 00 00 00 00  # d0 RHSA
`,
  APIC: madt,
  MCFG: mcfg,
  '0000:00:00.0': hostBridge,
  '0000:00:02.0': conventional('86 80 12 59', '00 00 03'),
  '0000:00:14.0': conventional('86 80 2f 9d', '30 03 0c'),
  '0000:00:16.0': conventional('86 80 3a 9d', '00 80 07'),
  '0000:00:1c.0': express({
    ids: 'f4 1a 0c 00',
    code: '00 04 06',
    header: '01',
    type: '42',
    buses: '00 01 01',
    extended: acs,
  }),
  '0000:01:00.0': express({
    ids: 'f4 1a 41 10',
    code: '00 00 02',
    header: '00',
    type: '02',
    extended: ats,
  }),
};

/** Two units, each with an I/O APIC, and memory that all devices need. */
export const amd: Base = {
  IVRS: `
49 56 52 53 cc 00 00 00 02 00 ${made}
41 30 20 00 00 00 00 00 00 00 00 00  # what the units can do

11 b0 44 00 02 00 40 00 00 00 20 fd 00 00 00 00 00 00 00 00 00 00 00 00  # 30 IVHD of 00:00.2
00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  # its features
03 03 00 00 04 ff 1f 00 00 00 00 00  # 58 a range of devices, and a gap
48 00 00 d7 21 a0 00 01  # 64 I/O APIC 33, as 00:14.0
48 00 00 00 00 a0 00 02  # 6c HPET 0, as 00:14.0

11 b0 38 00 02 20 40 00 00 00 30 fd 00 00 00 00 00 00 00 00 00 00 00 00  # 74 IVHD of 20:00.2
00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  # its features
03 03 20 00 04 ff ff 00  # 9c a range of devices
48 00 00 00 22 01 60 01  # a4 I/O APIC 34, as 60:00.1

20 07 20 00 00 00 00 00 00 00 00 00 00 00 00 00  # ac IVMD of all devices
00 00 00 7c 00 00 00 00 00 00 01 00 00 00 00 00  # its start and length
`,
  APIC: `
41 50 49 43 44 00 00 00 04 00 ${made} ${madtHeader}
01 0c 21 00 00 00 c0 fe 00 00 00 00  # I/O APIC 33
01 0c 22 00 00 00 c1 fe 18 00 00 00  # I/O APIC 34
`,
  MCFG: mcfg,
  '0000:00:00.0': conventional('22 10 80 14', '00 00 06', '80'),
  '0000:00:00.2': amdIommu,
  '0000:00:14.0': conventional('22 10 0b 79', '00 05 0c'),
  '0000:20:00.2': amdIommu,
  '0000:60:00.0': network,
};

const portOf = (type: string, buses: string): string =>
  express({ ids: 'f4 1a 0c 00', code: '00 04 06', header: '01', type, buses, extended: acs });

const integrated = express({
  ids: 'f4 1a 00 11',
  code: '00 00 01',
  header: '80',
  type: '92',
  extended: acs,
});

/** A switch with two cards below a root port, and a device of two functions beside it. */
export const withSwitch: Base = {
  DMAR: `
44 4d 41 52 50 00 00 00 01 00 ${made}
26 01 00 00 00 00 00 00 00 00 00 00  # 39 bits, interrupts are remapped

00 00 18 00 01 00 00 00 00 00 d9 fe 00 00 00 00  # 30 DRHD of all devices
03 08 00 00 02 f0 1f 00  # 40 I/O APIC 2

02 00 08 00 01 00 00 00  # 48 ATSR of all ports
`,
  APIC: madt,
  MCFG: mcfg,
  '0000:00:00.0': hostBridge,
  '0000:00:1a.0': integrated,
  '0000:00:1a.1': integrated,
  '0000:00:1c.0': portOf('42', '00 01 04'),
  '0000:01:00.0': portOf('52', '01 02 04'),
  '0000:02:00.0': portOf('62', '02 03 03'),
  '0000:02:01.0': portOf('62', '02 04 04'),
  '0000:03:00.0': express({
    ids: '4b 1b 41 22',
    code: '02 08 01',
    header: '00',
    type: '02',
    extended: ats,
  }),
  '0000:04:00.0': network,
};

/** Two devices of the namespace, each behind a unit of its own. */
export const acpiDevices: Base = {
  DMAR: `
44 4d 41 52 8c 00 00 00 01 00 ${made}
26 00 00 00 00 00 00 00 00 00 00 00  # 39 bits

00 00 18 00 00 00 00 00 00 00 d9 fe 00 00 00 00  # 30 DRHD
05 08 00 00 01 00 04 00  # 40 device 1 of the namespace, as 04.0

00 00 18 00 01 00 00 00 00 10 d9 fe 00 00 00 00  # 48 DRHD of all others
05 08 00 00 02 00 05 00  # 58 device 2 of the namespace, as 05.0

04 00 16 00 00 00 00 01 5c 5f 53 42 5f 2e 44 56 30 31 00 00 00 00  # 60 ANDD, \\_SB_.DV01
04 00 16 00 00 00 00 02 5c 5f 53 42 5f 2e 44 56 30 32 00 00 00 00  # 76 ANDD, \\_SB_.DV02
`,
  DSDT: `
44 53 44 54 57 00 00 00 02 00 ${made}
10 32 5c 5f 53 42 5f  # Scope (\\_SB_)
5b 82 14 44 56 30 31 08 5f 48 49 44 0d 46 57 53 50 30 30 30 31 00  # Device (DV01), with a _HID
5b 82 14 44 56 30 32 08 5f 48 49 44 0d 46 57 53 50 30 30 30 32 00  # Device (DV02)
`,
};

/** A unit and the device that it is for. */
function unitRows(number: number): string {
  const hex = (value: number): string => (value & 0xff).toString(16).padStart(2, '0');
  return `
00 00 18 00 00 00 00 00 00 ${hex(number << 4)} ${hex(number >> 4)} f0 00 00 00 00
01 08 00 00 00 ${hex(number >> 5)} ${hex(number & 31)} 00`;
}

/** As many units as Linux has numbers for, and one more structure. */
export const manyUnits: Base = {
  DMAR: `
44 4d 41 52 48 60 00 00 01 00 ${made}
26 00 00 00 00 00 00 00 00 00 00 00  # 39 bits
${Array.from({ length: 1025 }, (_, number) => unitRows(number)).join('')}
`,
};
