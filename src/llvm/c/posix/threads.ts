import {
  assign,
  join,
  look,
  ModelError,
  setIn,
  spawn,
  type Task,
  type TaskHandle,
  until,
  update,
  type World,
} from '../../../explore/index.ts';
import { MemoryState } from '../../memory/cells.ts';
import type { Scalar } from '../../memory/value.ts';
import type { External } from '../../run/thread/machine.ts';
import { Thread } from '../../run/thread/thread.ts';
import { big, isSame, numberOf } from '../../run/values/arithmetic.ts';
import { type ByHand, EDEADLK, EINVAL, ESRCH, externals, nothing } from '../by-hand.ts';
import { runDestructors, specificFunctions } from './specific.ts';

// POSIX threads. What the standard leaves open (whom a signal wakes, who goes first) is explored.

/** The threads of one execution, by the number that the program knows them by. */
class Threads {
  readonly handles = new Map<number, TaskHandle>();
  readonly results = new Map<number, Scalar>();
  /**
   * By thread and by whom, those that it may not join any more, as it has, or has let them go. What
   * others do has no order to that, and is not looked at.
   */
  readonly gone = new Map<string, 'joined' | 'detached'>();
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
  begin: Scalar,
  operands: readonly Scalar[],
  isMain = false,
): Task<Scalar> {
  let result: Scalar;
  try {
    result = (yield* thread.call(begin, operands)) as Scalar;
    if (isMain) {
      yield* runAtEnd(thread);
      assign(thread.world, thread.world, 'isOver', true);
    } else yield* runDestructors(thread);
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
    result = error.result;
    yield* runDestructors(thread);
  }
  const known = yield* thread.memory.share(result);
  yield* thread.memory.finish(thread.world.running?.name ?? 'its thread');
  return known;
}

/** Run `main()`, and what comes before and after it: when it returns, the program is over for all. */
export function* runMain(thread: Thread, main: Scalar): Task<Scalar> {
  const { linked } = thread.machine.compiled;
  for (const begin of linked.listed('llvm.global_ctors')) yield* thread.call(begin, []);
  return yield* runThread(thread, main, [1, argumentsOf(thread)], true);
}

/** The list of arguments of a program that has none but its name. */
function argumentsOf({ memory }: Thread): Scalar {
  const name = memory.variable('program name', 8, null);
  for (const [i, character] of [...'program'].entries())
    name.image.write(i, 1, character.charCodeAt(0));
  name.image.write(7, 1, 0);
  const list = memory.variable('argv', 16, null);
  list.image.write(0, 8, name.at(0));
  list.image.write(8, 8, 0n);
  return list.at(0);
}

function* runAtEnd(thread: Thread): Task {
  const { linked } = thread.machine.compiled;
  for (const end of linked.listed('llvm.global_dtors').reverse()) yield* thread.call(end, []);
}

/** Start a thread; its number. */
export function* start(
  { machine, memory, world }: Thread,
  begin: Scalar,
  argument: Scalar,
): Task<number> {
  const shared = yield* memory.share(argument);
  const all = threads(world);
  const label = typeof begin === 'object' ? begin.text : 'thread';
  memory.makesEvent();
  memory.loops.changesAll();
  let handle: TaskHandle;
  try {
    handle = yield* spawn(world, label, function* body(): Task<void> {
      const own = new Thread(machine);
      const result = yield* runThread(own, begin, [shared]);
      setIn(world, all.results, world.running?.index ?? 0, result);
    });
  } catch (error) {
    if (!(error instanceof ModelError) || !error.message.startsWith('more than ')) throw error;
    return memory.fail('the program has more than 31 threads, which is not supported');
  }
  const number = handle.state.index;
  setIn(world, all.handles, number, handle);
  return number;
}

function* create(
  thread: Thread,
  place: Scalar,
  _attributes: Scalar,
  begin: Scalar,
  argument: Scalar,
): Task<Scalar> {
  const number = yield* start(thread, begin, argument);
  yield* thread.memory.store(place, 8, BigInt(number));
  return 0;
}

