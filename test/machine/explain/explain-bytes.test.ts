// An explanation cites bytes: what it says of them is what they say, or it says what Linux writes.
import { expect, test } from 'vitest';
import { parsePciConfig } from '../../../src/firmware/index.ts';
import {
  asCaptured,
  type ExplainStep,
  explainerOf,
  parseCapture,
  type Sources,
} from '../../../src/machine/index.ts';
import { nearestRelease } from '../../../src/series/index.ts';
import { hex } from '../../../src/util/index.ts';
import { answersOf, captures, machineOf, sourcesOf } from '../capture/packed-captures.ts';

type Cited = ExplainStep & { readonly bytes: string };

const le = (bytes: readonly number[], at: number, size: number): number =>
  bytes.slice(at, at + size).reduceRight((value, byte) => value * 256 + byte, 0);
const be = (bytes: readonly number[], at: number): number =>
  bytes.slice(at, at + 4).reduce((value, byte) => value * 256 + byte, 0);
const ids = (bytes: readonly number[]): string =>
  [le(bytes, 0, 2), le(bytes, 2, 2)].map((id) => id.toString(16).padStart(4, '0')).join(':');

/** PCI Express Base Specification, device/port type. */
const types: readonly RegExp[] = [
  /PCI Express endpoint/,
  /legacy PCI Express endpoint/,
  /^$/,
  /^$/,
  /root port/,
  /upstream port/,
  /downstream port/,
  /PCIe-to-PCI bridge/,
  /PCI-to-PCIe bridge/,
  /endpoint of the root complex/,
  /event collector/,
];

/** What a text that cites a place has to have in it, by the place; null where it says no more than where. */
const said: Readonly<
  Record<string, (bytes: readonly number[], text: string) => readonly (string | RegExp)[]>
> = {
  'config: vendor and device ID': (bytes, text) =>
    text.includes('virtual function of') || text.includes('a quirk') ? [] : [ids(bytes)],
  'config: PCI Express capabilities': (bytes, text) =>
    text.includes('no ACS capability') ? [] : [types[(le(bytes, 0, 2) >> 4) & 15] ?? /^$/],
  'config: header type': ([type = 0], text) => {
    if (text.includes('alone in its slot')) return (type & 0x80) === 0 ? [] : [/^$/];
    return (type & 0x7f) === 1 ? ['bridge'] : [/^(?!.*bridge cannot)/];
  },
  'config: ACS control': (bytes) => [`its ACS control is ${hex(le(bytes, 0, 2))}`],
  'devicetree: iommus': (bytes, text) =>
    /specifier \d+: phandle/.test(text)
      ? Array.from({ length: bytes.length / 4 }, (_, i) => hex(be(bytes, i * 4)))
      : [],
  'devicetree: iommu-map': (bytes, text) => {
    if (!/is in entry/.test(text)) return [];
    return [hex(be(bytes, 0)), ...(bytes.length === 16 ? [hex(be(bytes, 8))] : [])];
  },
  'devicetree: iommu-map-mask': (bytes) => [hex(be(bytes, 0))],
  'devicetree: #iommu-cells': (bytes) => [`#iommu-cells ${be(bytes, 0)}`],
  'devicetree: status': (bytes) => [String.fromCharCode(...bytes).replace(/\0.*$/s, '')],
  'devicetree: compatible': (bytes, text) => {
    const strings = String.fromCharCode(...bytes);
    const [, by] = /by (\S+); it has registered/.exec(text) ?? [];
    return by === undefined || bytes.length === 20 || strings.includes(by) ? [] : [/^$/];
  },
  'DMAR: unit': (bytes, text) =>
    text.includes('registers at')
      ? [`segment ${le(bytes, 6, 2)}`, `registers at ${hex(le(bytes, 8, 6))}`]
      : [],
  'DMAR: flags of the unit': ([flags = 0]) => (flags & 1 ? ['INCLUDE_PCI_ALL'] : [/^$/]),
  'DMAR: device scope': (bytes) => {
    const steps = Array.from({ length: (bytes.length - 6) / 2 }, (_, i) => {
      const [device = 0, fn = 0] = bytes.slice(6 + 2 * i);
      return `${device.toString(16).padStart(2, '0')}.${fn}`;
    });
    return [`from bus ${hex(bytes[5] ?? -1)}`, ...steps];
  },
  'IVRS: IVHD': (bytes) => [
    `type ${hex(bytes[0] ?? -1)}`,
    `is ${hex(le(bytes, 4, 2))} of segment ${le(bytes, 16, 2)}`,
  ],
  'IVRS: entry of type all': () => ['all IDs'],
  'IVRS: entry of type select': (bytes) => [hex(le(bytes, 1, 2))],
  'IVRS: entry of type start': (bytes) => [`for ${hex(le(bytes, 1, 2))} to`],
  'IVRS: entry of type alias-start': (bytes) => [hex(le(bytes, 1, 2))],
  'IVRS: entry of type alias-select': (bytes) => [hex(le(bytes, 1, 2))],
  'IORT: node': (bytes, text) => {
    const [, count] = /(\d+) ID mapping/.exec(text) ?? [];
    return count === undefined ? [] : [`${le(bytes, 8, 4)} ID mapping`];
  },
  'IORT: ID mapping': (bytes, text) => {
    const [input, count, output, reference] = [0, 4, 8, 12].map((at) => le(bytes, at, 4));
    const to = `the node at ${hex(reference ?? -1)}`;
    if (text.includes('a single one')) return [to, `ID ${hex(output ?? -1)}`];
    return [to, `${hex(input ?? -1)} to ${hex((input ?? 0) + (count ?? 0))}`, hex(output ?? -1)];
  },
  'IORT: number of nodes': () => [],
  'VIOT: number of nodes': () => [],
  'VIOT: node': (bytes, text) =>
    text.includes('VIOT range')
      ? [
          `${hex(le(bytes, 12, 2))} to ${hex(le(bytes, 14, 2))}`,
          `the node at ${hex(le(bytes, 16, 2))}`,
          hex(le(bytes, 4, 4)),
        ]
      : [],
};

