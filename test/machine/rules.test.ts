import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { rules } from '../../src/machine/index.ts';

/** Names of properties that look like rules. */
const properties = ['iommu-map', 'iommu-map-mask'];

const folder = fileURLToPath(new URL('../../src/machine/', import.meta.url));

it('every rule that a finding can name is listed once, and nothing else is', () => {
  const sources = readdirSync(folder).filter((name) => name.startsWith('findings'));
  const used = sources.flatMap((name) => {
    const text = readFileSync(`${folder}${name}`, 'utf8');
    return [...text.matchAll(/'((?:iommus?|smmu[23]|viommu|kernel)-[a-z0-9-]+)'/g)].map(
      ([, rule]) => rule,
    );
  });
  const named = [...new Set(used)].filter((rule) => !properties.includes(rule ?? ''));
  expect(rules.map(({ name }) => name)).toEqual(named.sort());
});
