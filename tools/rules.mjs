// `npm run rules`: write docs/reference/rules/, a page about each rule and an index, from src/machine/findings/rules/.
// `npm test` looks whether they are up to date. Needs dtc.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { prepare, root } from './prepare.mjs';

prepare();
const { rulePages } = await import('../dist/modules/cli/lint/rule-pages.js');
const pages = await rulePages();
rmSync(`${root}docs/reference/rules`, { recursive: true, force: true });
for (const [path, text] of pages) {
  mkdirSync(dirname(root + path), { recursive: true });
  writeFileSync(root + path, text);
}
