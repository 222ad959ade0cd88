import type { Task } from '../../explore/index.ts';
import { big, type Scalar, type Thread } from '../../llvm/index.ts';
import { type ByHand, type ByName, EEXIST, ENOENT, errno } from '../by-hand.ts';
import type { Structs } from '../structs.ts';

const NOTIFY_DONE = 0;
const NOTIFY_STOP_MASK = 0x8000;

/** Chains of functions that are told of what happens. They change only while a machine boots: no lock is taken. */
export function notifiers(structs: Structs): ByName {
  const next = (block: Scalar): Scalar => structs.at(block, 'notifier_block', 'next');

  /** Where a pointer of the chain is that leads to a block, or past the last; by what it leads to. */
  function* find(
    thread: Thread,
    chain: Scalar,
    holds: (block: Scalar) => Task<boolean>,
  ): Task<{ readonly at: Scalar; readonly block: Scalar }> {
    let at = structs.at(chain, 'blocking_notifier_head', 'head');
    for (;;) {
      const block = yield* thread.memory.load(at, 8);
      if (big(block) === 0n || (yield* holds(block))) return { at, block };
      at = next(block);
    }
  }

  function* priority(thread: Thread, block: Scalar): Task<number> {
    const value = yield* structs.load(thread, block, 'notifier_block', 'priority');
    return Number(BigInt.asIntN(32, big(value)));
  }

  /** Before the first of a lower priority. */
  function* register(thread: Thread, chain: Scalar, block: Scalar): Task<Scalar> {
    const own = yield* priority(thread, block);
    const { at, block: before } = yield* find(thread, chain, function* (one) {
      return one === block || own > (yield* priority(thread, one));
    });
    if (before === block) {
      const why = 'WARN(): a notifier is registered twice';
      thread.memory.report('warn', thread.memory.functionName, why);
      return errno(EEXIST);
    }
    yield* thread.memory.store(next(block), 8, before);
    yield* thread.memory.store(at, 8, block);
    return 0;
  }

  function* unregister(thread: Thread, chain: Scalar, block: Scalar): Task<Scalar> {
    const { at, block: found } = yield* find(thread, chain, function* (one) {
      return one === block;
    });
    if (big(found) === 0n) return errno(ENOENT);
    yield* thread.memory.store(at, 8, yield* thread.memory.load(next(block), 8));
    return 0;
  }

  return {
    blocking_notifier_chain_register: register as ByHand,
    blocking_notifier_chain_unregister: unregister as ByHand,
    *blocking_notifier_call_chain(thread, chain = 0n, action = 0n, data = 0n) {
      let ret: Scalar = NOTIFY_DONE;
      let block = yield* structs.load(thread, chain, 'blocking_notifier_head', 'head');
      while (big(block) !== 0n) {
        const following = yield* thread.memory.load(next(block), 8);
        const run = yield* structs.load(thread, block, 'notifier_block', 'notifier_call');
        ret = (yield* thread.call(run, [block, action, data])) as Scalar;
        if ((Number(big(ret)) & NOTIFY_STOP_MASK) !== 0) break;
        block = following;
      }
      return ret;
    },
  };
}
