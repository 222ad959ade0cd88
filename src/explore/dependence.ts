import { ACQUIRE, FREE, JOIN, type Kind, READ, RELEASE, SPAWN, TRY_FAILED, WRITE } from './op.ts';
import type { Names } from './world.ts';

/** What an event touched and how, in one number: `address * 8 + kind`. */
export type Footprint = number;

export function footprint(address: number, kind: Kind): Footprint {
  return address * 8 + kind;
}

export function addressOf(foot: Footprint): number {
  return foot >> 3;
}

export function kindOf(foot: Footprint): Kind {
  return (foot & 7) as Kind;
}

/**
 * Whether two events of different tasks do not commute. This one relation decides everything: the
 * order of events, the sleep sets and the wakeup trees.
 */
export function dependent(names: Names, a: Footprint, b: Footprint): boolean {
  const kindA = a & 7;
  const kindB = b & 7;
  if (kindA >= SPAWN || kindB >= SPAWN) return false;
  const addressA = a >> 3;
  const addressB = b >> 3;
  if (addressA === addressB) return !(isRead(kindA) && isRead(kindB));
  if (kindA === FREE) return names.lifetime[addressB] === addressA;
  if (kindB === FREE) return names.lifetime[addressA] === addressB;
  if (kindA === WRITE && kindB === WRITE) {
    const watch = names.watch[addressA] as number;
    return watch >= 0 && watch === names.watch[addressB];
  }
  return false;
}

function isRead(kind: number): boolean {
  return kind === READ || kind === TRY_FAILED;
}

export { ACQUIRE, FREE, JOIN, READ, RELEASE, SPAWN, TRY_FAILED, WRITE };