/** A thread as the one that runs knows it. */
function ownName({ running }: World, number: number): string {
  return `${running?.index} ${number}`;
}

/** Wait for a thread; what it has left behind, or null for one that there is not. */
export function* waitForEnd({ memory, world }: Thread, which: Scalar): Task<Scalar | null> {
  const number = Number(big(which));
  const all = threads(world);
  const handle = look(world, () => all.handles.get(number));
  if (handle === undefined) return null;
  const own = ownName(world, number);
  const gone = look(world, () => all.gone.get(own));
  const { name } = handle.state;
  if (gone !== undefined)
    memory.crash('use-after-free', name, `${name} is joined after it was ${gone}`);
  memory.makesEvent();
  memory.loops.changesAll();
  yield* join(handle);
  setIn(world, all.gone, own, 'joined');
  return look(world, () => all.results.get(number)) ?? 0n;
}

function* joinThread(thread: Thread, which: Scalar, place: Scalar): Task<Scalar> {
  if (big(which) === BigInt(thread.world.running?.index ?? 0)) return EDEADLK;
  const result = yield* waitForEnd(thread, which);
  if (result === null) return ESRCH;
  if (place !== 0n) yield* thread.memory.store(place, 8, result);
  return 0;
}

export function* detach({ world }: Thread, which: Scalar): Task<Scalar> {
  const { gone } = threads(world);
  const own = ownName(world, Number(big(which)));
  if (look(world, () => gone.get(own)) !== undefined) return EINVAL;
  setIn(world, gone, own, 'detached');
  return 0;
}

/** What pthread_once() knows: nobody has begun, somebody has, it is done. */
export function* once(thread: Thread, place: Scalar, begin: Scalar): Task<Scalar> {
  const cell = yield* thread.memory.thingAt(place, (owner, names) => {
    return new MemoryState<0 | 1 | 2>(owner, names, 0);
  });
  const before = yield* update(cell, (state) => (state === 0 ? 1 : state));
  if (before === 0) {
    yield* thread.call(begin, []);
    yield* update(cell, () => 2);
  } else yield* until(cell, (state) => state === 2);
  return 0;
}

export function* self({ world }: Thread): Task<Scalar> {
  return BigInt(world.running?.index ?? 0);
}

export function* equal(_thread: Thread, one: Scalar, other: Scalar): Task<Scalar> {
  return isSame(numberOf(one), numberOf(other)) ? 1 : 0;
}

export function* exit(thread: Thread, result: Scalar): Task<Scalar> {
  throw new Exit(yield* thread.memory.share(result));
}

/** The program is over: whoever calls this makes no step any more, and others need not. */
function* exitNow({ world }: Thread): Task<Scalar> {
  assign(world, world, 'isOver', true);
  const { running } = world;
  if (running !== null) yield* join({ state: running });
  return 0;
}

function* exitAll(thread: Thread): Task<Scalar> {
  yield* runAtEnd(thread);
  return yield* exitNow(thread);
}

/** Functions of `pthread.h` about threads, by name, and those that end a program. */
export const threadFunctions: ReadonlyMap<string, External> = new Map([
  ...specificFunctions,
  ...externals({
    pthread_create: create as ByHand,
    pthread_join: joinThread as ByHand,
    pthread_exit: exit as ByHand,
    pthread_self: self,
    pthread_equal: equal as ByHand,
    pthread_detach: detach as ByHand,
    pthread_once: once as ByHand,
    pthread_attr_init: nothing,
    pthread_attr_destroy: nothing,
    pthread_attr_setdetachstate: nothing,
    pthread_attr_setstacksize: nothing,
    exit: exitAll as ByHand,
    _exit: exitNow as ByHand,
    _Exit: exitNow as ByHand,
    quick_exit: exitNow as ByHand,
  }),
]);
