// What firmware says that a device gets, whatever a kernel makes of it: each specifier counts as it would
// if the device had no other.

import { type EndState, hasUnits, type Member, type Shape } from '../machine/index.ts';

/** The IDs of a device at one of its IOMMUs, as its driver writes them down. */
export interface Said {
  readonly iommu: string;
  readonly ids: readonly number[];
}

/** More specifiers than that are not asked for one by one: what firmware says is then not known. */
const mostAsked = 64;

/** The end of a boot with no concurrency of a device of some shape. */
export type QuietBoot = (shape: Shape) => EndState;

/** The shapes of a device with one of its specifiers alone; null where firmware is not that clear. */
function alone(shape: Shape, { specifiers }: Member): readonly Shape[] | null {
  // Of two tables Linux takes the first that names an IOMMU, and a table of units knows no IDs.
  if (shape.firmware === 'iort+viot' || hasUnits(shape)) return null;
  if (specifiers.length > mostAsked) return null;
  const { bus, firmware } = shape;
  return specifiers.flatMap(({ iommu, args }): Shape[] => {
    const of = shape.iommus[iommu];
    if (of === undefined) return [];
    const described = firmware === undefined ? {} : { firmware };
    return [
      { bus, name: shape.name, ...described, iommus: [of], specifiers: [{ iommu: 0, args }] },
    ];
  });
}

/**
 * How a device would end if all that firmware says of it came true; null where that is not known.
 *
 * @param member one of the devices of the shape
 */
export function saidOf(shape: Shape, member: Member, boot: QuietBoot): EndState | null {
  const ends: EndState[] = [];
  for (const one of alone(shape, member) ?? []) {
    const end = boot(one);
    if (!end.grouped) return null;
    ends.push(end);
  }
  const [first] = ends;
  if (first === undefined) return null;
  const attachments: EndState['attachments'][number][] = [];
  for (const { instance, ids } of ends.flatMap((end) => end.attachments)) {
    const at = attachments.findIndex((known) => known.instance.dev.name === instance.dev.name);
    const known = attachments[at];
    if (known === undefined) attachments.push({ instance, ids });
    else attachments[at] = { instance, ids: [...known.ids, ...ids] };
  }
  return { ...first, attachments, ids: ends.flatMap((end) => end.ids ?? []) };
}

/** Whether a device has all that it is said to have, and no more: an ID that is said twice may be there once. */
export function hasWhatIsSaid(state: EndState, said: EndState): boolean {
  const found = namesOf(state);
  const wanted = namesOf(said);
  return (
    found.size === wanted.size &&
    [...wanted].every(([name, ids]) => {
      const own = sorted(found.get(name) ?? null);
      return own === sorted(ids) || own === sorted([...new Set(ids)]);
    })
  );
}

function namesOf({ attachments }: EndState): ReadonlyMap<string, readonly number[]> {
  return new Map(attachments.map(({ instance, ids }) => [instance.dev.name, ids]));
}

function sorted(ids: readonly number[] | null): string | null {
  return ids === null ? null : ids.toSorted((a, b) => a - b).join(' ');
}
