import { type Task, update } from '../../../explore/index.ts';
import { big, MemoryState, type Scalar, type Thread } from '../../../llvm/index.ts';
import { type ByHand, type ByName, ENOSPC, errno, returning } from '../../by-hand.ts';

/** Which numbers are given out, in order. */
interface Numbers {
  readonly all: readonly number[];
  readonly text: string;
}

function numbers(all: readonly number[]): Numbers {
  return { all, text: `{${all.join(', ')}}` };
}

const largest = 0x7fff_ffff;

function numbersAt(thread: Thread, ida: Scalar): Task<MemoryState<Numbers>> {
  return thread.memory.thingAt(ida, (owner, names) => {
    return new MemoryState<Numbers>(owner, names, numbers([]));
  });
}

/** The smallest that is free from here on. */
function firstFree({ all }: Numbers, from: number): number {
  let id = from;
  while (all.includes(id)) id++;
  return id;
}

function* allocate(thread: Thread, ida: Scalar, min: Scalar, max: Scalar): Task<Scalar> {
  const from = Number(big(min));
  const to = Math.min(Number(big(max)), largest);
  const before = yield* update(yield* numbersAt(thread, ida), (of) => {
    const id = firstFree(of, from);
    return id > to ? of : numbers([...of.all, id].sort((a, b) => a - b));
  });
  const id = firstFree(before, from);
  return id > to ? errno(ENOSPC) : id;
}

function* free(thread: Thread, ida: Scalar, number: Scalar): Task<Scalar> {
  const id = Number(big(number));
  if (id > largest) return 0;
  const state = yield* numbersAt(thread, ida);
  const before = yield* update(state, ({ all }) => numbers(all.filter((one) => one !== id)));
  if (!before.all.includes(id))
    thread.memory.report('warn', state.className, `WARN(): ${id} is freed, which is not given out`);
  return 0;
}

/** Numbers for names: the smallest that is free, under a lock of its own. They never run out of memory. */
export const ida: ByName = {
  ida_alloc_range: allocate as ByHand,
  ida_free: free as ByHand,
  ida_destroy: returning(0),
};
