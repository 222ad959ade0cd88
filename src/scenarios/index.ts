export { scenarioOf, scenarios } from './all.ts';
export type { AskedShape } from './asked.ts';
export {
  builtinShape,
  exampleDrivers,
  type ShapeFirmware,
  shapeDrivers,
  shapeFirmwares,
} from './builtin.ts';
export { type KnownBug, knownBugs, knownBugsPage, type ShownBy } from './fixes/index.ts';
export {
  anchorOf,
  type Finding,
  type Found,
  findingsPage,
  type Known,
  knownOf,
  type Oddity,
  oddities,
  odditiesOf,
  type Place,
  type Section,
  type Status,
  sections,
} from './known/index.ts';
export {
  type Mistake,
  type PatchOfSeries,
  patchesOfSeries,
  type Shown,
  seriesPage,
} from './patches/index.ts';
export { programOf, type Scenario, unexcused } from './scenario.ts';
export type { OrderRow } from './seen/order.ts';
export { type NotRaced, type Raced, type Races, racesOf } from './seen/race.ts';
export { driversOf, judgedBy, unusual, valueText } from './shown.ts';
export { decodeToken, encodeToken, type Replayable } from './token.ts';
export { lacking, unfit } from './unfit.ts';
