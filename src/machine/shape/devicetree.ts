// The devicetree that describes a shape.

import type { FdtNode, FdtProperty } from '../../firmware/index.ts';
import type { DescribedShape, Names } from './machine.ts';
import { requesterOf, type Shape } from './shape.ts';

/** Describe a shape, perhaps another device like it, and an IOMMU that no device refers to. */
export function devicetreeOfShape(
  shape: Shape,
  second: Shape | null,
  other: boolean,
): DescribedShape {
  const children: FdtNode[] = [];
  const root = node('', null, { '#interrupt-cells': words(1) }, children, null);
  const providers = shape.iommus.map(({ name, compatible, cells }, i) =>
    node(
      name,
      root,
      { compatible: text(compatible), '#iommu-cells': words(cells), ...interrupts },
      [],
      i + 1,
    ),
  );
  const [first] = providers;
  const bystander =
    other && first !== undefined
      ? { ...first, name: 'other', path: '/other', phandle: null }
      : null;
  const consumer = consumerNode(shape, root);
  const sibling = second === null ? null : consumerNode(second, root);
  children.push(...[...providers, bystander, consumer, sibling].filter((np) => np !== null));
  const client = namesOf(consumer);
  return {
    firmware: {
      firmware: 'devicetree',
      fdt: { root, phandles: new Map(providers.map((np, i) => [i + 1, np])) },
    },
    iommus: providers.map(namesOf),
    other: bystander === null ? null : namesOf(bystander),
    client: shape.bus === 'pci' ? { ...client, of_node: null } : client,
    second: sibling === null ? null : namesOf(sibling),
  };
}

/** An SMMU does not do without. */
const interrupts: Readonly<Record<string, Uint8Array>> = {
  '#global-interrupts': words(0),
  interrupts: words(0),
};

function namesOf(np: FdtNode): Names {
  return { of_node: np, dma_node: np };
}

/** The device's node, or its host bridge's. */
function consumerNode(shape: Shape, root: FdtNode): FdtNode {
  const described: Record<string, Uint8Array> =
    shape.bus === 'pci' ? { 'iommu-map': iommuMap(shape) } : { iommus: specifierList(shape) };
  return node(shape.name, root, described, [], null);
}

function specifierList({ specifiers }: Shape): Uint8Array {
  return words(...specifiers.flatMap(({ iommu, args }) => [iommu + 1, ...args]));
}

function iommuMap({ specifiers }: Shape): Uint8Array {
  return words(
    ...specifiers.flatMap(({ iommu, args }, i) => [requesterOf(i), iommu + 1, ...args, 1]),
  );
}

function node(
  name: string,
  parent: FdtNode | null,
  values: Readonly<Record<string, Uint8Array>>,
  children: FdtNode[],
  phandle: number | null,
): FdtNode {
  const properties = new Map<string, FdtProperty>(
    Object.entries(values).map(([key, value]) => [key, { name: key, value, offset: 0 }]),
  );
  const path = parent === null ? '/' : `/${name}`;
  return { name, path, offset: 0, parent, properties, children, phandle };
}

function words(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    view.setUint32(i * 4, value);
  });
  return bytes;
}

function text(value: string): Uint8Array {
  return Uint8Array.from([...value, '\0'], (char) => char.charCodeAt(0));
}
