import type { FieldPlace } from '../binary/struct.ts';
import type { Sdt, StructureRead } from './table.ts';

/** A field of a table, by the names of its specification. */
export interface FieldAt {
  /** `IORT ID mapping`. */
  readonly structure: string;
  /** Where the structure is, in bytes from the start of the table. */
  readonly offset: number;
  /** The field, from the start of the structure; null where the offset is that of the whole structure. */
  readonly field: FieldPlace | null;
}

/**
 * What a byte of a table is part of: of the structures that were read there the smallest. Null where
 * nothing was read.
 */
export function fieldAt({ structures_read }: Sdt, offset: number): FieldAt | null {
  let best: (FieldAt & { readonly size: number }) | null = null;
  for (const { layout, offset: start } of structures_read) {
    const inside = offset - start;
    if (inside < 0 || inside >= layout.size) continue;
    const field = layout.fields.find((of) => inside >= of.offset && inside < of.offset + of.size);
    if (field === undefined && inside > 0) continue;
    const size = sizeOf(layout);
    const isBetter = best === null || (field === undefined) === (best.field === null);
    if (isBetter ? best === null || size <= best.size : field !== undefined)
      best = { structure: layout.name, offset: start, field: field ?? null, size };
  }
  if (best === null) return null;
  const { size: _, ...found } = best;
  return found;
}

/** Of a structure that several layouts share, the part that one has. */
function sizeOf({ size, fields }: StructureRead['layout']): number {
  return size - (fields[0]?.offset ?? 0);
}
