// How a part reaches its IOMMU: the IDs that stand at an edge.

import type { InspectedId } from '../../../src/machine/index.ts';
import { hex } from '../../../src/util/index.ts';
import type { MachineFacts } from '../facts.ts';
import type { Part } from './parts.ts';

export interface Reach {
  readonly text: string;
  /** At the wire that leads in, or inside, where what is around has one wire for all. */
  readonly at: 'wire' | 'box';
}

/** @param above what the part is in */
export function reachOf(
  part: Part,
  above: { readonly kind: Part['kind']; readonly wired: boolean } | null,
  { devices }: MachineFacts,
): Reach | null {
  const at = above?.wired ? 'wire' : 'box';
  if (part.kind === 'host') return at === 'wire' ? { text: bundle(part, devices), at } : null;
  if (part.kind !== 'device' || part.device === null) return null;
  const first = devices[part.device]?.iommus[0];
  return first === undefined ? null : { text: idsText(first.ids), at };
}

/** Of many devices that come one way: from the lowest to the highest, and how many. */
function bundle(host: Part, devices: MachineFacts['devices']): string {
  const ids: InspectedId[] = [];
  const left = [...host.children];
  for (let part = left.pop(); part !== undefined; part = left.pop()) {
    left.push(...part.children);
    const device =
      part.kind === 'device' && part.device !== null ? devices[part.device] : undefined;
    ids.push(...(device?.iommus[0]?.ids ?? []));
  }
  const text = idsText(ids);
  return ids.length > 1 && text.includes(' ') ? `${spanText(ids)}, ${ids.length} IDs` : text;
}

function spanText(ids: readonly InspectedId[]): string {
  let [first, last] = [Number.POSITIVE_INFINITY, 0];
  for (const { id, mask } of ids) {
    first = Math.min(first, id);
    last = Math.max(last, id + mask);
  }
  return first === last ? hex(first) : `${hex(first)}\u2013${hex(last)}`;
}

/** IDs in order, those that follow one another together; a mask behind a slash. */
export function idsText(ids: readonly InspectedId[]): string {
  const sorted = [...ids].sort((a, b) => a.id - b.id || a.mask - b.mask);
  const runs: [first: InspectedId, last: InspectedId][] = [];
  for (const id of sorted) {
    const run = runs.at(-1);
    if (run !== undefined && isSame(run[1], id)) continue;
    if (run !== undefined && run[1].mask === 0 && id.mask === 0 && id.id === run[1].id + 1)
      run[1] = id;
    else runs.push([id, id]);
  }
  return runs.map(runText).join(' ');
}

function isSame(a: InspectedId, b: InspectedId): boolean {
  return a.id === b.id && a.mask === b.mask;
}

function runText([first, last]: readonly [InspectedId, InspectedId]): string {
  if (first === last)
    return first.mask === 0 ? hex(first.id) : `${hex(first.id)}/${hex(first.mask)}`;
  const apart = last.id === first.id + 1 ? ' ' : '\u2013';
  return `${hex(first.id)}${apart}${hex(last.id)}`;
}
