// What is found in the devicetrees of Debian's kernels for arm64, which tools/debian-trees.sh fetches.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseFdt } from '../../../src/firmware/fdt/index.ts';
import { defaultKconfig } from '../../../src/linux/index.ts';
import { inspect, machineFromDevicetree } from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';

const folder =
  process.env.DEBIAN_TREES ?? new URL('../../../.cache/debian-trees', import.meta.url).pathname;
const trees = existsSync(folder)
  ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => /^linux-image-6\.1\.[^/]*-arm64\/.*\.dtb$/.test(path))
      .sort()
  : [];

if (trees.length === 0) {
  console.error('SKIPPED: no trees of Debian; tools/debian-trees.sh fetches them');
}

/** How often each rule speaks, of how many other devices, and in how many trees. */
function countAll(): ReadonlyMap<string, readonly [nodes: number, devices: number, trees: number]> {
  const counts = new Map<string, [number, number, Set<string>]>();
  for (const tree of trees) {
    const fdt = parseFdt(new Uint8Array(readFileSync(join(folder, tree))));
    const machine = machineFromDevicetree(fdt, new Map());
    const { findings } = inspect(machine, designOf('v7.3'), defaultKconfig);
    for (const { rule, node, nodes = [node], devices = [] } of findings) {
      const count = counts.get(rule) ?? [0, 0, new Set()];
      counts.set(rule, [count[0] + nodes.length, count[1] + devices.length, count[2].add(tree)]);
    }
  }
  return new Map(
    [...counts].map(([rule, [of, devices, where]]) => [rule, [of, devices, where.size]]),
  );
}

// Counted in the trees of 6.1 by a script that knows nothing of this program, in trees: who is
// behind a disabled IOMMU, StreamIDs that two devices or one have twice, and so on.
describe.skipIf(trees.length === 0)('the trees of Debian 6.1 for arm64', () => {
  const counts = countAll();

  test.each([
    ['iommu-disabled', 40],
    ['iommu-disabled-dev', 50],
    ['smmu2-shared-sid', 26],
    ['smmu2-id-under-mask', 57],
    ['smmu2-self-overlap', 5],
    ['smmu2-legacy', 1],
    ['smmu2-sid-range', 2],
    ['ipmmu-allowlist', 8],
  ])('%s speaks in %i trees', (rule, inTrees) => {
    expect(counts.get(rule)?.[2]).toBe(inTrees);
  });

  test('78 devices are not in the list of ipmmu-vmsa', () => {
    expect(counts.get('ipmmu-allowlist')?.[1]).toBe(78);
  });

  test.each([
    ...['cells-driver', 'iommu-cycle', 'iommu-map-sid-collision', 'iommu-mixed-drivers'],
    ...['iommu-multi-instance', 'iommu-not-registered', 'iommu-self', 'iommu-supplier'],
    ...['iommus-cells-mismatch', 'iommus-dangling', 'iommus-length', 'iommus-no-cells'],
    ...['iommus-short', 'iommus-zero-phandle', 'smmu2-context-irq', 'smmu2-global-irq'],
    ...['smmu2-smr-conflict', 'smmu3-cells', 'smmu3-dup-sid', 'smmu3-irq-names'],
    ...['smmu3-reg-size', 'smmu3-sid-range'],
  ])('%s is silent', (rule) => {
    expect(counts.get(rule)).toBeUndefined();
  });
});
