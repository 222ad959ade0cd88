// Whose `iommu-map` Linux looks IDs up in.

import { compatibleOf, type FdtNode, type MapEntry } from '../../../../firmware/index.ts';
import { makesByMap } from '../../../firmware/made/other-buses.ts';
import type { Machine } from '../../../machine.ts';

const known = new WeakMap<Machine, ReadonlySet<FdtNode | null>>();

/** Host bridges, and others that make devices which have IDs in a map. */
export function usesMap(machine: Machine, node: FdtNode): boolean {
  let users = known.get(machine);
  if (users === undefined) {
    const makers = machine.devices.filter(({ map_id }) => map_id !== undefined);
    users = new Set([
      ...machine.hostBridges.map(({ device }) => device.of_node),
      ...makers.map(({ dma_node }) => dma_node),
    ]);
    known.set(machine, users);
  }
  return users.has(node) || makesByMap(compatibleOf(node));
}

/** A boot loader fills in such a map: what it says on disk nobody uses. */
export function isPlaceholder([lone, ...others]: readonly MapEntry[]): boolean {
  return lone?.length === 1 && lone.inputBase === 0 && lone.outputBase === 0 && others.length === 0;
}
