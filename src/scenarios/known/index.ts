export { anchorOf } from './anchor.ts';
export {
  type Finding,
  type Found,
  type Oddity,
  oddities,
  odditiesOf,
  type Section,
  type Status,
  searched,
} from './finding.ts';
export { type Known, knownOf, type Place } from './known.ts';
export { findingsPage } from './page.ts';
export { sections } from './sections.ts';
