import type { Run } from '../execution/run.ts';
import { addressOf, kindOf } from '../program/dependence.ts';
import type { Failure } from '../program/failure.ts';
import { FREE, WRITE } from '../program/op.ts';

/**
 * Where what a crash found comes from: who made it, and in which function. One place can crash for
 * more than one reason, and the easy one must not hide the others; this tells most of them apart at
 * the cost of a look back. Empty where it tells nothing.
 */
export function originOf(run: Run, { kind, event }: Pick<Failure, 'kind' | 'event'>): string {
  if (kind !== 'null-deref' && kind !== 'use-after-free' && kind !== 'double-free') return '';
  if (event === 'end' || event < 0) return '';
  const maker = makerOf(run, event, kind === 'null-deref' ? WRITE : FREE);
  if (maker < 0) return 'setup';
  return `${run.task[maker]} ${run.site[maker]}`;
}

/** The last write to the place that `event` touches, or what ended the life of its object; or -1. */
export function makerOf(run: Run, event: number, wanted: typeof WRITE | typeof FREE): number {
  const address = addressOf(run.foot[event] as number);
  const place = wanted === FREE ? (run.names.lifetime[address] as number) : address;
  for (let other = event - 1; other >= 0; other--) {
    const foot = run.foot[other] as number;
    if (kindOf(foot) === wanted && addressOf(foot) === place) return other;
  }
  return -1;
}
