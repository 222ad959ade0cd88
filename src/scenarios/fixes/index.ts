export { knownBugsPage } from './page.ts';
export type { KnownBug, ShownBy } from './row.ts';
export { knownBugs } from './rows.ts';
