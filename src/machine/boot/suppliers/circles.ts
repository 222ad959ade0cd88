// Devices that wait for each other: as nobody can tell which of them need not, none does.

import type { MachineDevice } from '../../machine.ts';
import type { SupplierLink } from './suppliers.ts';

/**
 * Which links are part of a circle. A device depends on its suppliers, and on the device that it is a
 * part of. @linux drivers/base/core.c __fw_devlink_relax_cycles
 */
export function inCircles(
  links: readonly SupplierLink[],
  above: (of: MachineDevice) => MachineDevice | null,
): (link: SupplierLink) => boolean {
  const needed = new Map<MachineDevice, MachineDevice[]>();
  const dependsOn = (of: MachineDevice): MachineDevice[] => {
    const known = needed.get(of);
    if (known !== undefined) return known;
    const parent = above(of);
    const made = parent === null ? [] : [parent];
    needed.set(of, made);
    return made;
  };
  for (const { consumer, supplier } of links) dependsOn(consumer).push(supplier);
  const circleOf = components(
    [...links.keys()].flatMap((at) => endsOf(links[at])),
    dependsOn,
  );
  return ({ consumer, supplier }) => circleOf.get(consumer) === circleOf.get(supplier);
}

function endsOf(link: SupplierLink | undefined): MachineDevice[] {
  return link === undefined ? [] : [link.consumer, link.supplier];
}

/** Strongly connected components by number, with a stack of its own (Tarjan 1972). */
function components<T>(
  starts: readonly T[],
  next: (of: T) => readonly T[],
): ReadonlyMap<T, number> {
  const index = new Map<T, number>();
  const low = new Map<T, number>();
  const component = new Map<T, number>();
  const open: T[] = [];
  const lower = (of: T, to: number): void => {
    low.set(of, Math.min(low.get(of) ?? to, to));
  };
  for (const start of starts) {
    const calls: { of: T; rest: Iterator<T> }[] = [];
    const enter = (of: T): void => {
      index.set(of, index.size);
      lower(of, index.get(of) ?? 0);
      open.push(of);
      calls.push({ of, rest: next(of)[Symbol.iterator]() });
    };
    if (!index.has(start)) enter(start);
    for (let call = calls.at(-1); call !== undefined; call = calls.at(-1)) {
      const { of } = call;
      const step = call.rest.next();
      if (step.done !== true) {
        if (!index.has(step.value)) enter(step.value);
        else if (!component.has(step.value)) lower(of, index.get(step.value) ?? 0);
        continue;
      }
      calls.pop();
      const lowest = low.get(of) ?? 0;
      const caller = calls.at(-1);
      if (caller !== undefined) lower(caller.of, lowest);
      if (lowest !== index.get(of)) continue;
      for (const member of open.splice(open.indexOf(of))) component.set(member, lowest);
    }
  }
  return component;
}
