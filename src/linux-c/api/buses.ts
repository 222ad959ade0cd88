import { Cell, look, setIn } from '../../explore/index.ts';
import type { Machine, Pointer, Scalar, Thread } from '../../llvm/index.ts';
import { type ByHand, type ByName, returning } from '../by-hand.ts';
import type { Structs } from '../structs.ts';

const same: ByHand = function* (_thread, it = 0n) {
  return it;
};

/**
 * Which private data a bus has. It is there from the time when the bus was registered; the kernel looks for it
 * on a list, under a spinlock, and counts who uses it: nothing that could keep tasks apart or crash.
 */
export function buses(structs: Structs): ByName {
  const ofMachine = new WeakMap<Machine, Map<Scalar, Cell<Scalar>>>();
  const known = ({ machine }: Thread): Map<Scalar, Cell<Scalar>> => {
    const map = ofMachine.get(machine) ?? new Map<Scalar, Cell<Scalar>>();
    ofMachine.set(machine, map);
    return map;
  };
  return {
    *kset_register(thread, kset = 0n) {
      const shared = (yield* thread.memory.share(kset)) as Pointer;
      const subsys = structs.containerOf(shared, 'subsys_private', 'subsys');
      const bus = yield* structs.load(thread, subsys, 'subsys_private', 'bus');
      const cell = new Cell<Scalar>(thread.world, 'bus', subsys);
      setIn(thread.world, known(thread), bus, cell);
      return 0;
    },
    *bus_to_subsys(thread, bus = 0n) {
      return look(thread.world, () => known(thread).get(bus)?.value ?? 0n);
    },
    bus_get: same,
    bus_put: returning(0n),
    subsys_get: same,
    subsys_put: returning(0n),
  };
}
