import { verify } from '../../machine/index.ts';
import type { VerifiedCapture } from '../../report/index.ts';
import { racesOf } from '../../scenarios/index.ts';
import { nearestRelease, newestKernel } from '../../series/index.ts';
import { UsageError } from '../../util/index.ts';
import { type Answered, loadAnswered, loadWithAnswers, type Source } from '../input/load.ts';
import type { Asking } from '../input/subject.ts';
import { designWith } from '../kernel/patch-file.ts';
import { messageOf } from '../output/message.ts';

/** What options say of a comparison. */
export type AskingVerify = Omit<Asking, 'assume'> & { readonly maxExecutions: number | null };

/** A capture, and the answers beside it where they are in a file of their own. */
export interface VerifyInput {
  readonly path: string;
  /** Null for this machine. */
  readonly source: () => Promise<Source | null>;
  readonly answers: () => Promise<Source | null>;
}

/** The comparison, or in one line why there is none. */
export async function verifyCapture(
  input: VerifyInput,
  options: AskingVerify,
): Promise<VerifiedCapture> {
  try {
    return await compared(input, options);
  } catch (caught) {
    const error = messageOf(caught);
    if (error === null) throw caught;
    return unverified(input.path, error);
  }
}

/** One that there is no comparison of. */
export function unverified(capture: string, error: string): VerifiedCapture {
  const verification = {
    devices: 0,
    agree: 0,
    disagree: [],
    aside: [],
    vacuous: false,
    fields: [],
    givenUp: [],
  };
  const races = { raced: [], sought: [] };
  const unread = { release: null, kernel: null, partial: false };
  return { capture, ...unread, verification, races, error };
}

async function compared(
  { path, source, answers }: VerifyInput,
  options: AskingVerify,
): Promise<VerifiedCapture> {
  const { kernel, patch, asked } = options;
  const { machine, capture } = await answered(await source(), await answers());
  const { release, partial } = capture;
  const nearest = release === null ? newestKernel : nearestRelease(release).name;
  const design = await designWith(kernel ?? nearest, patch);
  const verification = verify(machine, capture, design, asked);
  if (verification.devices === 0) {
    const problem = `${path}: nothing to compare`;
    const where = partial ? 'the answers' : 'expected.json';
    const found = `expected a device in ${where} that firmware or pci/ describes, found none`;
    throw new UsageError('cli/nothing-to-compare', `${problem}: ${found}`);
  }
  const boot = { machine, capture, design, asked };
  const races = racesOf(boot, verification, options.maxExecutions ?? undefined);
  return { capture: path, release, kernel: design.name, partial, verification, races, error: null };
}

async function answered(source: Source | null, answers: Source | null): Promise<Answered> {
  if (source === null) {
    const { loadLive } = await import('../input/live.ts');
    return await loadLive();
  }
  return answers === null ? await loadAnswered(source) : await loadWithAnswers(source, answers);
}
