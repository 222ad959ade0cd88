import type { Task } from '../../explore/index.ts';
import { big, type Scalar, type Thread } from '../../llvm/index.ts';
import type { ByName } from '../by-hand.ts';
import type { Structs } from '../structs.ts';

const NOTIFY_DONE = 0;
const NOTIFY_STOP_MASK = 0x8000;

/** Chains of functions that are told of what happens. They change only while a machine boots: no lock is taken. */
export function notifiers(structs: Structs): ByName {
  /** Where the pointer to the last of a chain is, and room for the next. */
  function* end(thread: Thread, chain: Scalar): Task<Scalar> {
    let at = structs.at(chain, 'blocking_notifier_head', 'head');
    for (;;) {
      const block = yield* thread.memory.load(at, 8);
      if (big(block) === 0n) return at;
      at = structs.at(block, 'notifier_block', 'next');
    }
  }

  return {
    *blocking_notifier_chain_register(thread, chain = 0n, block = 0n) {
      yield* thread.memory.store(yield* end(thread, chain), 8, block);
      return 0;
    },
    *blocking_notifier_call_chain(thread, chain = 0n, action = 0n, data = 0n) {
      let ret: Scalar = NOTIFY_DONE;
      let block = yield* structs.load(thread, chain, 'blocking_notifier_head', 'head');
      while (big(block) !== 0n) {
        const run = yield* structs.load(thread, block, 'notifier_block', 'notifier_call');
        ret = (yield* thread.call(run, [block, action, data])) as Scalar;
        if ((Number(big(ret)) & NOTIFY_STOP_MASK) !== 0) break;
        block = yield* structs.load(thread, block, 'notifier_block', 'next');
      }
      return ret;
    },
  };
}
