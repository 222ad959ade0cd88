import { ModelError } from '../../explore/index.ts';
import type { Linted } from '../../report/index.ts';
import { InternalError } from '../../util/index.ts';
import type { Options } from '../arguments/checked.ts';
import { parcelOf } from '../input/parcel.ts';
import type { Asking } from '../input/subject.ts';
import type { LintInput } from '../lint/inputs.ts';
import type { Console } from '../output/console.ts';
import type { Interruption } from '../search/request.ts';
import { Alone } from './alone.ts';
import { Crew, Thrown } from './crew.ts';
import type { Hands, LintPiece } from './piece.ts';

/** What came of many inputs. */
export interface LintedInputs {
  readonly linted: readonly Linted[];
  /** How many files below directories are no machines. */
  readonly skipped: number;
  /** How many were not looked at, after an interruption. */
  readonly left: number;
}

/** A thread has to load the model: it is worth that for so many files. */
const worthAThread = 24;

/** Threads where there are many inputs. */
export function handsFor(inputs: number, jobs: number, interruption: Interruption): Hands {
  const threads = Math.min(jobs, Math.floor(inputs / worthAThread));
  return threads < 2 ? new Alone(interruption) : new Crew(threads, interruption, () => {});
}

/** Look at all inputs; the results are in the order of the inputs. */
export async function lintAll(
  inputs: readonly LintInput[],
  { kernel, patch, asked, assume }: Options,
  hands: Hands,
  console: Console,
): Promise<LintedInputs> {
  const options = { kernel, patch, asked, assume };
  let done = 0;
  const looked = inputs.map(async (input) => {
    const result = await hands
      .run(() => pieceFor(input, options))
      .catch((error: unknown) => {
        if (error instanceof Thrown) throw new InternalError(`${input.path}: ${error.message}`);
        if (!(error instanceof ModelError)) throw error;
        const linted = { file: input.path, error: error.message, findings: [] };
        return { linted, notes: [] };
      });
    done++;
    if (inputs.length > 1) console.progress(`${done} of ${inputs.length} files`);
    return result;
  });
  try {
    const results = await Promise.all(looked);
    console.progress(null);
    // What is said beside the findings of one is noise beside those of many.
    if (inputs.length === 1) for (const note of results[0]?.notes ?? []) console.note(note);
    const read = results.filter((result) => result !== null);
    const linted = read.flatMap(({ linted: of }) => (of === null ? [] : [of]));
    return { linted, skipped: read.length - linted.length, left: results.length - read.length };
  } finally {
    await hands.close();
  }
}

/** What is in an archive was opened here. */
function pieceFor(input: LintInput, options: Asking): LintPiece {
  const given = 'member' in input ? parcelOf(input.member.given, true) : input.path;
  return { kind: 'lint', given, isWalked: input.isWalked, options };
}
