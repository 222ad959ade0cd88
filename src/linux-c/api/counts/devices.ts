import type { Task } from '../../../explore/index.ts';
import { big, Pointer, type Scalar, type Thread, Variable } from '../../../llvm/index.ts';
import type { ByHand, ByName } from '../../by-hand.ts';
import type { Structs } from '../../structs.ts';
import type { References } from './references.ts';

/** What is asked of devices, whoever made them. One from the heap is counted as the kobject in it. */
export function devices(
  structs: Structs,
  references: References,
  { kobject_get, kobject_put }: ByName,
): ByName {
  function* counted(thread: Thread, dev: Scalar, change: ByHand): Task {
    yield* change(thread, structs.at(dev, 'device', 'kobj'));
  }

  return {
    *get_device(thread, dev = 0n) {
      if (!(dev instanceof Pointer)) return dev;
      if (dev.memory instanceof Variable) references.get(thread, dev.memory);
      else yield* counted(thread, dev, kobject_get as ByHand);
      return dev;
    },
    *put_device(thread, dev = 0n) {
      if (!(dev instanceof Pointer)) return 0;
      if (dev.memory instanceof Variable) references.put(thread, dev.memory);
      else yield* counted(thread, dev, kobject_put as ByHand);
      return 0;
    },
    *device_match_fwnode(thread, dev = 0n, fwnode = 0n) {
      const own = (yield* thread.call(
        thread.machine.compiled.linked.outside('__dev_fwnode').at(0),
        [dev],
      )) as Scalar;
      return big(fwnode) !== 0n && own === fwnode ? 1 : 0;
    },
  };
}
