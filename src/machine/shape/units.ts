// The machine of x86 or s390 that describes a shape: a table says which unit a device is behind.

import type { DescribedShape, Names } from './machine.ts';
import type { Members } from './members.ts';
import type { Shape } from './shape.ts';

/** A table of units that no device of any bus stands for. */
export type UnitTable = 'dmar' | 'ivrs' | 'clp';

/** Whether the shape's IOMMUs are units of such a table. */
export function hasUnits(shape: Shape): shape is Shape & { readonly firmware: UnitTable } {
  const { firmware } = shape;
  return firmware === 'dmar' || firmware === 'ivrs' || firmware === 'clp';
}

/** Describe the devices of a shape, and perhaps a unit with no devices. */
export function unitsOfShape(shape: Shape, { masters }: Members, other: boolean): DescribedShape {
  const client = shape.firmware === 'clp' ? unit : behindBridge;
  return {
    firmware: {
      firmware: 'acpi',
      fdt: null,
      acpi: { iort: null, viot: null, fwnodes: new Map() },
    },
    iommus: shape.iommus.map(() => unit),
    other: other ? unit : null,
    members: new Map(masters.flat().map((member) => [member, client])),
  };
}

/** No firmware has a name for it. */
const unit: Names = { of_node: null, dma_node: null };

/** A function below a host bridge: the bus asks ACPI about it, which knows of no IOMMU. */
const behindBridge: Names = {
  of_node: null,
  dma_node: null,
  acpi: {
    fwnode: null,
    dma_companion: { kind: 'device', path: '\\_SB_.PCI0', cca: null, memory: null },
  },
};