function saidOf({ table, property, bytes, text }: Cited): readonly (string | RegExp)[] | undefined {
  const place = property?.replace(/^(ID mapping) \d+$/, '$1');
  // A node of a devicetree begins with its token.
  if (table === 'devicetree' && property === null) return bytes === '00 00 00 01' ? [] : [/^$/];
  const known = said[`${table}: ${place}`];
  return known?.(
    bytes
      .split(' ')
      .filter((byte) => byte !== '...')
      .map((byte) => Number.parseInt(byte, 16)),
    text,
  );
}

/** Each kind of firmware and IOMMU under a new kernel, and what an older one does differently. */
const kinds = [
  'x86-(?:vtd-(?:p2p|rp|switch|noredir)|amdvi-(?:p2p|pxb|multi)|dmar-(?:path2|rmrr|ones)|ivrs-\\w+)',
  'a64-(?:dt|acpi)-smmu-(?:rp|p2p|sriov|noredir)',
  'a64-\\w+-viommu',
  'iort-(?:rc-seg1-only|partial|named|single-flag-rc)',
  'dtb-(?:map-mask-bus|plat-two|smmu-disabled|cells2-map5)',
];
const shown = captures.filter((name) => new RegExp(`^(?:${kinds.join('|')})-k7\\.3$`).test(name));

/** A dump is of after the boot: every other one here has ACS as it was before. */
function beforeBoot(sources: Sources): Sources {
  return new Map(
    [...sources].map(([name, source]) => {
      if (!/^[\da-f]{4}:/.test(name)) return [name, source];
      const bytes = source.bytes.slice();
      const acs = parsePciConfig(bytes).acs;
      if (acs !== null && acs.offset + 8 <= bytes.length)
        bytes.fill(0, acs.offset + 6, acs.offset + 8);
      return [name, { ...source, bytes }];
    }),
  );
}

const cited = shown.flatMap((name, i): { name: string; step: Cited }[] => {
  const sources = i % 2 === 0 ? sourcesOf(name) : beforeBoot(sourcesOf(name));
  const capture = parseCapture(answersOf(name));
  const design = nearestRelease(capture.release);
  const asked = { kconfig: {}, cmdline: null };
  const captured = machineOf(name, { sources });
  const { machine, config, options } = asCaptured(captured, capture, design, asked);
  const explainer = explainerOf({ ...machine, sources }, design, config, options);
  return machine.devices
    .filter(({ pci, dma_node }) => pci !== null || dma_node?.properties.has('iommus'))
    .flatMap((of) => explainer.explain(of).steps)
    .flatMap((step) =>
      step.bytes === null ? [] : [{ name, step: { ...step, bytes: step.bytes } }],
    );
});

test('there are links of every kind that cites bytes', () => {
  const places = new Set(
    cited.map(({ step }) => `${step.table}: ${step.property?.replace(/ \d+$/, '')}`),
  );
  for (const place of Object.keys(said).filter((key) => !/^IVRS: entry|^VIOT: number/.test(key)))
    expect(places).toContain(place);
  expect(cited.length).toBeGreaterThan(1000);
});

test('what a link says of bytes is what they say', () => {
  const wrong = cited.filter(({ step }) => {
    const wanted = saidOf(step);
    return !(
      wanted?.every((part) =>
        typeof part === 'string' ? step.text.includes(part) : part.test(step.text),
      ) ?? false
    );
  });
  expect(wrong).toEqual([]);
});

test('where the register is not what isolates, Linux is said to write it', () => {
  const acs = cited.filter(({ step }) => step.property === 'ACS control');
  const contradicted = acs.filter(({ step: { bytes, text } }) => {
    const control = Number.parseInt(bytes.slice(0, 2), 16);
    return / isolates: /.test(text) && (control & 0x1d) !== 0x1d && !text.includes('Linux writes');
  });
  expect(acs.length).toBeGreaterThan(50);
  expect(contradicted).toEqual([]);
});
