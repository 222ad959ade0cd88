// Which stream IDs of an SMMU the mappings of IORT give to whom, whether there is a device or not.

import type { IortNamedComponent, IortNode, IortRootComplex } from '../../../../firmware/index.ts';
import { isManagementComplex } from '../../../../linux/index.ts';
import type { Machine } from '../../../machine.ts';
import { isNamedInFull, isSingle } from './mappings.ts';

/** Stream IDs that one mapping gives away. */
export interface Stretch {
  /** Offset of the SMMU. */
  readonly smmu: number;
  readonly owner: IortRootComplex | IortNamedComponent;
  /** Of the mapping. */
  readonly offset: number;
  readonly first: number;
  readonly last: number;
  /** What is added to an input ID; null where there is none. */
  readonly added: number | null;
}

const lastRequester = 0xffff;

/** In the order of the table. Of nodes that are never found there are none. */
export function stretchesOf(
  nodes: readonly IortNode[],
  { devices }: Pick<Machine, 'devices'>,
): Stretch[] {
  const smmus = new Set(
    nodes.filter(({ type }) => type === 'smmu' || type === 'smmu-v3').map(({ offset }) => offset),
  );
  const asking = askingIn(devices);
  const taken = new Set<string | number>();
  const found: Stretch[] = [];
  for (const owner of nodes) {
    if (owner.type !== 'root-complex' && owner.type !== 'named-component') continue;
    const isRoot = owner.type === 'root-complex';
    const name = isRoot ? owner.pci_segment_number : owner.device_name;
    if (taken.has(name) || !(isRoot || isNamedInFull(owner))) continue;
    taken.add(name);
    for (const map of owner.mappings) {
      const { offset, input_base, id_count, output_base, output_reference: smmu } = map;
      if (!smmus.has(smmu)) continue;
      if (isSingle(map)) {
        found.push({ smmu, owner, offset, first: output_base, last: output_base, added: null });
        continue;
      }
      // Ranges of other components are ignored, and functions have IDs of 16 bits.
      if (!isRoot && !asking.has(owner.device_name)) continue;
      const count = isRoot ? Math.min(id_count, lastRequester - input_base) : id_count;
      if (count < 0) continue;
      const added = output_base - input_base;
      found.push({ smmu, owner, offset, first: output_base, last: output_base + count, added });
    }
  }
  return found;
}

/** The objects of devices whose drivers ask by an ID, for which ranges are used. */
export function askingIn(devices: Machine['devices']): ReadonlySet<string> {
  const fwnodes = devices.flatMap(({ acpi }) => acpi?.fwnode ?? []);
  return new Set(fwnodes.flatMap((fwnode) => (isManagementComplex({ fwnode }) ? fwnode.path : [])));
}
