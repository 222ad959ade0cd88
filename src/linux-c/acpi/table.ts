import type { Variable } from '../../llvm/index.ts';
import type { Structs } from '../structs.ts';

/** Bytes of a table: numbers, little-endian, by how many bytes they have; text as it is. */
export type Parts = readonly (
  | readonly [size: 1 | 2 | 4 | 8, value: number]
  | string
  | Uint8Array
)[];

/** Parts behind one another. */
export function bytesOf(...parts: Parts): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) => {
      if (typeof part === 'string') return [...part].map((char) => char.charCodeAt(0));
      if (part instanceof Uint8Array) return [...part];
      const [size, value] = part;
      return Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) % 256);
    }),
  );
}

const headerSize = 36;

/** A table with its header, the sum of whose bytes is 0. */
export function tableOf(signature: string, revision: number, body: Uint8Array): Uint8Array {
  const header = bytesOf(
    signature,
    [4, headerSize + body.length],
    ...[[1, revision] as const, [1, 0] as const],
    'FWSPEC',
    'FWSPEC  ',
    ...[[4, 1] as const, [4, 0] as const, [4, 1] as const],
  );
  const table = bytesOf(header, body);
  const sum = table.reduce((all, byte) => all + byte, 0);
  table[9] = (256 - (sum % 256)) % 256;
  return table;
}

/** A table in the memory of a kernel, where it never changes. */
export function placeTable({ linked }: Structs, name: string, bytes: Uint8Array): Variable {
  const variable = linked.place(name, bytes.length, null, true);
  for (const [i, byte] of bytes.entries()) variable.image?.write(i, 1, byte);
  return variable;
}
