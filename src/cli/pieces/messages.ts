import type { FromHelper, ToHelper } from '../search/messages.ts';
import type { ResultOf, Work } from './piece.ts';

// What the program and its threads tell each other.

export type ToThread =
  | ToHelper
  | { readonly kind: 'do'; readonly piece: Work }
  | { readonly kind: 'stop' };

export type FromThread =
  | FromHelper
  | { readonly kind: 'progress'; readonly text: string }
  | { readonly kind: 'done'; readonly result: ResultOf<Work> };
