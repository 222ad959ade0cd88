import { ModelError } from '../../explore/index.ts';
import type { VerifiedCapture } from '../../report/index.ts';
import { UsageError } from '../../util/index.ts';
import type { Options } from '../arguments/checked.ts';
import type { Console } from '../output/console.ts';
import { unverified } from '../verify/verify-capture.ts';
import { Thrown } from './crew.ts';
import type { Hands, VerifyPiece } from './piece.ts';

/** Compare every capture that is asked for, in their order; those that were not begun are left out. */
export async function verifyAll(
  options: Options,
  hands: Hands,
  console: Console,
): Promise<VerifiedCapture[]> {
  const { operands } = options;
  const results = operands.map((path) => resultOf(path, options, hands));
  for (const result of results) result.catch(() => {}); // until somebody waits for it
  const captures: VerifiedCapture[] = [];
  try {
    for (const result of results) {
      console.progress(`${captures.length} of ${operands.length} captures`);
      const capture = await result;
      if (capture !== null) captures.push(capture);
    }
  } finally {
    console.progress(null);
    await hands.close();
  }
  return captures;
}

/** One of many that cannot be read does not keep the others from being compared. */
async function resultOf(
  path: string,
  options: Options,
  hands: Hands,
): Promise<VerifiedCapture | null> {
  const result = await hands
    .run(() => pieceFor(path, options))
    .catch((error: unknown) => {
      if (error instanceof Thrown || !(error instanceof ModelError)) throw error;
      return unverified(path, error.message);
    });
  // Of one alone there is nothing else to tell.
  if (result !== null && result.error !== null && options.operands.length === 1)
    throw new UsageError('cli/no-comparison', result.error);
  return result;
}

function pieceFor(path: string, options: Options): VerifyPiece {
  const { kernel, patch, asked, maxExecutions, answers } = options;
  const given = path === 'live' && answers === null ? null : path;
  return { kind: 'verify', path, given, answers, options: { kernel, patch, asked, maxExecutions } };
}
