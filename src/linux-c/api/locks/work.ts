import { mutex_lock, mutex_unlock, spawn, type Task, update } from '../../../explore/index.ts';
import { MemoryState, type Scalar, Thread } from '../../../llvm/index.ts';
import type { ByName } from '../../by-hand.ts';
import type { Structs } from '../../structs.ts';
import { lockAt } from './locks.ts';

/** Whether an item would find nothing to do, whatever happens before it runs. */
export type IsIdle = (thread: Thread, item: Scalar) => boolean;

/** Work queues: each item that is queued runs as a task of its own, one at a time. */
export function work(structs: Structs, isIdle: IsIdle): ByName {
  const isQueued = (thread: Thread, item: Scalar): Task<MemoryState<boolean>> =>
    thread.memory.thingAt(item, (owner, names) => new MemoryState(owner, names, false));

  /** It is no longer queued as soon as it runs, and can be queued again. */
  function* run(thread: Thread, item: Scalar): Task {
    const turn = yield* lockAt(thread, structs.at(item, 'work_struct', 'entry'));
    yield* mutex_lock(turn);
    yield* update(yield* isQueued(thread, item), () => false);
    const func = yield* structs.load(thread, item, 'work_struct', 'func');
    yield* thread.runAll(func, [item]);
    yield* mutex_unlock(turn);
  }

  return {
    *queue_work_on(thread, _cpu, _queue, item = 0n) {
      if (isIdle(thread, item)) return 1;
      const known = yield* thread.memory.share(item);
      if (yield* update(yield* isQueued(thread, known), () => true)) return 0;
      yield* spawn(thread.world, 'kworker', () => run(new Thread(thread.machine), known));
      return 1;
    },
  };
}
