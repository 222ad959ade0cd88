import { functions } from './functions.ts';
import type { Growing } from './growing.ts';
import { tables } from './tables.ts';
import { texts } from './texts.ts';
import { trees } from './trees.ts';

export const growing: readonly Growing[] = [...trees, ...functions, ...tables, ...texts];
