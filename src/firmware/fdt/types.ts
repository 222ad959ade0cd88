import type { Note } from '../note.ts';

/** Devicetree Specification v0.4, 5.2 "Header". Offsets and sizes in bytes. */
export interface FdtHeader {
  readonly magic: number;
  readonly totalsize: number;
  readonly off_dt_struct: number;
  readonly off_dt_strings: number;
  readonly off_mem_rsvmap: number;
  readonly version: number;
  readonly last_comp_version: number;
  readonly boot_cpuid_phys: number;
  readonly size_dt_strings: number;
  /** Null in version 16, whose header ends before this field. */
  readonly size_dt_struct: number | null;
}

/** One range of memory the system must not use for anything else (5.3). Address and size in bytes. */
export interface FdtReservation {
  readonly address: bigint;
  readonly size: bigint;
  /** Of the entry in the blob. */
  readonly offset: number;
}

/** A property as stored; `properties.ts` decodes it. The name is raw: one character per byte. */
export interface FdtProperty {
  readonly name: string;
  readonly value: Uint8Array;
  /** Of the value in the blob. */
  readonly offset: number;
}

/** A node. Names are raw: one character per byte, to be escaped before printing. */
export interface FdtNode {
  /** With unit address; empty for the root. */
  readonly name: string;
  /** Names from the root joined by `/`; `/` for the root. Siblings of one name share a path. */
  readonly path: string;
  /** Of the node's FDT_BEGIN_NODE token in the blob. */
  readonly offset: number;
  readonly parent: FdtNode | null;
  /** In blob order; of two properties of one name, the first. */
  readonly properties: ReadonlyMap<string, FdtProperty>;
  /** In blob order. */
  readonly children: readonly FdtNode[];
  /** From `phandle`, or `linux,phandle` when there is none (2.3.3); null without a usable one. */
  readonly phandle: number | null;
}

/** A flattened devicetree, read completely. */
export interface Fdt {
  readonly header: FdtHeader;
  readonly memory_reservations: readonly FdtReservation[];
  readonly root: FdtNode;
  /** Of two nodes with one phandle, the first in the blob. */
  readonly phandles: ReadonlyMap<number, FdtNode>;
  /** In the order they were met. */
  readonly notes: readonly Note[];
}
