// docs/reference/rules/: as generated, nothing else is there, and each says what its rule does.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { rulePages } from '../../../src/cli/lint/rule-pages.ts';
import { rules } from '../../../src/machine/index.ts';

const root = new URL('../../../', import.meta.url);
const folder = 'docs/reference/rules';

test('the pages are what the rules say: npm run rules', async () => {
  const pages = await rulePages();
  const there = readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`);
  expect(there.sort()).toEqual([...pages.keys()].sort());
  expect(there.length).toBe(rules.length + 1);
  const old = [...pages].filter(
    ([path, text]) => readFileSync(new URL(path, root), 'utf8') !== text,
  );
  expect(old.map(([path]) => path)).toEqual([]);
});
