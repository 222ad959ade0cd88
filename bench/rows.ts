import type { Program } from '../src/explore/index.ts';
import { indexer, iommuRace, lastzero, readers } from '../test/explore/families.ts';
import type { SpinModel } from './spin.ts';

/** One line of the table. */
export interface Row {
  readonly program: Program;
  /** What it is known to have. */
  readonly classes: number;
  readonly spin: SpinModel;
}

export const rows: readonly Row[] = [
  { program: readers(13), classes: 8_192, spin: { file: 'readers', n: 13 } },
  { program: lastzero(15), classes: 147_456, spin: { file: 'lastzero', n: 15 } },
  { program: indexer(15), classes: 4_096, spin: { file: 'indexer', n: 15 } },
  { program: indexer(15, true), classes: 4_096, spin: { file: 'indexer', n: 15, mutex: true } },
  { program: iommuRace(4), classes: 15_480, spin: { file: 'race', n: 4 } },
  { program: iommuRace(6), classes: 1_527_120, spin: { file: 'race', n: 6 } },
];
