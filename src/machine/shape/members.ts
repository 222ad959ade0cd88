// The devices of a machine that is made for a shape: the one of the shape, those that share its group
// by where they are, and another one like it.

import { requesterOf, requesters, type Shape, type ShapeSpecifier } from './shape.ts';

/** One of them. */
export interface Member {
  readonly name: string;
  readonly bus: Shape['bus'];
  /** Device and function number of a PCI function. */
  readonly devfn: number;
  /** In firmware's order. */
  readonly specifiers: readonly ShapeSpecifier[];
  /** What each specifier is mapped from, on a bus whose devices have IDs of their own. */
  readonly requesters: readonly number[];
}

export interface Members {
  /** Bridge or container, where that is a device with a group of its own. */
  readonly above: Member | null;
  readonly client: Member;
  /** Other functions of its slot, what else is behind its bridge, or other objects in its container. */
  readonly mates: readonly Member[];
  readonly second: Member | null;
  /** A device by itself, behind the IOMMU that comes after those of the shape: that has no such ID. */
  readonly refused: Member | null;
  /** Those that one node of firmware describes together: below a host bridge, made by a controller. */
  readonly masters: readonly (readonly Member[])[];
}

/**
 * The devices that a shape stands for.
 *
 * @param besides whether another one is asked for: the next function, where there are several
 */
export function membersOf(
  shape: Shape,
  { second = false, refused = false }: { readonly second?: boolean; readonly refused?: boolean },
): Members {
  const { bus, bridge, functions = 1 } = shape;
  const together = bus === 'fsl-mc' || bus === 'cdx' || functions > 1 || bridge !== undefined;
  const count = Math.max(functions, second && together ? 2 : 1);
  const below = Array.from({ length: count }, (_, i) => memberOf(shape, i));
  const [client, ...others] = below as [Member, ...Member[]];
  const apart = second && !together ? memberOf(shape, 1, 0) : null;
  const above = aboveOf(shape);
  const odd = refused ? refusedOf(shape) : null;
  const host = above === null ? below : [above, ...below];
  return {
    above,
    client,
    second: apart ?? (second ? (others[0] ?? null) : null),
    refused: odd,
    mates: second && apart === null ? others.slice(1) : others,
    masters: [
      ...(bus === 'platform' || bus === 'amba' ? host.map((member) => [member]) : [host]),
      ...[apart, odd].filter((of) => of !== null).map((of) => [of]),
    ],
  };
}

/** IDs of devices that are made up lie this far from those of the shape. */
const idsBetween = 0x100;

function memberOf(shape: Shape, i: number, devfn: number = devfnOf(shape, i)): Member {
  const { bus, bridge, specifiers } = shape;
  return {
    name: i === 0 ? shape.name : i === 1 ? 'second' : `device ${i + 1}`,
    bus,
    devfn,
    // Bridges give their IDs to all that is below them, and a container has one for all in it.
    specifiers: specifiers.map((of, n) =>
      bus === 'fsl-mc' || (bridge !== undefined && n > 0) ? of : apartBy(of, i),
    ),
    requesters: Array.from({ length: requesters(shape) }, (_, n) => {
      if (bus !== 'pci') return bus === 'cdx' ? i : 0;
      if (n === 0) return requesterOf(0) | devfn;
      return bridge === undefined ? requesterOf(n) : requesterOf(0);
    }),
  };
}

/** More than any IOMMU has, or it is made to have less. */
const refusedId = 0xffff_ffff;

function refusedOf(shape: Shape): Member {
  const specifiers = shape.specifiers.map(({ args: [, ...rest] }) => ({
    iommu: shape.iommus.length,
    args: [refusedId, ...rest],
  }));
  return { ...memberOf(shape, 1, 0), name: 'refused', specifiers };
}

/** Functions share a slot; behind a bridge to conventional PCI each has its own. */
function devfnOf(shape: Shape, i: number): number {
  return shape.bridge === undefined ? i : 8 * (isItsOwnAlias(shape) ? i : i + 1);
}

/** Whether the bridge gives the function the very ID that it has already: it is the first behind it. */
function isItsOwnAlias({ specifiers: [own, alias] }: Shape): boolean {
  return own?.iommu === alias?.iommu && String(own?.args) === String(alias?.args);
}

/** What tells another device from the first, where the IOMMU can tell devices apart. */
function apartBy({ iommu, args: [id, ...rest] }: ShapeSpecifier, i: number): ShapeSpecifier {
  return { iommu, args: id === undefined ? [] : [(id ^ (idsBetween * i)) >>> 0, ...rest] };
}

/** The bus number of a bridge that gives its own ID to what is below. */
export const bridgeBus = 0x10;

function aboveOf(shape: Shape): Member | null {
  const { bus, bridge } = shape;
  const first = memberOf(shape, 0);
  if (bus === 'fsl-mc') return { ...first, name: 'container' };
  if (bridge === undefined) return null;
  const specifiers = first.specifiers.slice(0, 1).map((of) => apartBy(of, 0x20));
  return { ...first, name: 'bridge', devfn: 0, specifiers, requesters: [bridgeBus << 8] };
}
