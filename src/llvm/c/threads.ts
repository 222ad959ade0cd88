import {
  join,
  look,
  mutex_lock,
  mutex_trylock,
  mutex_unlock,
  setIn,
  spawn,
  type Task,
  type TaskHandle,
  until,
  update,
  type World,
} from '../../explore/index.ts';
import { MemoryState } from '../memory/objects.ts';
import type { Scalar } from '../memory/value.ts';
import { big } from '../run/arithmetic.ts';
import type { External } from '../run/machine.ts';
import { Thread } from '../run/thread.ts';
import { Waiting } from './waiting.ts';

// POSIX threads. What the standard leaves open (whom a signal wakes, who goes first) is explored.

/** The threads of one execution, by the number that the program knows them by. */
class Threads {
  readonly handles = new Map<number, TaskHandle>();
  readonly results = new Map<number, Scalar>();
}

const threadsOf = new WeakMap<World, Threads>();

function threads(world: World): Threads {
  let known = threadsOf.get(world);
  if (known === undefined) {
    known = new Threads();
    threadsOf.set(world, known);
  }
  return known;
}

const EBUSY = 16;
const ESRCH = 3;
const PTHREAD_BARRIER_SERIAL_THREAD = 0xffff_ffff;

/** pthread_exit() ends its thread from wherever it is called. */
class Exit extends Error {
  readonly result: Scalar;

  constructor(result: Scalar) {
    super('pthread_exit()');
    this.result = result;
  }
}

/** Run a function as a whole thread; what it returns, or gives to pthread_exit(). */
export function* runThread(
  thread: Thread,
  start: Scalar,
  operands: readonly Scalar[],
): Task<Scalar> {
  try {
    return (yield* thread.runAll(start, operands)) as Scalar;
  } catch (error) {
    if (error instanceof Exit) return error.result;
    throw error;
  }
}

function* create(
  thread: Thread,
  place: Scalar,
  attributes: Scalar,
  start: Scalar,
  argument: Scalar,
): Task<Scalar> {
  const { machine, memory, world } = thread;
  if (attributes !== 0n) memory.fail('attributes of threads are not supported');
  const shared = yield* memory.share(argument);
  const all = threads(world);
  const label = typeof start === 'object' ? start.text : 'thread';
  memory.makesEvent();
  const handle = yield* spawn(world, label, function* body(): Task<void> {
    const own = new Thread(machine);
    const result = yield* runThread(own, start, [shared]);
    setIn(world, all.results, world.running?.index ?? 0, yield* own.memory.share(result));
  });
  const number = handle.state.index;
  setIn(world, all.handles, number, handle);
  yield* memory.store(place, 8, BigInt(number));
  return 0;
}

function* joinThread(thread: Thread, which: Scalar, place: Scalar): Task<Scalar> {
  const { memory, world } = thread;
  const number = Number(big(which));
  const all = threads(world);
  const handle = look(world, () => all.handles.get(number));
  if (handle === undefined) return ESRCH;
  memory.makesEvent();
  yield* join(handle);
  if (place !== 0n) yield* memory.store(place, 8, look(world, () => all.results.get(number)) ?? 0n);
  return 0;
}

function* lock(thread: Thread, mutex: Scalar): Task<Scalar> {
  yield* mutex_lock(yield* thread.memory.lockAt(mutex));
  return 0;
}

function* trylock(thread: Thread, mutex: Scalar): Task<Scalar> {
  return (yield* mutex_trylock(yield* thread.memory.lockAt(mutex))) ? 0 : EBUSY;
}

function* unlock(thread: Thread, mutex: Scalar): Task<Scalar> {
  yield* mutex_unlock(yield* thread.memory.lockAt(mutex));
  return 0;
}

/** Mutexes and their like are ready as they are, with the attributes that they have by themselves. */
function* initialise(thread: Thread, place: Scalar, attributes: Scalar): Task<Scalar> {
  if (attributes !== 0n) thread.memory.fail('attributes of locks are not supported');
  yield* thread.memory.share(place);
  return 0;
}

function conditionAt(thread: Thread, place: Scalar): Task<MemoryState<Waiting>> {
  return thread.memory.thingAt(place, (owner, names) => {
    return new MemoryState<Waiting>(owner, names, new Waiting());
  });
}

function* wait(thread: Thread, place: Scalar, mutex: Scalar): Task<Scalar> {
  const condition = yield* conditionAt(thread, place);
  const held = yield* thread.memory.lockAt(mutex);
  const { next: ticket } = yield* update(condition, (waiting) => waiting.come());
  yield* mutex_unlock(held);
  for (let isWoken = false; !isWoken; ) {
    yield* until(condition, (waiting) => waiting.mayGo(ticket));
    isWoken = (yield* update(condition, (waiting) => waiting.go(ticket))).mayGo(ticket);
  }
  yield* mutex_lock(held);
  return 0;
}

