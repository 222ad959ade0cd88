// `npm run findings`: write docs/findings.md from what src/scenarios/known/ says. `npm test` looks whether it is up to date.
import { writeFileSync } from 'node:fs';
import { prepare, root } from './prepare.mjs';

prepare();
const { findingsPage } = await import('../dist/modules/scenarios/index.js');
writeFileSync(`${root}docs/findings.md`, findingsPage());
