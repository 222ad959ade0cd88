// ACPI tables, as large as one likes.

import {
  block,
  dmarOf as dmar,
  dmarScope,
  dmarStructure,
  drhd,
  edited,
  entry,
  iort,
  iortNode,
  itsGroup,
  ivhd,
  ivrsOf,
  le8,
  le16,
  le32,
  le64,
  mcfgSample,
  named,
  rmr,
  rootComplex,
  smmuV3,
  table,
  zeros,
} from '../firmware/acpi-builder.ts';
import { byte, device, list, method, name, scope, text } from '../firmware/aml-builder.ts';
import { joined, raw } from '../firmware/fdt-builder.ts';
import { onOneBus } from './buses.ts';
import { type Growing, hex, times } from './growing.ts';

const bus0 = device('PCI0', name('_HID', text('PNP0A08')), name('_CCA', le8(1)));

/** Names of four letters, as AML has them. */
const letters = (i: number): string => `D${i.toString(36).toUpperCase().padStart(3, '0')}`;

const dsdt = (...terms: readonly Uint8Array[]): Uint8Array =>
  table('DSDT', scope('_SB_', joined([bus0, ...terms])));

/** A machine whose namespace is all that matters. */
const namespace = (...terms: readonly Uint8Array[]) => ({
  acpi: { DSDT: dsdt(...terms), MCFG: mcfgSample },
});

const dev = (i: number): Uint8Array =>
  device(letters(i), name('_HID', text('ABCD0001')), name('_UID', le8(0x0c), le32(i)));

/** The SMMU by its number, and the nodes behind all of them. */
function smmus(n: number, clients: (at: number, i: number) => Uint8Array): Uint8Array {
  const one = smmuV3();
  const nodes = times(n, (i) => edited(one, 16, le64(0x1000_0000 + i * 0x2_0000)));
  return iort(...nodes, ...times(n, (i) => clients(48 + i * one.length, i)));
}

const to = (reference: number, i: number) => [{ from: 0, count: 1, to: i, reference, flags: 1 }];

const firstUnit = drhd(1, 0xfed9_0000);

const amdUnit = (...entries: readonly Uint8Array[]): Uint8Array =>
  ivhd(0x10, 2, 0xfd20_0000, ...entries);

const slot = (i: number): [number, number] => [(i >> 3) & 31, i & 7];

