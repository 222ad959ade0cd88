import {
  type Fdt,
  type FdtNode,
  flattenFdt,
  type LooseNode,
  parseFdt,
} from '../../firmware/fdt/index.ts';

/** The buses that clients can be on. */
export const clientBuses = ['platform', 'amba', 'pci'] as const;

export type ClientBus = (typeof clientBuses)[number];

/** A client of IOMMUs, by their indices, with the cells of each specifier. */
export interface ClientOf {
  readonly name: string;
  /** `platform` unless said. */
  readonly bus?: ClientBus;
  readonly iommus: readonly (readonly [iommu: number, ...args: number[]])[];
}

/** Of IOMMUs. */
export const iommuCompatible = 'arm,smmu-v3';
/** Of clients. */
export const clientCompatible = 'fwspec,client';

/** The nth requester ID of a PCI function: its own first, then those of bridges above it. */
export function requesterOf(index: number): number {
  return (0x20 - index) << 8;
}

/**
 * The devicetree of a machine of so many IOMMUs of one kind, and clients of them: a PCI function has the node of its
 * host bridge, which maps each requester ID to the specifier in its place.
 *
 * @param iommuCells `#iommu-cells` of each IOMMU; 1 unless said
 */
export function treeOf(
  iommus: readonly string[],
  clients: readonly ClientOf[],
  compatible: string = iommuCompatible,
  iommuCells: readonly number[] = [],
): Fdt {
  return parseFdt(
    flattenFdt(
      node('', { '#address-cells': cells(1), '#size-cells': cells(0) }, [
        ...iommus.map((name, i) =>
          node(name, {
            compatible: text(compatible),
            phandle: cells(i + 1),
            '#iommu-cells': cells(iommuCells[i] ?? 1),
          }),
        ),
        ...clients.map((client) =>
          node(client.name, { compatible: text(clientCompatible), ...specifiersOf(client) }),
        ),
      ]),
    ),
  );
}

function specifiersOf({ bus, iommus }: ClientOf): Readonly<Record<string, Uint8Array>> {
  const entries = iommus.map(([iommu, ...args]) => [iommu + 1, ...args]);
  if (bus !== 'pci') return { iommus: cells(...entries.flat()) };
  return { 'iommu-map': cells(...entries.flatMap((entry, i) => [requesterOf(i), ...entry, 1])) };
}

/** The node with a name, anywhere in the tree; null where there is none. */
export function nodeNamed(tree: Fdt, name: string): FdtNode | null {
  return [...nodesOf(tree.root)].find((one) => one.name === name) ?? null;
}

/** A node and all below it. */
export function* nodesOf(root: FdtNode): Generator<FdtNode> {
  yield root;
  for (const child of root.children) yield* nodesOf(child);
}

function node(
  name: string,
  properties: Readonly<Record<string, Uint8Array>>,
  children: readonly LooseNode[] = [],
): LooseNode {
  return { name, properties: new Map(Object.entries(properties)), children };
}

function cells(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setUint32(4 * i, value);
  return bytes;
}

function text(value: string): Uint8Array {
  return Uint8Array.from(`${value}\0`, (char) => char.charCodeAt(0));
}
