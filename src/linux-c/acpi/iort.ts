import type { Pointer } from '../../llvm/index.ts';
import type { ClientOf, Firmware } from '../world/index.ts';
import { treeOf } from '../world/index.ts';
import { Companions, configure, isNot, pathOf } from './companions.ts';
import { bytesOf, placeTable, tableOf } from './table.ts';

/** Where the first node of a table is. */
const firstNode = 48;

/** `ACPI_IORT_NODE_NAMED_COMPONENT` and `ACPI_IORT_NODE_SMMU_V3` */
const types = { named: 1, smmuV3: 4 };

/** `ACPI_IORT_ID_SINGLE_MAPPING` */
const single = 1;

const mappingSize = 20;
const headerSize = 16;

/** An IORT of SMMUs, and named components behind them; where each node begins. */
export function iortOf(
  iommus: readonly string[],
  clients: readonly ClientOf[],
): { readonly bytes: Uint8Array; readonly offsets: ReadonlyMap<string, number> } {
  const offsets = new Map<string, number>();
  const nodes: Uint8Array[] = [];
  let at = firstNode;
  const add = (name: string, node: Uint8Array): void => {
    offsets.set(name, at);
    nodes.push(node);
    at += node.length;
  };
  for (const [i, name] of iommus.entries()) add(name, smmuV3(i));
  for (const [i, client] of clients.entries())
    add(
      client.name,
      named(client, iommus.length + i, (iommu) => offsets.get(iommus[iommu] as string) as number),
    );
  const body = bytesOf([4, nodes.length], [4, firstNode], [4, 0], ...nodes);
  return { bytes: tableOf('IORT', 5, body), offsets };
}

function smmuV3(id: number): Uint8Array {
  const body = bytesOf([8, 0x1000_0000 * (id + 1)], new Uint8Array(44));
  return node(types.smmuV3, 4, id, body, []);
}

function named(client: ClientOf, id: number, offsetOf: (iommu: number) => number): Uint8Array {
  const text = bytesOf([4, 0], [8, 0], [1, 48], pathOf(client.name), [1, 0]);
  const body = bytesOf(text, new Uint8Array((4 - (text.length % 4)) % 4));
  const mappings = client.iommus.map(([iommu, output = 0]) =>
    bytesOf([4, 0], [4, 0], [4, output], [4, offsetOf(iommu)], [4, single]),
  );
  return node(types.named, 4, id, body, mappings);
}

function node(
  type: number,
  revision: number,
  identifier: number,
  body: Uint8Array,
  mappings: readonly Uint8Array[],
): Uint8Array {
  const offset = mappings.length === 0 ? 0 : headerSize + body.length;
  return bytesOf(
    [1, type],
    [2, headerSize + body.length + mappingSize * mappings.length],
    [1, revision],
    [4, identifier],
    [4, mappings.length],
    [4, offset],
    body,
    ...mappings,
  );
}

/** A machine that IORT describes: SMMUs that are in no namespace, and devices behind them that are. */
export function iort(iommus: readonly string[], clients: readonly ClientOf[]): Firmware {
  const { bytes, offsets } = iortOf(iommus, clients);
  const fwnodes = new Map<string, Pointer>();
  let companions: Companions | null = null;
  return {
    tree: treeOf([], []),
    matchesByName: true,
    describe(kernel, name) {
      const client = clients.find((one) => one.name === name);
      if (client !== undefined) {
        companions ??= new Companions(kernel, isNot('viot_iommu_configure'));
        return companions.describe(name, client.iommus.length);
      }
      const { structs } = kernel;
      const ops = kernel.maybeVariable('acpi_static_fwnode_ops')?.at(0) ?? 0n;
      const variable = structs.make(`IORT ${name}`, 'fwnode_handle', { ops });
      for (const list of ['suppliers', 'consumers'])
        structs.emptyList(variable, 'fwnode_handle', list);
      const fwnode = variable.at(0);
      fwnodes.set(name, fwnode);
      return { fields: { fwnode }, fwnode, ids: 0 };
    },
    prepare(kernel) {
      const table = placeTable(kernel.structs, 'IORT', bytes);
      companions?.provideTable(table);
      kernel.provide({
        // Devices for SMMUs are there already.
        *iort_init_platform_devices(thread) {
          for (const [name, fwnode] of fwnodes)
            yield* kernel.call(thread, 'iort_set_fwnode', table.at(offsets.get(name) ?? 0), fwnode);
          return 0;
        },
      });
    },
    *boot(kernel, thread) {
      yield* kernel.call(thread, 'acpi_iort_init');
    },
    configure,
  };
}
