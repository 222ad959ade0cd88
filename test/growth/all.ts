import { drivers } from './drivers.ts';
import { functions } from './functions.ts';
import type { Growing } from './growing.ts';
import { tables } from './tables.ts';
import { texts } from './texts.ts';
import { trees } from './trees.ts';

export const growing: readonly Growing[] = [
  ...trees,
  ...drivers,
  ...functions,
  ...tables,
  ...texts,
];