function* signal(thread: Thread, place: Scalar): Task<Scalar> {
  yield* update(yield* conditionAt(thread, place), (waiting) => waiting.signal());
  return 0;
}

function* broadcast(thread: Thread, place: Scalar): Task<Scalar> {
  yield* update(yield* conditionAt(thread, place), (waiting) => waiting.broadcast());
  return 0;
}

/** How many have come to a barrier, how many must, and how often it was full. */
interface Barrier {
  readonly wanted: number;
  readonly come: number;
  readonly round: number;
  readonly text: string;
}

function barrier(wanted: number, come: number, round: number): Barrier {
  return { wanted, come, round, text: `${come} of ${wanted}` };
}

function barrierAt(thread: Thread, place: Scalar): Task<MemoryState<Barrier>> {
  return thread.memory.thingAt(place, (owner, names) => {
    return new MemoryState<Barrier>(owner, names, barrier(0, 0, 0));
  });
}

function* initBarrier(
  thread: Thread,
  place: Scalar,
  attributes: Scalar,
  wanted: Scalar,
): Task<Scalar> {
  if (attributes !== 0n) thread.memory.fail('attributes of barriers are not supported');
  yield* update(yield* barrierAt(thread, place), () => barrier(Number(big(wanted)), 0, 0));
  return 0;
}

function* waitAtBarrier(thread: Thread, place: Scalar): Task<Scalar> {
  const cell = yield* barrierAt(thread, place);
  const { wanted, come, round } = yield* update(cell, (now) =>
    now.come + 1 === now.wanted
      ? barrier(now.wanted, 0, now.round + 1)
      : barrier(now.wanted, now.come + 1, now.round),
  );
  if (wanted === 0) thread.memory.fail('a barrier is waited at that was not initialised');
  if (come + 1 === wanted) return PTHREAD_BARRIER_SERIAL_THREAD;
  yield* until(cell, (now) => now.round > round);
  return 0;
}

/** What pthread_once() knows: nobody has begun, somebody has, it is done. */
function* once(thread: Thread, place: Scalar, start: Scalar): Task<Scalar> {
  const cell = yield* thread.memory.thingAt(place, (owner, names) => {
    return new MemoryState<0 | 1 | 2>(owner, names, 0);
  });
  const before = yield* update(cell, (state) => (state === 0 ? 1 : state));
  if (before === 0) {
    yield* thread.call(start, []);
    yield* update(cell, () => 2);
  } else yield* until(cell, (state) => state === 2);
  return 0;
}

function* self({ world }: Thread): Task<Scalar> {
  return BigInt(world.running?.index ?? 0);
}

function* exit(thread: Thread, result: Scalar): Task<Scalar> {
  throw new Exit(yield* thread.memory.share(result));
}

function* nothing(): Task<Scalar> {
  return 0;
}

type ByHand = (thread: Thread, ...operands: Scalar[]) => Task<Scalar>;

const functions: Readonly<Record<string, ByHand>> = {
  pthread_create: create as ByHand,
  pthread_join: joinThread as ByHand,
  pthread_exit: exit as ByHand,
  pthread_self: self,
  pthread_detach: nothing,
  pthread_mutex_init: initialise as ByHand,
  pthread_mutex_destroy: nothing,
  pthread_mutex_lock: lock as ByHand,
  pthread_mutex_trylock: trylock as ByHand,
  pthread_mutex_unlock: unlock as ByHand,
  pthread_spin_init: nothing,
  pthread_spin_destroy: nothing,
  pthread_spin_lock: lock as ByHand,
  pthread_spin_trylock: trylock as ByHand,
  pthread_spin_unlock: unlock as ByHand,
  pthread_cond_init: initialise as ByHand,
  pthread_cond_destroy: nothing,
  pthread_cond_wait: wait as ByHand,
  pthread_cond_signal: signal as ByHand,
  pthread_cond_broadcast: broadcast as ByHand,
  pthread_barrier_init: initBarrier as ByHand,
  pthread_barrier_destroy: nothing,
  pthread_barrier_wait: waitAtBarrier as ByHand,
  pthread_once: once as ByHand,
};

/** Functions of `pthread.h`, by name. */
export const threadFunctions: ReadonlyMap<string, External> = externals(functions);

/** Functions by hand as the machine calls them. */
export function externals(byName: Readonly<Record<string, ByHand>>): ReadonlyMap<string, External> {
  return new Map(
    Object.entries(byName).map(([name, run]) => [
      name,
      (thread, operands) => run(thread, ...(operands as readonly Scalar[])),
    ]),
  );
}
