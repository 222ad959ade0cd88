// What `explain` finds out: the chain from bytes of firmware to an IOMMU group. The names are those of
// the JSON that people's scripts read.

import { type FdtNode, type FdtProperty, lineOf } from '../../firmware/index.ts';
import type { Finding, InspectedDevice } from '../inspection.ts';
import type { Source, Sources } from '../machine.ts';

/** A link of the chain. */
export interface ExplainStep {
  /** What the link is about. */
  readonly what:
    | 'device'
    | 'description'
    | 'alias'
    | 'map'
    | 'iommu'
    | 'driver'
    | 'probe'
    | 'group'
    | 'member'
    | 'domain';
  /** One sentence or two; may quote names from firmware, so escape before printing. */
  readonly text: string;
  /** It is the test that decided that the device has no IOMMU. */
  readonly failed: boolean;
  /** Where this is written: `devicetree`, `config` or the signature of an ACPI table. */
  readonly table: string | null;
  readonly file: string | null;
  /** The line of `file` that a compiled devicetree has it from; absent where there is no source. */
  readonly line?: number;
  /** The node of the devicetree, or the PCI function. */
  readonly node: string | null;
  readonly property: string | null;
  /** In bytes, from the start of the blob, the table or the configuration space. */
  readonly offset: number | null;
  /** In bytes, how much there is read. */
  readonly size: number | null;
  /** What is there, in hexadecimal; of more than 20 bytes the first. */
  readonly bytes: string | null;
}

export interface Explanation {
  readonly device: InspectedDevice;
  readonly steps: readonly ExplainStep[];
  /** What some kernels do not survive; absent when there is nothing. */
  readonly findings?: readonly Finding[];
  /** What the boot did about the device. */
  /** Null unless it was asked for. */
  readonly trace: readonly TraceLine[] | null;
}

/** A call and what it returned, or an access and the value. May quote names from firmware. */
export interface TraceLine {
  /** Of the calls around it. */
  readonly depth: number;
  readonly op: 'call' | 'read' | 'write' | 'alloc' | 'free';
  readonly target: string;
  /** Empty where there is none. */
  readonly value: string;
}

/** A place in the machine's firmware. */
export interface Place {
  readonly table: string;
  readonly node?: string;
  readonly property?: string;
  readonly offset: number;
  readonly size: number;
}

/** Bytes of one place that are shown. */
const shownBytes = 20;

/** A chain while it is being made. */
export class Chain {
  readonly steps: ExplainStep[] = [];
  readonly #sources: Sources;

  constructor(sources: Sources = new Map()) {
    this.#sources = sources;
  }

  /** A link, unless it says what is said already. */
  add(what: ExplainStep['what'], text: string, place: Place | null = null): void {
    if (this.steps.some((step) => step.what === what && step.text === text)) return;
    this.steps.push(this.#step(what, text, place, false));
  }

  /** The test that failed. */
  fail(what: ExplainStep['what'], text: string, place: Place | null = null): void {
    this.steps.push(this.#step(what, text, place, true));
  }

  #step(
    what: ExplainStep['what'],
    text: string,
    place: Place | null,
    failed: boolean,
  ): ExplainStep {
    const source = place === null ? undefined : this.#sourceOf(place);
    const lines = place?.table === 'devicetree' ? source?.lines : undefined;
    const line =
      lines === undefined ? null : lineOf(lines, place?.node ?? '', place?.property ?? null);
    return {
      what,
      text,
      failed,
      table: place?.table ?? null,
      file: line?.file ?? source?.file ?? null,
      ...(line === null ? {} : { line: line.line }),
      node: place?.node ?? null,
      property: place?.property ?? null,
      offset: place?.offset ?? null,
      size: place?.size ?? null,
      bytes: place === null || source === undefined ? null : bytesAt(source, place),
    };
  }

  #sourceOf({ table, node }: Place): Source | undefined {
    return this.#sources.get(table === 'config' ? (node ?? '') : table);
  }
}

function bytesAt({ bytes }: Source, { offset, size }: Place): string | null {
  const shown = bytes.subarray(offset, offset + Math.min(size, shownBytes));
  if (shown.length === 0) return null;
  const text = [...shown].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return size > shownBytes ? `${text} ...` : text;
}

/** A node of the devicetree. */
export function atNode({ path, offset }: FdtNode): Place {
  return { table: 'devicetree', node: path, offset, size: 4 };
}

/** The value of a property, or `size` bytes of it. */
export function atProperty(
  { path }: FdtNode,
  { name, offset, value }: FdtProperty,
  start = 0,
  size: number = value.length,
): Place {
  return { table: 'devicetree', node: path, property: name, offset: offset + start, size };
}

/** A register in the configuration space of a PCI function. */
export function atConfig(name: string, property: string, offset: number, size: number): Place {
  return { table: 'config', node: name, property, offset, size };
}

/** A structure in an ACPI table. */
export function atTable(table: string, property: string, offset: number, size: number): Place {
  return { table, property, offset, size };
}
