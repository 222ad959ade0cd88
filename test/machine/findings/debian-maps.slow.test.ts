// What rules say of the devicetrees of a kernel of Debian, beside counts that are made here, by cells.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Fdt, type FdtNode, isAvailable, parseFdt } from '../../../src/firmware/fdt/index.ts';
import { defaultKconfig } from '../../../src/linux/index.ts';
import { lint, machineFromDevicetree } from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';

const folder =
  process.env.DEBIAN_TREES ?? new URL('../../../.cache/debian-trees', import.meta.url).pathname;
const packages = existsSync(folder) ? readdirSync(folder).sort() : [];

if (packages.length === 0) {
  console.error('SKIPPED: no trees of Debian; tools/debian-trees.sh fetches them');
}

/** Rules about maps and memory that no merged tree may break. */
const silent =
  /^(iommu-map-(2cell-broken|base|dangling|length|no-cells|overlap|range|wrap)|msi-map-|resv-|dma-ranges|viommu)/;

function words(node: FdtNode, name: string): number[] | null {
  const value = node.properties.get(name)?.value;
  if (value === undefined) return null;
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  return Array.from({ length: value.length >> 2 }, (_, i) => view.getUint32(4 * i));
}

/** What is to be found, of each enabled node. */
function* expected(fdt: Fdt): Generator<string> {
  const nodes: FdtNode[] = [];
  const visit = (node: FdtNode): void => {
    if (!isAvailable(node)) return;
    nodes.push(node);
    node.children.forEach(visit);
  };
  visit(fdt.root);
  const isThere = nodes.some((node) => node.properties.has('#iommu-cells'));
  const isPci = (node: FdtNode | null): boolean =>
    words(node ?? fdt.root, 'device_type')?.[0] === 0x70636900;
  for (const node of nodes) {
    const map = words(node, 'iommu-map');
    const msi = words(node, 'msi-map');
    if (msi !== null && !fdt.phandles.get(msi[1] ?? 0)?.properties.has('#msi-cells')) {
      const frame = fdt.phandles.get(msi[1] ?? 0)?.properties.get('compatible')?.value ?? [];
      if (!String.fromCharCode(...frame).includes('v2m-frame')) yield 'msi-no-cells';
    }
    if (map?.some((word, i) => i % 4 === 3 && word === 0)) yield 'iommu-map-zero-length';
    if (!isPci(node) || isPci(node.parent)) continue;
    if (map === null) {
      if (node.properties.has('iommus')) yield 'pcie-iommus-without-map';
      else if (isThere) yield 'pci-no-map';
      continue;
    }
    const target = fdt.phandles.get(map[1] ?? 0);
    if (target !== undefined && words(target, '#iommu-cells')?.[0] === 2)
      yield 'iommu-map-2cell-legacy';
    const [mask = 0xffffffff] = words(node, 'iommu-map-mask') ?? [];
    const [first = 0, last = 255] = words(node, 'bus-range') ?? [];
    // A mask without bits leaves ID 0 only.
    for (let at = 0; at < map.length && mask === 0; at += 4)
      if ((map[at + 3] ?? 0) > 1) yield 'iommu-map-mask-range';
    const isMapped = (id: number): boolean => {
      for (let at = 0; at < map.length; at += 4) {
        const [base = 0, , , length = 0] = map.slice(at, at + 4);
        const masked = (id & mask) >>> 0;
        if (masked >= base && masked < base + length) return true;
      }
      return false;
    };
    const root = Array.from({ length: 256 }, (_, i) => (first << 8) + i);
    const lost = root.filter((id) => !isMapped(id));
    const isRootOut = lost[0] === root[0] && (lost.length === 256 || lost.length <= 8);
    if (isRootOut) yield 'iommu-map-rid0';
    const others = Array.from({ length: (last - first) * 256 }, (_, i) => ((first + 1) << 8) + i);
    if (![...(isRootOut ? [] : root), ...others].every(isMapped)) yield 'iommu-map-partial';
  }
}

describe.skipIf(packages.length === 0)('the trees of Debian', () => {
  test.each(packages)('%s: rules about maps find what is there, and no more', (name) => {
    const counts: Record<string, { hosts: number; files: number }> = {};
    for (const tree of readdirSync(join(folder, name), { recursive: true, encoding: 'utf8' })) {
      if (!tree.endsWith('.dtb')) continue;
      const fdt = parseFdt(new Uint8Array(readFileSync(join(folder, name, tree))));
      const machine = machineFromDevicetree(fdt, new Map());
      const findings = lint(machine, designOf('v7.3'), defaultKconfig);
      expect(
        findings.filter(({ rule, severity }) => silent.test(rule) || severity === 'error'),
      ).toEqual([]);
      const wanted = [...expected(fdt)].sort();
      const told = findings
        .flatMap(({ rule, node, nodes }) => (nodes ?? [node]).map(() => rule))
        .filter((rule) => /^(iommu-map-|msi-|pci-no-map|pcie-)/.test(rule))
        .sort();
      expect(told, tree).toEqual(wanted);
      for (const rule of new Set(wanted)) {
        const { hosts, files } = counts[rule] ?? { hosts: 0, files: 0 };
        const more = wanted.filter((other) => other === rule).length;
        counts[rule] = { hosts: hosts + more, files: files + 1 };
      }
    }
    console.info(name, counts);
    expect(counts['pci-no-map']?.hosts).toBeGreaterThan(10);
  });
});
