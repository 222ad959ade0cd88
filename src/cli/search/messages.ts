import type { SavedPiece } from '../../explore/index.ts';
import { inPackage } from '../system/package.ts';
import type { SearchRequest } from './request.ts';

// What a search and the threads that help it tell each other.

/** What every thread of the program runs. */
export const pieceThread: URL = inPackage('dist/cli/piece-thread.js');

export type ToHelper =
  /** Load what pieces of this search need. */
  | { readonly kind: 'prepare'; readonly request: SearchRequest }
  | {
      readonly kind: 'piece';
      readonly request: SearchRequest;
      readonly number: number;
      readonly piece: SavedPiece;
    }
  /** Give the piece back as far as it is explored. */
  | { readonly kind: 'hand-back'; readonly number: number };

export type FromHelper =
  /** What pieces need is there. */
  | { readonly kind: 'prepared' }
  | { readonly kind: 'piece'; readonly number: number; readonly piece: SavedPiece }
  | { readonly kind: 'failed'; readonly message: string; readonly isOfModel: boolean };
