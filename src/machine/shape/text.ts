import { hex } from '../../util/index.ts';
import type { Shape } from './shape.ts';
import { hasUnits } from './units.ts';

/** A shape in a few words: `pci, 2 functions in one group, ID 0x1 at iommu`. */
export function shapeText(shape: Shape): string {
  const { bus, firmware, functions = 1, bridge, binding, iommus } = shape;
  const where = iommus.map(({ name, cells }, i) => idsText(shape, i, name, cells));
  return [
    firmware === undefined ? bus : `${bus} in ${firmware}`,
    ...(functions > 1
      ? [`${functions} ${bus === 'pci' ? 'functions' : 'devices'} in one group`]
      : []),
    ...(bridge === undefined ? [] : ['behind an alias bridge']),
    ...(binding === undefined ? [] : [`listed in ${binding}`]),
    ...(hasUnits(shape) ? [] : [where.join(', ')]),
  ].join(', ');
}

function idsText({ specifiers }: Shape, index: number, name: string, cells: number): string {
  const own = specifiers.filter(({ iommu }) => iommu === index);
  const ids = own.flatMap(({ args: [id] }) => (id === undefined ? [] : [hex(id)]));
  if (ids.length === 0) return `no ID at ${name} (#iommu-cells ${cells})`;
  const [last = ''] = ids.slice(-1);
  return ids.length === 1
    ? `ID ${last} at ${name}`
    : `IDs ${ids.slice(0, -1).join(', ')} and ${last} at ${name}`;
}
