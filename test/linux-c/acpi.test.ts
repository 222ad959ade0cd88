// The ACPI tables of the machines that Linux's own C runs on, read as any other table is.
import { describe, expect, test } from 'vitest';
import { parseIort, parseViot } from '../../src/firmware/acpi/index.ts';
import { iortOf } from '../../src/linux-c/acpi/iort.ts';
import { viotOf } from '../../src/linux-c/acpi/viot.ts';

const clients = [
  { name: 'dev', iommus: [[0, 1] as const, [1, 2] as const] },
  { name: 'second', iommus: [[1, 9] as const] },
];
const sum = (bytes: Uint8Array): number => bytes.reduce((all, byte) => (all + byte) % 256, 0);

describe('IORT', () => {
  const { bytes, offsets } = iortOf(['iommu 0', 'iommu 1'], clients);
  const table = parseIort(bytes);

  test('has each SMMU and each component where it is said to be, and nothing to be noted', () => {
    expect([table.notes, sum(bytes)]).toEqual([[], 0]);
    expect(table.nodes.map(({ offset, type }) => [offset, type])).toEqual(
      [...offsets].map(([name, offset]) => [
        offset,
        name.startsWith('iommu') ? 'smmu-v3' : 'named-component',
      ]),
    );
  });

  test('maps a component to the SMMUs that it is behind, by one ID each', () => {
    const mappings = table.nodes.flatMap((node) =>
      node.mappings.map(({ output_base, output_reference }) => [output_base, output_reference]),
    );
    const of = (name: string): number => offsets.get(name) as number;
    expect(mappings).toEqual([
      [1, of('iommu 0')],
      [2, of('iommu 1')],
      [9, of('iommu 1')],
    ]);
  });
});

test('VIOT has each endpoint at its virtio-iommu, by where the registers of both are', () => {
  const addresses = ['iommu 0', 'iommu 1', 'dev', 'second'];
  const bytes = viotOf(['iommu 0', 'iommu 1'], clients, (name) => 4096 * addresses.indexOf(name));
  const table = parseViot(bytes);
  expect([table.notes, sum(bytes)]).toEqual([[], 0]);
  expect(table.nodes).toMatchObject([
    { base_address: 0n },
    { base_address: 4096n },
    { base_address: 8192n, endpoint: 1, output_node: 48 },
    { base_address: 8192n, endpoint: 2, output_node: 64 },
    { base_address: 12288n, endpoint: 9, output_node: 64 },
  ]);
});
