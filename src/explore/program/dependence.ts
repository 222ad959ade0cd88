import type { Names } from './names.ts';
import { ACQUIRE, FREE, type Kind, READ, RELEASE, SPAWN, TRY_FAILED, WRITE } from './op.ts';

/** What an event touched and how, in one number: `address * 16 + kind`. */
export type Footprint = number;

export function footprint(address: number, kind: Kind): Footprint {
  return address * 16 + kind;
}

/** The address; of a choice, the way it went. */
export function addressOf(foot: Footprint): number {
  return foot >> 4;
}

export function kindOf(foot: Footprint): Kind {
  return (foot & 15) as Kind;
}

/** Whether an event takes a lock, lets one go, or finds it taken. */
export function isLock(foot: Footprint): boolean {
  const kind = foot & 15;
  return kind === ACQUIRE || kind === RELEASE || kind === TRY_FAILED;
}

/**
 * Whether two events of different tasks do not commute. This one relation decides everything: the
 * order of events, the sleep sets and the wakeup trees.
 */
export function dependent(names: Names, a: Footprint, b: Footprint): boolean {
  const kindA = a & 15;
  const kindB = b & 15;
  if (kindA >= SPAWN || kindB >= SPAWN) return false;
  const addressA = a >> 4;
  const addressB = b >> 4;
  if (addressA === addressB) return !(isRead(kindA) && isRead(kindB));
  if (kindA === FREE) return names.lifetime[addressB] === addressA;
  if (kindB === FREE) return names.lifetime[addressA] === addressB;
  if (kindA !== WRITE || kindB !== WRITE) return false;
  return ((names.watch[addressA] as number) & (names.watch[addressB] as number)) !== 0;
}

function isRead(kind: number): boolean {
  return kind === READ || kind === TRY_FAILED;
}
