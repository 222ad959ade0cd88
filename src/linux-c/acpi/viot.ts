import { type ClientOf, type Firmware, treeOf } from '../world/index.ts';
import { Companions, configure, isNot } from './companions.ts';
import { bytesOf, placeTable, tableOf } from './table.ts';

/** Where the first node of a table is. */
const firstNode = 48;

/** `ACPI_VIOT_NODE_MMIO` and `ACPI_VIOT_NODE_VIRTIO_IOMMU_MMIO` */
const types = { endpoint: 2, iommu: 4 };

const sizes = { endpoint: 24, iommu: 16 };

/** A VIOT of virtio-iommus and endpoints behind them, all of them by where their registers are. */
export function viotOf(
  iommus: readonly string[],
  clients: readonly ClientOf[],
  addressOf: (name: string) => number,
): Uint8Array {
  const nodes = [
    ...iommus.map((name) =>
      bytesOf([1, types.iommu], [1, 0], [2, sizes.iommu], [4, 0], [8, addressOf(name)]),
    ),
    ...clients.flatMap((client) =>
      client.iommus.map(([iommu, id = 0]) =>
        bytesOf(
          [1, types.endpoint],
          [1, 0],
          [2, sizes.endpoint],
          [4, id],
          [8, addressOf(client.name)],
          [2, firstNode + sizes.iommu * iommu],
          new Uint8Array(6),
        ),
      ),
    ),
  ];
  return tableOf(
    'VIOT',
    0,
    bytesOf([2, nodes.length], [2, firstNode], new Uint8Array(8), ...nodes),
  );
}

/** A machine that VIOT describes: its devices are of the namespace, the IOMMUs among them. */
export function viot(iommus: readonly string[], clients: readonly ClientOf[]): Firmware {
  const names = [...iommus, ...clients.map(({ name }) => name)];
  const addressOf = (name: string): number => 0x1000_0000 + 0x1_0000 * names.indexOf(name);
  let companions: Companions | null = null;
  return {
    tree: treeOf([], []),
    matchesByName: true,
    describe(kernel, name) {
      companions ??= new Companions(kernel, isNot('iort_iommu_configure_id'));
      const client = clients.find((one) => one.name === name);
      // Of several endpoints at one address, the first is the device's.
      const ids = client === undefined ? 0 : Math.min(client.iommus.length, 1);
      return companions.describe(name, ids, addressOf(name));
    },
    prepare({ structs }) {
      const table = placeTable(structs, 'VIOT', viotOf(iommus, clients, addressOf));
      companions?.provideTable(table);
    },
    *boot(kernel, thread) {
      yield* kernel.call(thread, 'acpi_viot_init');
    },
    configure,
  };
}
