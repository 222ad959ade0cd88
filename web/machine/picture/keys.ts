// Where an arrow leads from a box: along those beside it, into it, or out of it.

import type { Box } from './layout.ts';

/** @returns the box to go to, null where there is none that way */
export function boxAfter(boxes: readonly Box[], at: number, key: string): number | null {
  const box = boxes[at];
  if (box === undefined) return null;
  switch (key) {
    case 'ArrowRight':
      return beside(boxes, at, 1);
    case 'ArrowLeft':
      return beside(boxes, at, -1);
    case 'ArrowDown':
      return box.end > at + 1 ? at + 1 : null;
    case 'ArrowUp':
      return box.parent === null || box.parent === 0 ? null : box.parent;
    case 'Home':
      return siblings(boxes, at)[0] ?? null;
    case 'End':
      return siblings(boxes, at).at(-1) ?? null;
    default:
      return null;
  }
}

function beside(boxes: readonly Box[], at: number, by: 1 | -1): number | null {
  const all = siblings(boxes, at);
  return all[all.indexOf(at) + by] ?? null;
}

/** All that are in the box that it is in, itself among them. */
export function siblings(boxes: readonly Box[], at: number): number[] {
  const parent = boxes[at]?.parent ?? null;
  const above = parent === null ? undefined : boxes[parent];
  if (parent === null || above === undefined) return [at];
  const all: number[] = [];
  for (let i = parent + 1; i < above.end; i = boxes[i]?.end ?? above.end) all.push(i);
  return all;
}
