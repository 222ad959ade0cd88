import { joined, raw } from './fdt-builder.ts';

/** Little-endian numbers of 1 to 8 bytes each. */
function little(size: number, values: readonly (number | bigint)[]): Uint8Array {
  const bytes = new Uint8Array(size * values.length);
  values.forEach((value, index) => {
    let rest = BigInt(value);
    for (let at = 0; at < size; at++, rest >>= 8n) bytes[index * size + at] = Number(rest & 0xffn);
  });
  return bytes;
}

export const le8 = (...values: readonly (number | bigint)[]): Uint8Array => little(1, values);
export const le16 = (...values: readonly (number | bigint)[]): Uint8Array => little(2, values);
export const le32 = (...values: readonly (number | bigint)[]): Uint8Array => little(4, values);
export const le64 = (...values: readonly (number | bigint)[]): Uint8Array => little(8, values);
export const zeros = (size: number): Uint8Array => new Uint8Array(size);

/** A table with the right length and checksum. */
export function table(signature: string, ...body: readonly Uint8Array[]): Uint8Array {
  const rest = joined(body);
  const names = raw('FWSPECEXAMPLES');
  const head = joined([raw(signature), le32(36 + rest.length), le8(1, 0), names]);
  return summed(joined([head, le32(7), raw('TEST'), le32(9), rest]));
}

/** A copy whose bytes sum to 0. */
export function summed(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy[9] = 0;
  copy[9] = -copy.reduce((sum, byte) => sum + byte, 0) & 0xff;
  return copy;
}

/** A copy with those bytes in place of the ones at `offset`. */
export function edited(bytes: Uint8Array, offset: number, by: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy.set(by, offset);
  return copy;
}

// ---- IORT --------------------------------------------------------------------------------------

export interface Mapping {
  readonly from: number;
  readonly count: number;
  readonly to: number;
  readonly reference: number;
  readonly flags?: number;
}

export interface NodeOptions {
  readonly revision?: number;
  readonly identifier?: number;
  readonly mappings?: readonly Mapping[];
}

/** A node: what follows its 16 bytes of header, then its mappings. */
export function iortNode(type: number, body: Uint8Array, options: NodeOptions = {}): Uint8Array {
  const { revision = 0, identifier = 0, mappings = [] } = options;
  const start = 16 + body.length;
  return joined([
    le8(type),
    le16(start + 20 * mappings.length),
    le8(revision),
    le32(identifier, mappings.length, mappings.length === 0 ? 0 : start),
    body,
    ...mappings.map((map) => le32(map.from, map.count - 1, map.to, map.reference, map.flags ?? 0)),
  ]);
}

export function iort(...nodes: readonly Uint8Array[]): Uint8Array {
  return table('IORT', le32(nodes.length, 48, 0), ...nodes);
}

export const memory: Uint8Array = joined([le32(1), le8(0), le16(0), le8(3)]);

export function itsGroup(...identifiers: readonly number[]): Uint8Array {
  return iortNode(0, le32(identifiers.length, ...identifiers));
}

export function named(name: string, options: NodeOptions = {}): Uint8Array {
  const padding = zeros(-(name.length + 1 + 29) & 3);
  const body = joined([le32(0x0b), memory, le8(40), raw(`${name}\0`), padding]);
  return iortNode(1, body, { revision: 4, ...options });
}

export function rootComplex(segment: number, options: NodeOptions = {}): Uint8Array {
  const late = (options.revision ?? 3) === 0 ? [] : [le8(48), le16(20), le8(0)];
  return iortNode(2, joined([memory, le32(1, segment), ...late]), { revision: 3, ...options });
}

export function smmu(): Uint8Array {
  const arrays = joined([le32(74, 1, 0, 0), le32(80, 0, 81, 1), le32(90, 0)]);
  const fields = joined([le64(0x2b400000, 0x10000), le32(3, 2, 60, 2, 76, 1, 92)]);
  return iortNode(3, joined([fields, arrays]), { revision: 3 });
}

export function smmuV3(options: NodeOptions = {}): Uint8Array {
  const interrupts = le32(1, 74, 75, 77, 79, 2, 0);
  const body = joined([le64(0x09050000), le32(9, 0), le64(0x1000), interrupts]);
  return iortNode(4, body, { revision: 4, ...options });
}

export function pmcg(reference: number): Uint8Array {
  const body = joined([le64(0x2b442000), le32(0x1b5, reference), le64(0x2b452000)]);
  return iortNode(5, body, { revision: 1 });
}

export function rmr(mappings: readonly Mapping[]): Uint8Array {
  const descriptors = joined([
    le64(0x10000, 0x20000),
    le32(0),
    le64(0x8000_0000, 0x10000),
    le32(0),
  ]);
  const body = joined([le32(1, 2, 28), descriptors]);
  return iortNode(6, body, { revision: 3, mappings });
}

export function iwb(name: string): Uint8Array {
  return iortNode(7, joined([le64(0x4000_0000), le16(3), raw(`${name}\0`)]));
}

// ---- one table of each type, with every structure -----------------------------------------------

const toSmmuV3 = { from: 0, count: 0x100, to: 0x40, reference: 0x48 };

/** The nodes begin at 0x30, 0x48, 0xa0 and so on. */
export const iortSample: Uint8Array = iort(
  itsGroup(5),
  smmuV3({ mappings: [{ from: 0, count: 1, to: 7, reference: 0x30, flags: 1 }] }),
  smmu(),
  named('\\_SB_.DEV0', { mappings: [{ ...toSmmuV3, count: 1, flags: 1 }] }),
  rootComplex(2, { identifier: 6, mappings: [toSmmuV3] }),
  pmcg(0x48),
  rmr([{ ...toSmmuV3, count: 1, flags: 1 }]),
  iwb('\\_SB_.IWB0'),
);

