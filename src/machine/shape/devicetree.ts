// The devicetree that describes a shape.

import type { FdtNode, FdtProperty } from '../../firmware/index.ts';
import { present } from '../../util/index.ts';
import type { DescribedShape, Names } from './machine.ts';
import type { Member, Members } from './members.ts';
import type { Shape } from './shape.ts';

/** Describe the devices of a shape, and perhaps an IOMMU that the device does not refer to. */
export function devicetreeOfShape(shape: Shape, members: Members, other: boolean): DescribedShape {
  const children: FdtNode[] = [];
  const root = node('', null, { '#interrupt-cells': words(1) }, children, null);
  const lists = shape.binding === 'mmu-masters';
  const consumers = members.masters.map((master, i) => {
    const [first = members.client] = master;
    const alone = shape.bus === 'platform' || shape.bus === 'amba';
    const described = lists ? streamsOf(first) : alone ? specifierList(first) : iommuMap(master);
    return node(
      master.includes(members.client) ? members.client.name : first.name,
      root,
      described,
      [],
      lists ? shape.iommus.length + 1 + i : null,
    );
  });
  const masters = members.masters.map(([member = members.client]) => member);
  const providers = shape.iommus.map(({ name, compatible, cells }, i) =>
    node(
      name,
      root,
      {
        compatible: text(compatible),
        ...(lists
          ? { 'mmu-masters': mastersOf(masters, i, shape.iommus.length + 1) }
          : { '#iommu-cells': words(cells) }),
        ...interrupts,
      },
      [],
      i + 1,
    ),
  );
  const [first] = providers;
  const bystander =
    other && first !== undefined
      ? bystanderLike(first, lists ? null : shape.iommus.length + 1)
      : null;
  const nodes = [...providers, bystander, ...consumers].filter((np) => np !== null);
  children.push(...nodes);
  const phandles = nodes.flatMap((np): [number, FdtNode][] =>
    np.phandle === null ? [] : [[np.phandle, np]],
  );
  return {
    firmware: { firmware: 'devicetree', fdt: { root, phandles: new Map(phandles) } },
    iommus: providers.map(namesOf),
    other: bystander === null ? null : namesOf(bystander),
    members: new Map(
      members.masters.flatMap((master, i) => {
        const names = namesOf(present(consumers[i], 'its node'));
        const own = shape.bus === 'platform' || shape.bus === 'amba';
        return master.map((member): [Member, Names] => [
          member,
          own ? names : { ...names, of_node: null },
        ]);
      }),
    ),
  };
}

/** Another one like it, that lists nobody. */
function bystanderLike(of: FdtNode, phandle: number | null): FdtNode {
  const properties = new Map(of.properties);
  const listed = properties.get('mmu-masters');
  if (listed !== undefined) properties.set('mmu-masters', { ...listed, value: words() });
  return { ...of, name: 'other', path: '/other', phandle, properties };
}

/** An SMMU does not do without. */
const interrupts: Readonly<Record<string, Uint8Array>> = {
  '#global-interrupts': words(0),
  interrupts: words(0),
};

function namesOf(np: FdtNode): Names {
  return { of_node: np, dma_node: np };
}

function specifierList({ specifiers }: Member): Readonly<Record<string, Uint8Array>> {
  return { iommus: words(...specifiers.flatMap(({ iommu, args }) => [iommu + 1, ...args])) };
}

/** One row for each ID of what is below, however many have it. */
function iommuMap(master: readonly Member[]): Readonly<Record<string, Uint8Array>> {
  const rows = new Map<number, readonly number[]>();
  for (const { specifiers, requesters } of master)
    for (const [i, { iommu, args }] of specifiers.entries()) {
      const id = requesters[i] ?? 0;
      if (!rows.has(id)) rows.set(id, [id, iommu + 1, ...args, 1]);
    }
  return { 'iommu-map': words(...[...rows.values()].flat()) };
}

/** How many IDs a master has for each of its IOMMUs, which list the IDs themselves. */
function streamsOf({ specifiers }: Member): Readonly<Record<string, Uint8Array>> {
  const first = specifiers.filter(({ iommu }) => iommu === specifiers[0]?.iommu);
  return { '#stream-id-cells': words(first.flatMap(({ args }) => args).length) };
}

function mastersOf(masters: readonly Member[], iommu: number, phandle: number): Uint8Array {
  return words(
    ...masters.flatMap(({ specifiers }, i) => {
      const ids = specifiers.filter((of) => of.iommu === iommu).flatMap(({ args }) => args);
      return ids.length === 0 ? [] : [phandle + i, ...ids];
    }),
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
