import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  compatibleOf,
  type Fdt,
  type FdtNode,
  isAvailable,
  mapEntries,
  parseFdt,
  regOf,
  specifiers,
  translateAddress,
} from '../../src/firmware/index.ts';
import { present } from '../../src/util/index.ts';
import { isReadable } from './fdt-builder.ts';

const folder = new URL('../fixtures/dtb/', import.meta.url);
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.dtb'))
  .map((name) => name.slice(0, -'.dtb'.length));

function bytesOf(name: string): Uint8Array {
  return readFileSync(new URL(`${name}.dtb`, folder));
}

function nodesOf(node: FdtNode): FdtNode[] {
  return [node, ...node.children.flatMap(nodesOf)];
}

function compatible(fdt: Fdt, name: string): FdtNode {
  const found = nodesOf(fdt.root).find((node) => compatibleOf(node).includes(name));
  return present(found, name);
}

function withProperty(fdt: Fdt, name: string): FdtNode[] {
  return nodesOf(fdt.root).filter((node) => node.properties.has(name));
}

test('there are fixtures', () => {
  expect(names.length).toBeGreaterThanOrEqual(12);
});

describe.each(names)('%s', (name) => {
  const bytes = bytesOf(name);

  test('is read without a complaint about anything but old padding', () => {
    const codes = new Set(parseFdt(bytes).notes.map(({ code }) => code));
    expect([...codes].filter((code) => code !== 'fdt/nonzero-padding')).toEqual([]);
  });

  test('cut anywhere, it gives a value or a FormatError', () => {
    for (let size = 0; size < bytes.length; size += 97) isReadable(bytes.subarray(0, size));
  });

  test('with one word replaced, too', () => {
    for (let at = 0; at < bytes.length; at += 44) {
      const copy = bytes.slice();
      copy.fill(0xff, at, at + 4);
      isReadable(copy);
    }
  });
});

const dtc_missing = spawnSync('dtc', ['--version']).error !== undefined;

test.skipIf(dtc_missing).each(names)('%s has as many nodes and properties as dtc says', (name) => {
  const args = ['-q', '-I', 'dtb', '-O', 'dts', '-'];
  const dtc = spawnSync('dtc', args, { input: bytesOf(name), encoding: 'latin1' });
  expect(dtc.status).toBe(0);
  const lines = dtc.stdout.split('\n').map((line) => line.trim());
  const statements = lines.filter((line) => line.endsWith(';') && line !== '};');
  const { root, memory_reservations } = parseFdt(bytesOf(name));
  const nodes = nodesOf(root);
  expect({
    nodes: nodes.length,
    properties: nodes.reduce((sum, node) => sum + node.properties.size, 0),
    reservations: memory_reservations.length,
  }).toEqual({
    nodes: lines.filter((line) => line.endsWith('{')).length,
    properties: statements.filter((line) => !line.startsWith('/')).length,
    reservations: lines.filter((line) => line.startsWith('/memreserve/')).length,
  });
});

describe('what the trees say', () => {
  test('all of PCI is behind the SMMU', () => {
    const fdt = parseFdt(bytesOf('a64-dt-smmu-rp'));
    const host = compatible(fdt, 'pci-host-ecam-generic');
    const map = present(host.properties.get('iommu-map'), 'iommu-map');
    const { entries, trailingBytes } = mapEntries(fdt, map);
    expect(entries).toEqual([
      {
        offset: map.offset,
        inputBase: 0,
        phandle: expect.any(Number),
        node: compatible(fdt, 'arm,smmu-v3'),
        outputCells: 1,
        outputBase: 0,
        length: 0x10000,
      },
    ]);
    expect(trailingBytes).toBe(0);
  });

  test('registers are where the root sees them', () => {
    const smmu = compatible(parseFdt(bytesOf('a64-dt-smmu-rp')), 'arm,smmu-v3');
    const [reg] = regOf(smmu);
    expect(reg).toMatchObject({ address: 0x9050000n, size: 0x20000n });
    expect(translateAddress(smmu, 0x9050000n)).toBe(0x9050000n);
  });

  test('PCI memory is seen by the root through the host bridge', () => {
    const host = compatible(parseFdt(bytesOf('a64-dt-smmu-rp')), 'pci-host-ecam-generic');
    // The tree has no device below the bridge: one without properties will do.
    const device: FdtNode = { ...host, parent: host, properties: new Map(), children: [] };
    expect(translateAddress(device, (0x02000000n << 64n) | 0x10000000n)).toBe(0x10000000n);
    expect(translateAddress(device, (0x01000000n << 64n) | 0x10n)).toBe(0x3eff0010n);
  });

  test('a platform device names two SMMUs', () => {
    const fdt = parseFdt(bytesOf('dtb-v2-two-iommus-one-dev'));
    const lists = withProperty(fdt, 'iommus').map((node) =>
      specifiers(fdt, present(node.properties.get('iommus'), 'iommus'), '#iommu-cells'),
    );
    const providers = lists.map((list) => new Set(list.map((entry) => entry.ok && entry.node)));
    expect(Math.max(...providers.map((set) => set.size))).toBe(2);
    expect(lists.flat().every((entry) => entry.ok)).toBe(true);
  });

  test('a specifier without its ID is reported', () => {
    const fdt = parseFdt(bytesOf('dtb-plat-short'));
    const problems = withProperty(fdt, 'iommus')
      .flatMap((node) =>
        specifiers(fdt, present(node.properties.get('iommus'), 'iommus'), '#iommu-cells'),
      )
      .flatMap((entry) => (entry.ok ? [] : [entry.problem.code]));
    expect(problems).toEqual(['fdt/short-specifier']);
  });

  test.each([
    ['dtb-map-badlen', (length: number) => length % 16 !== 0],
    ['dtb-map-mask-zero', (length: number) => length === 16],
  ])('the map of %s', (name, fits) => {
    const fdt = parseFdt(bytesOf(name));
    const map = compatible(fdt, 'pci-host-ecam-generic').properties.get('iommu-map');
    const { entries, trailingBytes } = mapEntries(fdt, present(map, 'iommu-map'));
    expect(fits(entries.length * 16 + trailingBytes)).toBe(true);
  });

  test('a map to a phandle of no node', () => {
    const fdt = parseFdt(bytesOf('dtb-map-badphandle'));
    const map = compatible(fdt, 'pci-host-ecam-generic').properties.get('iommu-map');
    expect(mapEntries(fdt, present(map, 'iommu-map')).entries.map(({ node }) => node)).toEqual([
      null,
    ]);
  });

  test('a disabled node is not available', () => {
    const nodes = nodesOf(parseFdt(bytesOf('dtb-plat-bus')).root);
    for (const node of nodes) {
      const status = node.properties.get('status')?.value;
      const text = status === undefined ? 'okay\0' : String.fromCharCode(...status);
      expect(isAvailable(node)).toBe(text === 'okay\0');
    }
  });
});
