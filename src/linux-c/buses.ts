import type { Task } from '../explore/index.ts';
import { big, type Scalar, type Thread, type Variable } from '../llvm/index.ts';
import type { ByHand } from './by-hand.ts';

/** What is on each bus, in the order in which it came there. */
export type Buses = ReadonlyMap<string, readonly Variable[]>;

/** Walks over the devices of a bus, without the driver core. */
export function walks(buses: Buses): Readonly<Record<string, ByHand>> {
  function* bus_for_each_dev(
    thread: Thread,
    bus: Scalar,
    _start: Scalar,
    data: Scalar,
    visit: Scalar,
  ): Task<Scalar> {
    const name = typeof bus === 'object' ? bus.text : '';
    for (const device of buses.get(name) ?? []) {
      const result = yield* thread.call(visit, [device.at(0), data]);
      if (big(result as Scalar) !== 0n) return result as Scalar;
    }
    return 0;
  }
  return { bus_for_each_dev: bus_for_each_dev as ByHand };
}
