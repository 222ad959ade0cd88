// What code can reach besides the namespace.

import type { AmlNode } from './node.ts';

export interface Around {
  /** Loads a table that code asks for by its name; false where there is none. */
  readonly loadTable: (signature: string, oemId: string, oemTableId: string) => boolean;
  /** The same for one that is in a buffer. */
  readonly loadBytes: (bytes: Uint8Array, scope: AmlNode) => boolean;
  /** Bytes of a table by its names, for regions in tables. */
  readonly tableBytes: (signature: string, oemId: string, oemTableId: string) => Uint8Array | null;
  readonly functions: Functions;
}

/** Configuration space of PCI functions by their names, `0000:00:1f.0`, as far as it is shown. */
export type Functions = ReadonlyMap<string, Uint8Array>;

/** What is known of what is around the tables. */
export interface Known {
  readonly functions?: Functions;
  /** What `_OSI` answers to, null where there is no such method; what Linux does since v6.10 unless told. */
  readonly osi?: readonly string[] | null;
}

export const nothingAround: Around = {
  loadTable: () => false,
  loadBytes: () => false,
  tableBytes: () => null,
  functions: new Map(),
};
