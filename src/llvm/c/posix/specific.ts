import { look, setIn, type Task, type World } from '../../../explore/index.ts';
import { type Scalar, undef } from '../../memory/value.ts';
import type { External } from '../../run/thread/machine.ts';
import type { Thread } from '../../run/thread/thread.ts';
import { big, numberOf } from '../../run/values/arithmetic.ts';
import { type ByHand, EINVAL, externals, nothing } from '../by-hand.ts';

// What a thread keeps under keys that all threads know.

/** The keys of one execution, with what is called for a value that a thread leaves behind. */
const keysOf = new WeakMap<World, Map<number, Scalar>>();
/** What each thread keeps. */
const valuesOf = new WeakMap<Thread, Map<number, Scalar>>();

function keys(world: World): Map<number, Scalar> {
  let known = keysOf.get(world);
  if (known === undefined) {
    known = new Map();
    keysOf.set(world, known);
  }
  return known;
}

function values(thread: Thread): Map<number, Scalar> {
  let known = valuesOf.get(thread);
  if (known === undefined) {
    known = new Map();
    valuesOf.set(thread, known);
  }
  return known;
}

/** Make a key. Its number says which thread made it, so that it hangs on no order. */
export function* createKey(thread: Thread, place: Scalar, destructor: Scalar): Task<Scalar> {
  const { memory, world } = thread;
  const all = keys(world);
  const task = world.running?.index ?? 0;
  const own = look(world, () => [...all.keys()].filter((key) => key >> 8 === task).length);
  const key = (task << 8) | own;
  setIn(world, all, key, destructor);
  yield* memory.store(place, 4, key);
  return 0;
}

export function* getSpecific(thread: Thread, key: Scalar): Task<Scalar> {
  return values(thread).get(Number(numberOf(key))) ?? 0n;
}

export function* setSpecific(thread: Thread, key: Scalar, value: Scalar): Task<Scalar> {
  const number = Number(numberOf(key));
  const all = keys(thread.world);
  if (!look(thread.world, () => all.has(number))) return EINVAL;
  thread.memory.loops.changesAll();
  values(thread).set(number, value);
  return 0;
}

/** A destructor may store a value again: so often is it called. */
const mostRounds = 4;

/** What a thread leaves behind is given to the destructors of its keys. */
export function* runDestructors(thread: Thread): Task {
  const own = valuesOf.get(thread);
  if (own === undefined) return;
  const all = keys(thread.world);
  for (let round = 0; round < mostRounds; round++)
    for (const [key, value] of [...own]) {
      const destructor = look(thread.world, () => all.get(key)) ?? 0n;
      if (value === undef || destructor === undef || isNull(value) || isNull(destructor)) continue;
      own.set(key, 0n);
      yield* thread.call(destructor, [value]);
    }
}

function isNull(value: Scalar): boolean {
  return big(value) === 0n;
}

export const specificFunctions: ReadonlyMap<string, External> = externals({
  pthread_key_create: createKey as ByHand,
  pthread_key_delete: nothing,
  pthread_getspecific: getSpecific as ByHand,
  pthread_setspecific: setSpecific as ByHand,
});
