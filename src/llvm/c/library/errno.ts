import type { Task } from '../../../explore/index.ts';
import { Image } from '../../memory/image.ts';
import type { PrivateMemory } from '../../memory/objects.ts';
import type { Scalar } from '../../memory/value.ts';
import type { External } from '../../run/thread/machine.ts';
import type { Thread } from '../../run/thread/thread.ts';
import { type ByHand, externals } from '../by-hand.ts';

/** Of each thread, its own `errno`. */
const ofThread = new WeakMap<Thread, PrivateMemory>();

function errno(thread: Thread): PrivateMemory {
  let memory = ofThread.get(thread);
  if (memory === undefined) {
    memory = thread.memory.variable('errno', 4, null, new Image(true));
    ofThread.set(thread, memory);
  }
  return memory;
}

export function setErrno(thread: Thread, value: number): void {
  errno(thread).image.write(0, 4, value);
}

function* location(thread: Thread): Task<Scalar> {
  return errno(thread).at(0);
}

/** What `errno` is read and written through, by name. */
export const errnoFunctions: ReadonlyMap<string, External> = externals({
  __errno_location: location as ByHand,
});
