import type { SavedPiece } from '../../explore/index.ts';
import type { Exploration } from '../../report/index.ts';
import { inPackage } from '../system/package.ts';
import type { SearchRequest } from './request.ts';

// What the program and the threads of its searches tell each other.

/** What such a thread runs. */
export const searchThread: URL = inPackage('dist/cli/search-thread.js');

export type ToThread =
  | { readonly kind: 'search'; readonly request: SearchRequest }
  /** Load what pieces of this search need. */
  | { readonly kind: 'prepare'; readonly request: SearchRequest }
  | {
      readonly kind: 'piece';
      readonly request: SearchRequest;
      readonly number: number;
      readonly piece: SavedPiece;
    }
  /** Give the piece back as far as it is explored. */
  | { readonly kind: 'hand-back'; readonly number: number }
  | { readonly kind: 'stop' };

export type FromThread =
  | { readonly kind: 'progress'; readonly text: string }
  | { readonly kind: 'done'; readonly exploration: Exploration }
  /** What pieces need is there. */
  | { readonly kind: 'prepared' }
  | { readonly kind: 'piece'; readonly number: number; readonly piece: SavedPiece }
  | { readonly kind: 'failed'; readonly message: string };
