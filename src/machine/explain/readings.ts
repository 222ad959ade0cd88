// The other way round: which decisions some bytes of firmware have a part in.

import { fieldAt } from '../../firmware/index.ts';
import { tableCalled } from '../firmware/acpi/table-called.ts';
import type { Machine } from '../machine.ts';
import type { Explainer } from './explain.ts';
import type { ExplainStep } from './explanation.ts';

/** A link of the chain of some devices, which rests on these bytes. */
export interface Reading {
  /** From the start of the blob, the table or the configuration space, in bytes. */
  readonly offset: number;
  readonly size: number;
  readonly what: ExplainStep['what'];
  /** The property or field that the link names. */
  readonly property: string | null;
  /** Whose chains it is in, by their names. */
  readonly devices: readonly string[];
}

/** What reads a source, in the order of its bytes: by `devicetree`, the signature of a table, a PCI function. */
export type Readings = ReadonlyMap<string, readonly Reading[]>;

/** All that the chains of all devices rest on. */
export function readingsOf(machine: Machine, explainer: Explainer): Readings {
  const found = new Map<string, Map<string, Reading & { readonly devices: string[] }>>();
  for (const of of machine.devices) {
    for (const step of explainer.explain(of).steps) {
      const { offset, size, what, property } = step;
      const source = sourceOf(step);
      if (source === null || offset === null || size === null) continue;
      const inside = found.get(source) ?? new Map();
      found.set(source, inside);
      const key = `${offset} ${size} ${what} ${property}`;
      const reading = inside.get(key) ?? { offset, size, what, property, devices: [] };
      inside.set(key, reading);
      if (reading.devices.at(-1) !== of.name) reading.devices.push(of.name);
    }
  }
  const order = (a: Reading, b: Reading): number => a.offset - b.offset || b.size - a.size;
  return new Map([...found].map(([source, inside]) => [source, [...inside.values()].sort(order)]));
}

/** The source that a link names a place in. */
export function sourceOf({ table, node }: ExplainStep): string | null {
  return table === 'config' ? node : table;
}

/** What a byte of a source is part of. */
export interface PartAt {
  /** The node and property, or the structure and where it is. */
  readonly of: string;
  /** The field of a structure, as its specification calls it. */
  readonly field: string | null;
  readonly offset: number;
  readonly size: number;
}

/** By the reader of the source; null where it read nothing there. */
export function partAt(machine: Machine, source: string, offset: number): PartAt | null {
  if (source === 'devicetree') return propertyAt(machine, offset);
  const table = tableCalled(machine.tables, source);
  const place = table === null ? null : fieldAt(table, offset);
  if (place === null) return null;
  const { structure, field } = place;
  const of = `${structure} at 0x${place.offset.toString(16)}`;
  const start = place.offset + (field?.offset ?? 0);
  return { of, field: field?.name ?? null, offset: start, size: field?.size ?? 1 };
}

function propertyAt({ fdt }: Machine, offset: number): PartAt | null {
  if (fdt === null) return null;
  const nodes = [fdt.root];
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    for (const { name, offset: start, value } of node.properties.values())
      if (offset >= start && offset < start + value.length)
        return { of: `${node.path} ${name}`, field: null, offset: start, size: value.length };
    nodes.push(...node.children);
  }
  return null;
}
