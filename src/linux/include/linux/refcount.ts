import { type Cell, type Task, update } from '../../../explore/index.ts';

/** A count that has been wrong once stays here, so that nothing is freed a second time. */
export const REFCOUNT_SATURATED = -0x4000_0000;

function* counted(refs: Cell<number>, by: 1 | -1, of: string): Task<number> {
  const before = yield* update(refs, (count) => (count < 1 ? REFCOUNT_SATURATED : count + by));
  const message = `WARNING: ${of} has no references left`;
  if (before < 1) refs.world.fail({ kind: 'refcount', object: of, message });
  return before;
}

/** @linux include/linux/refcount.h refcount_inc */
export function* refcount_inc(refs: Cell<number>, of: string): Task {
  yield* counted(refs, 1, of);
}

/** Whether it was the last one. @linux include/linux/refcount.h refcount_dec_and_test */
export function* refcount_dec_and_test(refs: Cell<number>, of: string): Task<boolean> {
  return (yield* counted(refs, -1, of)) === 1;
}
