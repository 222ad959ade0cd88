import type { TraceStep } from '../../explore/index.ts';
import { type LaneOptions, lanes } from '../lanes/lanes.ts';
import { type Pair, type Witness, withPair } from '../lanes/pair.ts';
import { stale } from '../lanes/relevance.ts';
import type { KernelCause } from './verdict.ts';

/** The witness of a cause in as few rows as tell it: `explore` shows the whole of it. */
export function worstLanes(options: LaneOptions): (cause: KernelCause, width: number) => string[] {
  return ({ bug, why }, width) => {
    const shown = withPair(bug, why);
    const short = shortened(shown.bug, shown.pair);
    return lanes(short.bug, { ...options, width, pair: short.pair, numbers: false });
  };
}

/** What changes the cells that decide, who sees it, and where it goes wrong; each in its function. */
function shortened(bug: Witness, pair: Pair | null): { bug: Witness; pair: Pair | null } {
  const { steps, at } = bug;
  const telling = [...(pair ?? []), at, stale(steps, at, pair)].filter((i) => i !== null);
  const cells = new Set(telling.flatMap((i) => placesOf(steps[i]?.target ?? '')));
  const last = Math.max(...telling);
  const kept = steps.flatMap(({ op, target }, i) => {
    const changes = (op === 'write' || op === 'free') && cells.has(target);
    return telling.includes(i) || (changes && i < last) ? [i] : [];
  });
  if (kept.length === 0) return { bug, pair };
  const placed = new Map<number, number>();
  const rows: TraceStep[] = [];
  for (const i of kept) {
    const step = steps[i];
    if (step === undefined) continue;
    const around = { ...step, depth: 0, target: step.function, value: '' };
    placed.set(i, rows.length + 1);
    rows.push({ ...around, op: 'call' }, { ...step, depth: 1 }, { ...around, op: 'return' });
  }
  const place = (i: number): number => placed.get(i) ?? 0;
  return {
    bug: { ...bug, steps: rows, at: at === null ? null : place(at) },
    pair: pair === null ? null : [place(pair[0]), place(pair[1])],
  };
}

/** A place, and the pointer that leads to it: `dev->iommu->fwspec` and `dev->iommu`. */
function placesOf(target: string): string[] {
  const arrow = target.lastIndexOf('->');
  const pointer = arrow < 0 ? target : target.slice(0, arrow);
  return pointer.includes('->') ? [target, pointer] : [target];
}