export const tables: readonly Growing[] = [
  {
    name: 'IORT: SMMUs, each with a client',
    start: 200,
    most: 1_900,
    make: (n) => ({
      acpi: {
        DSDT: dsdt(...times(n, dev)),
        IORT: smmus(n, (at, i) => named(`\\_SB_.${letters(i)}`, { mappings: to(at, i) })),
      },
    }),
  },
  {
    name: 'IORT: root complexes',
    start: 200,
    most: 1_400,
    make: (n) => ({
      acpi: {
        DSDT: dsdt(),
        IORT: smmus(n, (at, i) =>
          rootComplex(i, { mappings: [{ from: 0, count: 0x10000, to: 0, reference: at }] }),
        ),
      },
      pci: onOneBus(32),
    }),
  },
  {
    name: 'IORT: mappings of a root complex',
    start: 1_000,
    most: 12_000,
    make: (n) => ({
      acpi: {
        DSDT: dsdt(),
        IORT: iort(
          smmuV3(),
          rootComplex(0, {
            mappings: times(n, (i) => ({ from: i, count: 1, to: i, reference: 48 })),
          }),
        ),
      },
      pci: onOneBus(256),
    }),
  },
  {
    name: 'IORT: mappings of a component',
    start: 1_000,
    most: 12_000,
    make: (n) => ({
      acpi: {
        DSDT: dsdt(dev(0)),
        IORT: iort(
          smmuV3(),
          named(`\\_SB_.${letters(0)}`, {
            mappings: times(n, (i) => ({ from: i, count: 1, to: i, reference: 48, flags: 1 })),
          }),
        ),
      },
    }),
  },
  {
    name: 'IORT: reserved memory',
    start: 300,
    most: 1_200,
    make: (n) => ({
      acpi: {
        DSDT: dsdt(...times(n, dev)),
        IORT: iort(
          smmuV3(),
          ...times(n, (i) => named(`\\_SB_.${letters(i)}`, { mappings: to(48, i) })),
          ...times(n, (i) => rmr(to(48, i))),
        ),
      },
    }),
  },
  {
    name: 'IORT: nodes behind one another',
    start: 200,
    most: 4_000,
    make: (n) => {
      const nodes: Uint8Array[] = [smmuV3()];
      let at = 48 + (nodes[0] as Uint8Array).length;
      let before = 48;
      for (let i = 0; i < n; i++) {
        const next = iortNode(2, joined([le32(1), le8(0), le16(0), le8(3), le32(1, i)]), {
          mappings: [{ from: 0, count: 0x1000, to: 0, reference: before }],
        });
        nodes.push(next);
        before = at;
        at += next.length;
      }
      return { acpi: { DSDT: dsdt(), IORT: iort(...nodes) }, pci: onOneBus(32) };
    },
  },
  {
    name: 'IORT: identifiers of a group',
    start: 5_000,
    most: 32_000,
    make: (n) => ({
      acpi: { DSDT: dsdt(), IORT: iort(smmuV3(), itsGroup(...times(n, (i) => i))) },
    }),
  },
  {
    name: 'DMAR: units',
    start: 500,
    most: 10_000,
    make: (n) => ({
      acpi: {
        DSDT: dsdt(),
        DMAR: dmar(
          ...times(n, (i) => drhd(0, 0x1_0000_0000 + i * 0x1000, dmarScope(1, 0, 0, ...slot(i)))),
          firstUnit,
        ),
      },
      pci: onOneBus(256),
    }),
  },
  {
    name: 'DMAR: scopes of a unit',
    start: 1_000,
    make: (n) => ({
      acpi: {
        DSDT: dsdt(),
        DMAR: dmar(
          ...times(Math.ceil(n / 1_000), (u) =>
            drhd(
              0,
              0x1_0000_0000 + u * 0x1000,
              ...times(1_000, (i) => dmarScope(1, 0, u, ...slot(i))),
            ),
          ),
          firstUnit,
        ),
      },
      pci: onOneBus(256),
    }),
  },
  {
    name: 'DMAR: reserved memory',
    start: 500,
    make: (n) => ({
      acpi: {
        DSDT: dsdt(),
        DMAR: dmar(
          firstUnit,
          ...times(n, (i) =>
            dmarStructure(
              1,
              le16(0, 0),
              le64(0x8000_0000 + i * 0x2000, 0x8000_0fff + i * 0x2000),
              dmarScope(1, 0, 0, ...slot(i)),
            ),
          ),
        ),
      },
      pci: onOneBus(256),
    }),
  },
  {
    name: 'DMAR: devices of the namespace',
    start: 500,
    make: (n) => ({
      acpi: {
        DSDT: dsdt(...times(n, dev)),
        DMAR: dmar(
          drhd(
            1,
            0xfed9_0000,
            ...times(Math.min(n, 255), (i) => dmarScope(5, i + 1, 0xf0, ...slot(i))),
          ),
          ...times(n, (i) =>
            dmarStructure(4, le8(0, 0, 0, (i % 255) + 1), raw(`\\_SB_.${letters(i)}\0`)),
          ),
        ),
      },
    }),
  },
  {
    name: 'IVRS: entries of a unit',
    start: 2_000,
    make: (n) => ({
      acpi: {
        DSDT: dsdt(),
        IVRS: ivrsOf(
          ...times(Math.ceil(n / 10_000), (b) =>
            amdUnit(
              ...times(Math.min(10_000, n - b * 10_000), (i) =>
                entry(2, (b * 10_000 + i) & 0xffff),
              ),
            ),
          ),
        ),
      },
      pci: onOneBus(256),
    }),
  },
  {
    name: 'IVRS: units',
    start: 300,
    make: (n) => ({
      acpi: {
        DSDT: dsdt(),
        IVRS: ivrsOf(
          ...times(n, (i) => ivhd(0x10, i, 0xfd20_0000 + i * 0x1000, entry(2, i & 0xffff))),
        ),
      },
      pci: onOneBus(256),
    }),
  },
  {
    name: 'IVRS: memory',
    start: 500,
    make: (n) => ({
      acpi: {
        DSDT: dsdt(),
        IVRS: ivrsOf(
          amdUnit(entry(3, 8), entry(4, 0xfffe)),
          ...times(n, (i) =>
            block(0x22, 8, le16(i & 0xffff, 0xffff), zeros(8), le64(i * 0x2000, 0x1000)),
          ),
        ),
      },
      pci: onOneBus(256),
    }),
  },
  {
    name: 'IVRS: I/O APICs, and MADT',
    start: 200,
    make: (n) => ({
      acpi: {
        DSDT: dsdt(),
        APIC: table(
          'APIC',
          le32(0xfee0_0000, 1),
          ...times(n, (i) => joined([le8(1, 12, i & 0xff, 0), le32(0xfec0_0000 + i, i * 24)])),
        ),
        IVRS: ivrsOf(
          amdUnit(
            ...times(Math.min(n, 6_000), (i) =>
              joined([entry(72, 0, 0xd7), le8(i & 0xff), le16(i & 0xffff), le8(1)]),
            ),
          ),
        ),
      },
    }),
  },
  {
    name: 'VIOT: IOMMUs, each with a client',
    start: 300,
    make: (n) => {
      const address = (i: number): number => 0xa000_0000 + i * 0x1000;
      // An offset has 16 bits: clients are behind the first ones.
      const behind = (i: number): number => 48 + 16 * (i % Math.min(n, 4_000));
      return {
        acpi: {
          DSDT: dsdt(...times(n, dev)),
          VIOT: table(
            'VIOT',
            le16(Math.min(2 * n, 0xffff), 48),
            zeros(8),
            ...times(n, (i) => joined([le8(4, 0), le16(16), zeros(4), le64(address(i))])),
            ...times(n, (i) =>
              joined([
                le8(2, 0),
                le16(24),
                le32(i),
                le64(address(n + i)),
                le16(behind(i)),
                zeros(6),
              ]),
            ),
          ),
        },
      };
    },
  },
  {
    name: 'VIOT: ranges of PCI functions',
    start: 500,
    make: (n) => ({
      acpi: {
        DSDT: dsdt(),
        VIOT: table(
          'VIOT',
          le16(n + 1, 48),
          zeros(8),
          joined([le8(3, 0), le16(16, 0, 0x18), zeros(8)]),
          ...times(n, (i) =>
            joined([
              le8(1, 0),
              le16(24),
              le32(i),
              le16(0, 0, i & 0xffff, i & 0xffff, 48),
              zeros(6),
            ]),
          ),
        ),
      },
      pci: onOneBus(256),
    }),
  },
  {
    name: 'MCFG: segments',
    start: 1_000,
    make: (n) => ({
      acpi: {
        DSDT: dsdt(),
        MCFG: table(
          'MCFG',
          zeros(8),
          ...times(n, (i) =>
            joined([le64(0x1_0000_0000 + i * 0x1000_0000), le16(i), le8(0, 0xff), zeros(4)]),
          ),
        ),
        DMAR: dmar(firstUnit),
      },
      pci: onOneBus(32),
    }),
  },
  {
    name: 'DSDT: devices',
    start: 1_000,
    make: (n) => namespace(...times(n, dev)),
  },
  {
    name: 'DSDT: devices in each other',
    start: 60,
    make: (n) =>
      namespace(
        times(n, (i) => i).reduceRight<Uint8Array>(
          (inner, i) => device(letters(i), name('_HID', text('ABCD0001')), inner),
          dev(0),
        ),
      ),
  },
  {
    name: 'DSDT: methods that are run',
    start: 500,
    make: (n) =>
      namespace(
        ...times(n, (i) =>
          device(
            letters(i),
            name('_HID', text('ABCD0001')),
            method('_STA', joined([le8(0xa4), byte(15)])),
            method('_UID', joined([le8(0xa4), byte(i & 0xff)])),
          ),
        ),
      ),
  },
  {
    name: 'DSDT: methods that call others',
    start: 500,
    most: 20_000,
    make: (n) =>
      namespace(
        ...times(n, (i) =>
          method(letters(i), joined([le8(0xa4), i === 0 ? byte(15) : raw(letters(i - 1))])),
        ),
        device(
          'LAST',
          name('_HID', text('ABCD0001')),
          method('_STA', joined([le8(0xa4), raw(letters(n - 1))])),
        ),
      ),
  },
  {
    name: 'DSDT: a package',
    start: 1_000,
    make: (n) =>
      namespace(
        ...times(Math.ceil(n / 200), (i) =>
          name(letters(i), list(...times(200, (k) => list(byte(k & 0xff), text('x'))))),
        ),
      ),
  },
  {
    name: 'DSDT: ports of a root bus',
    start: 300,
    make: (n) => ({
      acpi: {
        DSDT: dsdt(
          ...times(n, (i) =>
            device(
              letters(i),
              name('_HID', text('PNP0A08')),
              name('_SEG', byte(i & 0xff)),
              name('_BBN', byte((i >> 8) & 0xff)),
              device('RP01', name('_ADR', le8(0x0c), le32(0x1_0000))),
            ),
          ),
        ),
        DMAR: dmar(firstUnit),
      },
      pci: onOneBus(32),
    }),
  },
  {
    name: 'SSDTs',
    start: 50,
    make: (n) => ({
      acpi: {
        DSDT: dsdt(),
        MCFG: mcfgSample,
        ...Object.fromEntries(
          times(n, (i) => [`SSDT${i + 1}`, table('SSDT', scope('\\_SB_', dev(i)))] as const),
        ),
      },
    }),
  },
];

/** As `acpidump` prints tables. */
export function acpidump(all: Readonly<Record<string, Uint8Array>>): string {
  return Object.entries(all)
    .map(([signature, bytes]) => {
      const rows = times(Math.ceil(bytes.length / 16), (i) => {
        const row = [...bytes.subarray(i * 16, i * 16 + 16)].map((value) => hex(value, 2));
        return `    ${hex(i * 16, 4).toUpperCase()}: ${row.join(' ').padEnd(47)}  ................\n`;
      });
      return `${signature} @ 0x0000000000000000\n${rows.join('')}\n`;
    })
    .join('');
}

/** A DSDT of so many devices, and an IOMMU for PCI. */
export const manyDevices = (n: number): Readonly<Record<string, Uint8Array>> => ({
  DSDT: dsdt(...times(n, dev)),
  DMAR: dmar(firstUnit),
});
