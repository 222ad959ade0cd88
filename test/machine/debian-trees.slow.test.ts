// The devicetrees of Debian's kernels for Arm, which tools/debian-trees.sh fetches.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type FdtNode, isAvailable, parseFdt } from '../../src/firmware/fdt/index.ts';
import { defaultKconfig } from '../../src/linux/index.ts';
import { inspect, lint, machineFromDevicetree } from '../../src/machine/index.ts';
import { designOf } from '../../src/series/index.ts';

const folder =
  process.env.DEBIAN_TREES ?? new URL('../../.cache/debian-trees', import.meta.url).pathname;
const packages = existsSync(folder) ? readdirSync(folder).sort() : [];

if (packages.length === 0) {
  console.error('SKIPPED: no trees of Debian; tools/debian-trees.sh fetches them');
}

/** The trees of a package, by name. */
function treesIn(name: string): string[] {
  return readdirSync(join(folder, name), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.dtb'))
    .sort();
}

/** Enabled nodes of clients of IOMMUs. */
function* clientsOf(node: FdtNode): Generator<FdtNode> {
  if (!isAvailable(node)) return;
  if (node.properties.has('iommus')) yield node;
  for (const child of node.children) yield* clientsOf(child);
}

/** Whether a note has the path, and not only a longer one. */
function isNamed(notes: readonly string[], path: string): boolean {
  return notes.some((note) => note.split(/[ ,:]+/).includes(path));
}

describe.skipIf(packages.length === 0)('the trees of Debian', () => {
  test.each(packages)('%s: each client of an IOMMU is a device, or in a note', (name) => {
    const trees = treesIn(name);
    const count = { trees: trees.length, devices: 0, clients: 0, made: 0, noted: 0 };
    const lost: string[] = [];
    for (const tree of trees) {
      const bytes = new Uint8Array(readFileSync(join(folder, name, tree)));
      const machine = machineFromDevicetree(parseFdt(bytes), new Map());
      const nodes = new Map(machine.devices.map((of) => [of.of_node, of]));
      count.devices += machine.devices.length;
      for (const client of clientsOf(machine.fdt?.root as FdtNode)) {
        count.clients++;
        const device = nodes.get(client);
        if (device?.made !== undefined) count.made++;
        if (device !== undefined) continue;
        if (isNamed(machine.notes, client.path)) count.noted++;
        else lost.push(`${tree} ${client.path}`);
      }
    }
    console.info(name, count);
    expect(lost).toEqual([]);
    expect(count.trees).toBeGreaterThan(500);
    expect(count.made).toBeGreaterThan(50);
  });

  test.each(packages)('%s: lint, which boots less, finds what inspect finds', (name) => {
    const design = designOf('v7.3');
    const other: string[] = [];
    let found = 0;
    for (const tree of treesIn(name)) {
      const bytes = new Uint8Array(readFileSync(join(folder, name, tree)));
      const machine = machineFromDevicetree(parseFdt(bytes), new Map());
      const findings = lint(machine, design, defaultKconfig);
      found += findings.length;
      const all = inspect(machine, design, defaultKconfig).findings;
      if (JSON.stringify(findings) !== JSON.stringify(all)) other.push(tree);
    }
    expect(other).toEqual([]);
    expect(found).toBeGreaterThan(0);
  });
});
