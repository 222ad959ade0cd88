import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type FdtNode, flattenFdt, type LooseNode, parseFdt } from '../../src/firmware/index.ts';

const folder = new URL('../fixtures/dtb/', import.meta.url);
const blobs = readdirSync(folder).filter((name) => name.endsWith('.dtb'));

/** The node without its place in a blob. */
function loose({ name, properties, children }: FdtNode): LooseNode {
  const values = [...properties.values()].map(({ name, value }): [string, Uint8Array] => [
    name,
    Uint8Array.from(value),
  ]);
  return { name, properties: new Map(values), children: children.map(loose) };
}

test.each(blobs)('the nodes of %s come back from a blob made of them', (name) => {
  const nodes = loose(parseFdt(readFileSync(new URL(name, folder))).root);
  const fdt = parseFdt(flattenFdt(nodes));
  expect(loose(fdt.root)).toEqual(nodes);
  expect(fdt.notes).toEqual([]);
});

test('a name or a value of any length is padded, and names are kept once', () => {
  const lengths = [0, 1, 2, 3, 4, 5];
  const properties = new Map(
    lengths.map((length) => ['p'.repeat(length + 1), new Uint8Array(length)]),
  );
  const children = lengths.map((length) => ({
    name: 'n'.repeat(length + 1),
    properties,
    children: [],
  }));
  const root = { name: '', properties, children };
  const blob = flattenFdt(root);
  expect(loose(parseFdt(blob).root)).toEqual(root);
  expect(parseFdt(blob).header.size_dt_strings).toBe(2 + 3 + 4 + 5 + 6 + 7);
});
