// `npm run findings`: write docs/findings.md from what src/scenarios/known/ says, docs/reference/series.md from
// src/scenarios/patches/, and docs/reference/known-bugs.md from src/scenarios/fixes/. `npm test` looks whether they are up to date.
import { writeFileSync } from 'node:fs';
import { prepare, root } from './prepare.mjs';

prepare();
const { findingsPage, knownBugsPage, seriesPage } = await import(
  '../dist/modules/scenarios/index.js'
);
writeFileSync(`${root}docs/findings.md`, findingsPage());
writeFileSync(`${root}docs/reference/series.md`, seriesPage());
writeFileSync(`${root}docs/reference/known-bugs.md`, knownBugsPage());
