import type { Task } from '../../explore/index.ts';
import { type Fdt, type FdtNode, mapEntries, specifiers } from '../../firmware/fdt/index.ts';
import type { Pointer, Scalar, Thread } from '../../llvm/index.ts';
import type { Fields } from '../structs.ts';
import type { Device } from './devices.ts';
import type { Kernel } from './kernel.ts';
import { nodeNamed } from './tree.ts';

/** What firmware says of a device. */
export interface Described {
  /** What is in its `struct device` of that. */
  readonly fields: Fields;
  readonly fwnode: Pointer;
  /** The node that its DMA is configured by; NULL where that is no node. */
  readonly dma_node?: Scalar;
  /** How many IDs it has at IOMMUs. */
  readonly ids: number;
}

/** What describes a machine to its kernel. */
export interface Firmware {
  /** The devicetree; one of a root and nothing else where there is none. */
  readonly tree: Fdt;
  /** Drivers match devices by the name of the driver. */
  readonly matchesByName?: true;
  describe(kernel: Kernel, name: string): Described;
  /** Before anything runs, when all devices are described. */
  prepare?(kernel: Kernel): void;
  /** What reads it before there are drivers. */
  boot?(kernel: Kernel, thread: Thread): Task;
  /** What a bus does to configure DMA of a device, where there is no driver core to do it. */
  configure(kernel: Kernel, thread: Thread, device: Device): Task<Scalar>;
}

/**
 * A machine that a devicetree describes.
 *
 * @param below devices that have no node of their own, only one above them
 */
export function devicetree(tree: Fdt, below: readonly string[] = []): Firmware {
  return {
    tree,
    describe({ structs, nodes }, name) {
      const node = nodeNamed(tree, name) as FdtNode;
      const of_node = nodes.variable(node).at(0);
      const fwnode = structs.at(of_node, 'device_node', 'fwnode') as Pointer;
      const fields: Fields = below.includes(name) ? {} : { of_node, fwnode };
      return { fields, fwnode, dma_node: of_node, ids: idsOf(tree, node) };
    },
    *configure(kernel, thread, { dev, dma_node }) {
      return (yield* kernel.call(thread, 'of_iommu_configure', dev, dma_node, 0n)) as Scalar;
    },
  };
}

/** How many IDs a devicetree gives a device: a specifier without cells is none. */
function idsOf(tree: Fdt, node: FdtNode): number {
  const map = node.properties.get('iommu-map');
  if (map !== undefined) return mapEntries(tree, map).entries.length;
  const list = node.properties.get('iommus');
  if (list === undefined) return 0;
  return specifiers(tree, list, '#iommu-cells').filter((of) => of.ok && of.args.length > 0).length;
}
