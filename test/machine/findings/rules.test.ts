import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { rules } from '../../../src/machine/index.ts';

/** Names of properties and of types of structures that look like rules. */
const others = [
  'iommu-addresses',
  'iommu-map',
  'iommu-map-mask',
  'msi-map',
  'msi-map-mask',
  'restricted-dma-pool',
  'pci-range',
  'pci-endpoint',
  'pci-bridge',
  'ipmmu-vmsa',
];

const folder = fileURLToPath(new URL('../../../src/machine/findings/', import.meta.url));
const quoted =
  /'((?:iommus?|cells|ipmmu|qcom|smmu[23]|viommu|kernel|acpi|iort|viot|dmar|ivrs|mcfg|pcie?|msi|resv|restricted|dma)-[a-z0-9-]+)'/g;

it('every rule that a finding can name is listed once, and nothing else is', () => {
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.startsWith('rules'),
  );
  expect(sources.length).toBeGreaterThan(10);
  const used = sources.flatMap((name) => {
    const text = readFileSync(`${folder}${name}`, 'utf8');
    return [...text.matchAll(quoted)].map(([, rule = '']) => rule);
  });
  const named = [...new Set(used)].filter((rule) => !others.includes(rule));
  expect(rules.map(({ name }) => name)).toEqual(named.sort());
});
