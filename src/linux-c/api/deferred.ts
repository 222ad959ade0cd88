import { isSame, Pointer, type Thread, type Variable } from '../../llvm/index.ts';
import type { ByHand, ByName } from '../by-hand.ts';
import type { Structs } from '../structs.ts';
import type { IsIdle } from './locks/work.ts';

// What dd.c does whenever anything is probed, for nobody's benefit here: each would multiply the executions.

/**
 * Deferred probing has nothing to do when nothing was on the list that it was queued for: whoever had put a device
 * on the other one has queued it then. So a task that has just found the list empty queues nothing.
 */
export function deferredProbing(structs: Structs): {
  readonly isIdle: IsIdle;
  readonly list_empty: ByHand;
} {
  const work = structs.variable('deferred_probe_work');
  const pending = structs.variable('deferred_probe_pending_list');
  const found = new WeakMap<Thread, boolean>();
  return {
    *list_empty(thread, head = 0n) {
      const isEmpty = isSame(yield* thread.memory.load(head, 8, 'marked'), head);
      if (isIn(head, pending)) found.set(thread, isEmpty);
      return isEmpty ? 1 : 0;
    },
    isIdle: (thread, item) => isIn(item, work) && found.get(thread) === true,
  };
}

/** What counts and returns nothing: the architecture has some of them, the others are made of these. */
const counting = ['arch_atomic_add', 'arch_atomic_sub', 'arch_atomic_inc', 'arch_atomic_dec'];

/** How many probes are under way: counted for whoever waits for their end, which nobody can here. */
export function probeCount(structs: Structs, atomics: ByName): ByName {
  const counter = structs.variable('probe_count');
  const unless = (change: ByHand): ByHand =>
    function* (thread, ...operands) {
      if (isIn(operands.at(-1), counter)) return 0;
      return yield* change(thread, ...operands);
    };
  const waits: ByHand = function* ({ memory }) {
    return memory.fail('nobody can wait for probing to end');
  };
  return {
    ...Object.fromEntries(counting.map((name) => [name, unless(atomics[name] as ByHand)])),
    wait_for_device_probe: waits,
    driver_probe_done: waits,
  };
}

function isIn(place: unknown, variable: Variable | null): boolean {
  return place instanceof Pointer && place.memory === variable;
}