/** virtio-iommus at 0x30 and 0x40. */
export const viotSample: Uint8Array = table(
  'VIOT',
  le16(4, 48),
  zeros(8),
  joined([le8(3, 0), le16(16, 1, 0x18), zeros(8)]),
  joined([le8(4, 0), le16(16), zeros(4), le64(0xa000_0000)]),
  joined([le8(1, 0), le16(24), le32(0x100), le16(1, 2, 8, 0xff, 0x30), zeros(6)]),
  joined([le8(2, 0), le16(24), le32(0x77), le64(0xa000_1000), le16(0x40), zeros(6)]),
);

/** A DMAR structure: type and length, then this. */
export function dmarStructure(type: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = joined(parts);
  return joined([le16(type, 4 + body.length), body]);
}

/** A device scope; `path` is devices and functions in turn. */
export function dmarScope(
  type: number,
  id: number,
  bus: number,
  ...path: readonly number[]
): Uint8Array {
  return joined([le8(type, 6 + path.length, 0, 0, id, bus), le8(...path)]);
}

/** A unit of segment 0 that takes what it names, or with flags 1 everything that is left. */
export function drhd(flags: number, base: number, ...scopes: readonly Uint8Array[]): Uint8Array {
  return dmarStructure(0, le8(flags, 0), le16(0), le64(base), ...scopes);
}

/** A DMAR of these structures, for addresses of 39 bits. */
export function dmarOf(...structures: readonly Uint8Array[]): Uint8Array {
  return table('DMAR', le8(38, 1), zeros(10), ...structures);
}

export const dmarSample: Uint8Array = table(
  'DMAR',
  le8(38, 5),
  zeros(10),
  drhd(1, 0xfed9_0000, dmarScope(3, 2, 0xf0, 0x1f, 7)),
  dmarStructure(1, le16(0, 1), le64(0x8000_0000, 0x8000_ffff), dmarScope(1, 0, 0, 0x14, 0)),
  dmarStructure(2, le8(0, 0), le16(0), dmarScope(2, 0, 0, 1, 0), dmarScope(1, 0, 0, 1, 1, 0, 0)),
  dmarStructure(3, le32(0), le64(0xfed9_0000), le32(1)),
  dmarStructure(4, le8(0, 0, 0, 9), raw('\\_SB_.PCI0.UA00\0')),
  dmarStructure(5, le8(1, 0), le16(0), dmarScope(5, 9, 0, 2, 0)),
  dmarStructure(6, le16(0, 3), dmarScope(1, 0, 0, 3, 0)),
);

/** An IVRS block: type, flags and length, then this. */
export function block(type: number, flags: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = joined(parts);
  return joined([le8(type, flags), le16(4 + body.length), body]);
}

const unit = joined([le16(2, 0x40), le64(0xfd20_0000), le16(0, 0x1300), le32(0x44)]);

/** A device entry of 4 bytes, or the first 4 of a longer one. */
export function entry(type: number, device: number, settings = 0): Uint8Array {
  return joined([le8(type), le16(device), le8(settings)]);
}

/** An entry of 8 bytes whose devices send the requests of another. */
export function aliasEntry(type: number, device: number, source: number): Uint8Array {
  return joined([entry(type, device), le8(0), le16(source), le8(0)]);
}

/** A unit of segment 0, with its features where the type has room for them. */
export function ivhd(
  type: number,
  device: number,
  base: number,
  ...entries: readonly Uint8Array[]
): Uint8Array {
  const header = [le16(device, 0x40), le64(base), le16(0, 0), le32(0x44)];
  const features = type === 0x10 ? [] : [le64(0x29d3, 0)];
  return block(type, 0xd1, ...header, ...features, ...entries);
}

/** An IVRS of these blocks. */
export function ivrsOf(...blocks: readonly Uint8Array[]): Uint8Array {
  return table('IVRS', le32(0), zeros(8), ...blocks);
}

export const ivrsSample: Uint8Array = table(
  'IVRS',
  le32(0x203041),
  zeros(8),
  block(0x10, 0xb0, unit, entry(3, 8), entry(4, 0xfffe), entry(0, 0), entry(1, 0)),
  block(
    0x11,
    0xb0,
    unit,
    le64(0x22294a5a, 1),
    joined([entry(66, 0x80), le8(0), le16(0xa5), le8(0)]),
    joined([entry(67, 0x100), le8(0), le16(0xa6), le8(0), entry(4, 0x1ff)]),
    joined([entry(70, 0x200, 0xd7), le32(0x8000_0000)]),
    joined([entry(71, 0x300), le32(0), entry(4, 0x3ff)]),
    joined([entry(72, 0, 0xd7), le8(33), le16(0xa0), le8(1)]),
  ),
  block(
    0x40,
    0xb0,
    unit,
    le64(0x22294a5a, 0),
    joined([entry(240, 0x60, 0x40), raw('AMDI0040'), zeros(8), le8(2, 3), raw('_U1')]),
    entry(2, 0x18),
  ),
  block(0x22, 0x08, le16(0x10, 0x17), zeros(8), le64(0x8000_0000, 0x1000)),
);

export const mcfgSample: Uint8Array = table(
  'MCFG',
  zeros(8),
  joined([le64(0xe000_0000), le16(0), le8(0, 0x7f), zeros(4)]),
  joined([le64(0xf000_0000), le16(1), le8(0x80, 0xff), zeros(4)]),
);
