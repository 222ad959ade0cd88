import type { Exploration, Linted, VerifiedCapture } from '../../report/index.ts';
import { type Parcel, parcelName } from '../input/parcel.ts';
import type { Asking } from '../input/subject.ts';
import type { Ran, RunRequest } from '../judge/run.ts';
import type { SearchRequest } from '../search/request.ts';
import type { AskingVerify } from '../verify/verify-capture.ts';

/** What can be done apart from everything else, in a thread or on another machine: plain data. */
export type Piece = SearchPiece | LintPiece | VerifyPiece;

export interface SearchPiece {
  readonly kind: 'search';
  readonly request: SearchRequest;
}

export interface LintPiece {
  readonly kind: 'lint';
  /** A path of this machine, or what was there. */
  readonly given: string | Parcel;
  /** Nobody named it: where it is no machine, it is nothing. */
  readonly isWalked: boolean;
  readonly options: Asking;
}

export interface VerifyPiece {
  readonly kind: 'verify';
  readonly path: string;
  /** Null for this machine. */
  readonly given: string | Parcel | null;
  readonly answers: string | Parcel | null;
  readonly options: AskingVerify;
}

/** What is done in a thread of this machine only: the tree is here. */
export interface JudgePiece {
  readonly kind: 'judge';
  readonly request: RunRequest;
}

/** What a thread does. */
export type Work = Piece | JudgePiece;

/** What was found in a file, and what was said beside it. */
export interface LintResult {
  /** Null for what is no machine. */
  readonly linted: Linted | null;
  readonly notes: readonly string[];
}

export type ResultOf<W extends Work> = W extends SearchPiece
  ? Exploration
  : W extends LintPiece
    ? LintResult
    : W extends VerifyPiece
      ? VerifiedCapture
      : Ran;

/** The file of the patch that a piece runs. */
export function patchIn(piece: Work): string | null {
  if (piece.kind === 'judge') return null;
  return piece.kind === 'search' ? piece.request.patch : piece.options.patch;
}

/** What the file, folder or archive is called that a piece looks at. */
export function pathOf({ given }: Pick<LintPiece, 'given'>): string {
  return typeof given === 'string' ? given : parcelName(given) || '-';
}

/** What a piece is, in a few words. */
export function pieceText(piece: Piece): string {
  if (piece.kind === 'lint') return `lint ${pathOf(piece)}`;
  if (piece.kind === 'verify') return `verify ${piece.path}`;
  const { scenario, kernel, shape } = piece.request;
  const iommus = shape.iommus.map(({ compatible }) => compatible);
  return `search ${scenario} of ${kernel} behind ${iommus.join(', ')}`;
}

/** Who does pieces: threads of this machine, or workers behind a queue. */
export interface Hands {
  /** How many pieces are done side by side. */
  readonly count: number;
  /**
   * Have a piece done. It is made when its turn comes; those that were not begun before an interruption
   * come to null.
   *
   * @throws ModelError when it cannot be done
   */
  run<P extends Piece>(make: () => P): Promise<ResultOf<P> | null>;
  /** Is told now and then how far they are. */
  progress?: (text: string) => void;
  close(): Promise<void>;
}
