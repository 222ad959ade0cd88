import type { VerifiedCapture } from '../../report/index.ts';
import { type Source, sourceAt } from '../input/load.ts';
import { type Parcel, sourceOf } from '../input/parcel.ts';
import type { Interruption } from '../search/request.ts';
import type { LintPiece, LintResult, ResultOf, VerifyPiece, Work } from './piece.ts';

/** Do a piece, here and now. */
export async function perform<W extends Work>(
  piece: W,
  interruption: Interruption,
  progress: (text: string) => void,
): Promise<ResultOf<W>> {
  return (await performed(piece, interruption, progress)) as ResultOf<W>;
}

async function performed(
  piece: Work,
  interruption: Interruption,
  progress: (text: string) => void,
): Promise<ResultOf<Work>> {
  if (piece.kind === 'lint') return await lintResult(piece);
  if (piece.kind === 'verify') return await verified(piece);
  if (piece.kind === 'judge') {
    const { ran } = await import('../judge/ran.ts');
    return await ran(piece.request, interruption, progress);
  }
  const { search } = await import('../search/search.ts');
  return await search(piece.request, interruption, progress);
}

async function lintResult({ given, isWalked, options }: LintPiece): Promise<LintResult> {
  const { lintInput } = await import('../lint/lint-input.ts');
  const notes: string[] = [];
  const console = { note: (text: string) => notes.push(text) };
  return { linted: await lintInput({ given, isWalked }, options, console), notes };
}

async function verified({ path, given, answers, options }: VerifyPiece): Promise<VerifiedCapture> {
  const { verifyCapture } = await import('../verify/verify-capture.ts');
  const open = async (of: string | Parcel | null): Promise<Source | null> =>
    of === null ? null : await (typeof of === 'string' ? sourceAt(of) : sourceOf(of));
  const input = { path, source: () => open(given), answers: () => open(answers) };
  return await verifyCapture(input, options);
}
