// What another kernel, or another command line, would make of the same machine.

import type { InspectedDevice } from '../../machine/index.ts';
import type { InspectDocument } from './inspect.ts';

/** What of a device can be different. */
export const changeFields = ['outcome', 'iommus', 'group', 'domain'] as const;
export type ChangeField = (typeof changeFields)[number];

/** A device that comes out differently. */
export interface DeviceChange {
  readonly device: string;
  readonly fields: readonly {
    readonly field: ChangeField;
    readonly before: string;
    readonly after: string;
  }[];
}

/**
 * Devices that come out differently, in the order of the machine. A group is the devices in it: its number
 * alone says nothing.
 */
export function changesBetween(before: InspectDocument, after: InspectDocument): DeviceChange[] {
  const [was, is] = [namedIn(before), namedIn(after)];
  const [oldMates, newMates] = [matesIn(before), matesIn(after)];
  return [...new Set([...is.keys(), ...was.keys()])].flatMap((device) => {
    const [old, now] = [was.get(device), is.get(device)];
    const fields = changeFields
      .map((field) => ({
        field,
        before: fieldText(old, field, oldMates),
        after: fieldText(now, field, newMates),
      }))
      .filter((of) => of.before !== of.after);
    return fields.length === 0 ? [] : [{ device, fields }];
  });
}

/** Of several devices with one name, which have other paths, each by its own. */
function namedIn({ devices }: InspectDocument): Map<string, InspectedDevice> {
  const named = new Map<string, InspectedDevice>();
  for (const of of devices) named.set(named.has(of.name) ? of.path : of.name, of);
  return named;
}

/** Who is in each group, in a few words. */
function matesIn({ groups }: InspectDocument): Map<number, string> {
  return new Map(groups.map(({ id, devices }) => [id, matesText(devices)]));
}

function matesText(devices: readonly string[]): string {
  const sorted = [...devices].sort();
  return sorted.length === 1 ? 'alone' : `with ${sorted.length - 1} others: ${sorted.join(' ')}`;
}

/** What is there of a device; one that is not made has nothing. */
function fieldText(
  device: InspectedDevice | undefined,
  field: ChangeField,
  mates: ReadonlyMap<number, string>,
): string {
  if (device === undefined) return field === 'outcome' ? 'absent' : 'none';
  const { outcome, errno, iommus, group, domain } = device;
  switch (field) {
    case 'outcome':
      return errno === null ? outcome : `${outcome} (${errno})`;
    case 'iommus':
      if (iommus.length === 0) return 'none';
      return iommus
        .map(
          ({ iommu, ids }) => `${iommu} ${ids.map(({ id, mask }) => idText(id, mask)).join(' ')}`,
        )
        .join('; ');
    case 'group':
      return group === null ? 'none' : (mates.get(group) ?? '');
    case 'domain':
      return domain ?? 'none';
  }
}

function idText(id: number, mask: number): string {
  return mask === 0 ? `0x${id.toString(16)}` : `0x${id.toString(16)}/0x${mask.toString(16)}`;
}
