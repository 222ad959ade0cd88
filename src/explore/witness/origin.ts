import type { Run } from '../execution/run.ts';
import { addressOf, kindOf } from '../program/dependence.ts';
import type { Failure } from '../program/failure.ts';
import { FREE, WRITE } from '../program/op.ts';

/**
 * Where what a crash found comes from: who made it, and in which function. One place can crash for
 * more than one reason, and the easy one must not hide the others; this tells most of them apart at
 * the cost of a look back. Empty where it tells nothing.
 *
 * That a pointer is NULL says no more than that somebody cleared it. Who had set it before tells a task
 * whose object was taken away from one whose pointer was written over first.
 */
export function originOf(run: Run, { kind, event }: Pick<Failure, 'kind' | 'event'>): string {
  if (kind !== 'null-deref' && kind !== 'use-after-free' && kind !== 'double-free') return '';
  if (event === 'end' || event < 0) return '';
  if (kind !== 'null-deref') return siteOf(run, makerOf(run, event, FREE));
  const cleared = makerOf(run, event, WRITE);
  const set = makerOf(run, event, WRITE, cleared);
  return `${siteOf(run, cleared)}\n${siteOf(run, set)}`;
}

function siteOf(run: Run, event: number): string {
  return event < 0 ? 'setup' : `${run.task[event]} ${run.site[event]}`;
}

/** The last write to the place that `event` touches, or what ended the life of its object; or -1. */
export function makerOf(
  run: Run,
  event: number,
  wanted: typeof WRITE | typeof FREE,
  before: number = event,
): number {
  const address = addressOf(run.foot[event] as number);
  const place = wanted === FREE ? (run.names.lifetime[address] as number) : address;
  for (let other = before - 1; other >= 0; other--) {
    const foot = run.foot[other] as number;
    if (kindOf(foot) === wanted && addressOf(foot) === place) return other;
  }
  return -1;
}
