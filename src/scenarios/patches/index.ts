export { type PatchOfSeries, patchesOfSeries, seriesPage } from './page.ts';
export type { Mistake, Shown } from './row.ts';
