import { type FdtNode, propertyOf } from '../../firmware/index.ts';
import type { IommuDriver } from '../../linux/index.ts';
import type { Boot } from '../boot/boot.ts';
import type { Machine } from '../machine.ts';

/** What rules look at. */
export interface Judged {
  readonly fdt: NonNullable<Machine['fdt']>;
  readonly machine: Machine;
  readonly boot: Boot;
  /** Nodes that are enabled and whose ancestors all are, in the order of the tree. */
  readonly enabled: ReadonlySet<FdtNode>;
  readonly driverOf: (node: FdtNode) => IommuDriver | null;
  /** Nodes without `#iommu-cells` that somebody names as an IOMMU, which is found at who names them. */
  readonly namedWithoutCells: ReadonlySet<FdtNode>;
}

/** Where the value of a property is, or the node where it has none. */
export function offsetOf(node: FdtNode, property: string): number {
  return propertyOf(node, property)?.offset ?? node.offset;
}
