import { big, type Scalar } from '../../llvm/index.ts';
import type { ByName } from '../by-hand.ts';
import type { Structs } from '../structs.ts';
import { atomics } from './atomics.ts';
import { buses } from './buses.ts';
import { deferredProbing, probeCount } from './deferred.ts';
import { kobjects } from './kobject.ts';
import { locks } from './locks.ts';
import { memory } from './memory.ts';
import { notifiers } from './notifiers.ts';
import { quiet } from './quiet.ts';
import { strings } from './strings.ts';
import { waiting } from './waiting.ts';
import { work } from './work.ts';

/** A count of references is wrong: what `lib/refcount.c` warns of. */
const counts: ByName = {
  *refcount_warn_saturate({ memory }) {
    memory.report(
      'refcount',
      memory.functionName,
      'WARN(): a count of references was 0, or ran over',
    );
    return 0;
  },
};

/** What is asked of a device that is never freed. */
const devices: ByName = {
  *get_device(_thread, dev = 0n) {
    return dev;
  },
  *put_device() {
    return 0;
  },
  *device_match_fwnode(thread, dev = 0n, fwnode = 0n) {
    const own = (yield* thread.call(thread.machine.compiled.linked.outside('__dev_fwnode').at(0), [
      dev,
    ])) as Scalar;
    return big(fwnode) !== 0n && own === fwnode ? 1 : 0;
  },
};

/**
 * What a kernel's files call that nobody gives as C, whatever the machine: locks, memory, atomic counters,
 * kobjects, notifiers, work, sleeping. What is in none of these tables is an error that names it.
 */
export function apiOf(structs: Structs): ByName {
  const { isIdle, list_empty } = deferredProbing(structs);
  return {
    ...quiet,
    ...locks,
    ...memory,
    ...atomics,
    ...probeCount(structs, atomics),
    ...strings,
    ...counts,
    ...devices,
    ...kobjects(structs),
    ...notifiers(structs),
    ...waiting(structs),
    ...work(structs, isIdle),
    list_empty,
    ...buses(structs),
  };
}
