import type { World } from '../../../explore/index.ts';
import type { device, errno, kernel } from '../../../linux/index.ts';
import { present } from '../../../util/index.ts';
import type { Returned, TracedFunction } from './calls.ts';
import { Sleepers } from './sleepers.ts';
import { Waiters } from './waiters.ts';

/** The last go at binding a driver to a device. */
export interface Attempt {
  /** What `really_probe()` returned. */
  errno: errno;
  /** The error that the IOMMU path ended in, 0 when it had none. */
  iommuErrno: errno;
  /** Where the kernel log stood when it began. */
  readonly logFrom: number;
}

/** What is written down of one boot. */
export class BootRecord {
  readonly attempts: Map<device, Attempt> = new Map();
  readonly calls: Map<device, Map<TracedFunction, Returned>> = new Map();
  /** How often IDs were added. */
  readonly added: Map<device, number> = new Map();
  readonly sleepers: Sleepers = new Sleepers();
  readonly waiters: Waiters = new Waiters();
  /** The next walk is that of an IOMMU that registers. */
  registering = false;
}

const records = new WeakMap<World, BootRecord>();

/** Write down what happens in a world. */
export function recordIn(world: World, record: BootRecord): void {
  records.set(world, record);
}

export function recordOf({ world }: Pick<kernel, 'world'>): BootRecord {
  return present(records.get(world), 'the record of a boot');
}
