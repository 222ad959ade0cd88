import type { ByName } from '../by-hand.ts';
import type { Structs } from '../structs.ts';
import { buses } from './buses.ts';
import { atomics } from './counts/atomics.ts';
import { devices } from './counts/devices.ts';
import { ida } from './counts/ida.ts';
import { kobjects } from './counts/kobject.ts';
import type { References } from './counts/references.ts';
import { deferredProbing, probeCount } from './deferred.ts';
import { locks } from './locks/locks.ts';
import { rwLocks } from './locks/rw-locks.ts';
import { waiting } from './locks/waiting.ts';
import { work } from './locks/work.ts';
import { memory } from './memory.ts';
import { notifiers } from './notifiers.ts';
import { quiet } from './quiet.ts';
import { strings } from './strings.ts';

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

/**
 * What a kernel's files call that nobody gives as C, whatever the machine: locks, memory, atomic counters,
 * kobjects, notifiers, work, sleeping. What is in none of these tables is an error that names it.
 */
export function apiOf(structs: Structs, references: References): ByName {
  const { isIdle, list_empty } = deferredProbing(structs);
  const counted = kobjects(structs);
  return {
    ...quiet,
    ...locks,
    ...rwLocks,
    ...ida,
    ...memory,
    ...atomics,
    ...probeCount(structs, atomics),
    ...strings,
    ...counts,
    ...counted,
    ...devices(structs, references, counted),
    ...notifiers(structs),
    ...waiting(structs),
    ...work(structs, isIdle),
    list_empty,
    ...buses(structs),
  };
}
