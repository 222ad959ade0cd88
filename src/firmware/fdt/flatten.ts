// Devicetree Specification v0.4, chapter 5: a tree that was found in pieces, as a blob.

/** A node before it is in a blob: no offsets, no parent. */
export interface LooseNode {
  readonly name: string;
  readonly properties: ReadonlyMap<string, Uint8Array>;
  readonly children: readonly LooseNode[];
}

const beginNode = 1;
const endNode = 2;
const propertyToken = 3;
const endOfTree = 9;

/** A blob of version 17 with these nodes in this order, and no memory reservations. */
export function flattenFdt(root: LooseNode): Uint8Array {
  const structure: Uint8Array[] = [];
  const strings: Uint8Array[] = [];
  const known = new Map<string, number>();
  let size = 0;
  const offsetOf = (name: string): number => {
    const offset = known.get(name) ?? size;
    if (known.has(name)) return offset;
    known.set(name, offset);
    const bytes = terminated(name);
    strings.push(bytes);
    size += bytes.length;
    return offset;
  };
  const add = ({ name, properties, children }: LooseNode): void => {
    structure.push(cells(beginNode), aligned(terminated(name)));
    for (const [property, value] of properties)
      structure.push(cells(propertyToken, value.length, offsetOf(property)), aligned(value));
    for (const child of children) add(child);
    structure.push(cells(endNode));
  };
  add(root);
  structure.push(cells(endOfTree));
  return withHeader(joined(structure), joined(strings));
}

const headerSize = 40;

function withHeader(structure: Uint8Array, strings: Uint8Array): Uint8Array {
  const reservations = new Uint8Array(16);
  const offStructure = headerSize + reservations.length;
  const offStrings = offStructure + structure.length;
  const total = offStrings + strings.length;
  const offsets = [offStructure, offStrings, headerSize];
  const versions = [17, 16];
  const header = cells(
    0xd00dfeed,
    total,
    ...offsets,
    ...versions,
    0,
    strings.length,
    structure.length,
  );
  return joined([header, reservations, structure, strings]);
}

function cells(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    view.setUint32(4 * i, value);
  });
  return bytes;
}

function terminated(text: string): Uint8Array {
  return Uint8Array.from(`${text}\0`, (char) => char.charCodeAt(0));
}

function aligned(bytes: Uint8Array): Uint8Array {
  return joined([bytes, new Uint8Array(-bytes.length & 3)]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
