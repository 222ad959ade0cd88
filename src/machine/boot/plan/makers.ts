// Drivers whose probe makes devices.

import type { Design } from '../../../linux/index.ts';
import { makingDriverOf } from '../../firmware/made/drivers.ts';
import type { Machine, MachineDevice, Making } from '../../machine.ts';

/** Whether a release has the driver. Which one between v6.1 and v6.12 was the first is not known. */
export function hasMaker(
  { older, newest }: Pick<Design, 'older' | 'newest'>,
  made: Making,
): boolean {
  if (made.since === 'v7.3') return newest === true;
  return made.since === null || older !== true;
}

/** What the driver of each device makes, in order, where the kernel has that driver. */
export function makersOf(
  { devices }: Machine,
  design: Design,
): ReadonlyMap<MachineDevice, readonly MachineDevice[]> {
  const makers = new Map<MachineDevice, MachineDevice[]>();
  for (const of of devices) {
    if (of.made === undefined || !hasMaker(design, of.made)) continue;
    const known = makers.get(of.made.by);
    if (known === undefined) makers.set(of.made.by, [of]);
    else known.push(of);
  }
  return makers;
}

/** Whether the driver of a bus or the like comes before those of IOMMUs. */
export function isEarlyMaker({ of_node }: MachineDevice): boolean {
  return of_node !== null && makingDriverOf(of_node)?.early === true;
}
