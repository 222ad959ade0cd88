import type { Program } from '../src/explore/index.ts';
import {
  big0,
  casrot,
  casw,
  coa,
  indexer,
  iommuRace,
  lastzero,
  readers,
  wcas,
} from '../test/explore/mini/families.ts';

/** The same program for another tool: a file in its folder here. */
export interface Model {
  readonly file: string;
  readonly n: number;
  readonly mutex?: boolean;
}

/** One line of the table. */
export interface Row {
  readonly program: Program;
  /** What it is known to have. */
  readonly classes: number;
  readonly spin?: Model;
  readonly genmc: Model;
}

export const rows: readonly Row[] = [
  ofFamily('readers', readers, 13, 8_192),
  ofFamily('lastzero', lastzero, 15, 147_456),
  ofFamily('indexer', indexer, 15, 4_096),
  ofFamily('indexer', (n) => indexer(n, true), 15, 4_096, true),
  ofFamily('race', iommuRace, 4, 15_480),
  ofFamily('race', iommuRace, 5, 147_120),
  ofFamily('race', iommuRace, 6, 1_527_120),
  withoutSpin('wcas', wcas, 9, 2_305),
  withoutSpin('casrot', casrot, 9, 8_597),
  withoutSpin('coa', coa, 5, 49_776),
  withoutSpin('casw', casw, 5, 32_880),
  withoutSpin('big0', big0, 0, 69_112),
];

function ofFamily(
  file: string,
  make: (n: number) => Program,
  n: number,
  classes: number,
  mutex = false,
): Row {
  const model = { file, n, ...(mutex ? { mutex } : {}) };
  return { program: make(n), classes, spin: model, genmc: model };
}

function withoutSpin(file: string, make: (n: number) => Program, n: number, classes: number): Row {
  return { program: make(n), classes, genmc: { file, n } };
}
