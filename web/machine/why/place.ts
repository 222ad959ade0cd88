// A few bytes of a source, as the route has them: `IORT:0x30+4`.
import type { Reading } from '../../../src/machine/index.ts';

export interface Place {
  readonly source: string;
  /** In bytes. */
  readonly offset: number;
  readonly size: number;
}

export function placeIn(source: string, offset: number, size: number): string {
  return `${source}:0x${offset.toString(16)}+${size}`;
}

/** Null for what is no place. */
export function parsePlace(text: string | undefined): Place | null {
  const [, source, offset, size] = /^(.+):0x([0-9a-f]{1,8})\+(\d{1,8})$/.exec(text ?? '') ?? [];
  if (source === undefined || offset === undefined || size === undefined) return null;
  return { source, offset: Number.parseInt(offset, 16), size: Math.max(1, Number(size)) };
}

/** What reads any of these bytes. */
export function overlapping(readings: readonly Reading[], offset: number, size: number): Reading[] {
  return readings.filter((of) => of.offset < offset + size && offset < of.offset + of.size);
}
