import {
  type Bug,
  type Checkpoint,
  coverFewPreemptions,
  crossCheck,
  type ExploreOptions,
  Explorer,
  type Outcome,
  type Program,
  record,
  Sampler,
  type Why,
  why,
} from '../../explore/index.ts';
import { counted, type Exploration } from '../../report/index.ts';
import { encodeToken, scenarioOf, unusual } from '../../scenarios/index.ts';
import { UsageError } from '../../util/index.ts';
import { CheckpointFile } from './checkpoint.ts';
import { Helpers } from './helpers.ts';
import { type Interruption, programOfRequest, type SearchRequest } from './request.ts';

/** How many states are looked at to say what a search that was cut short has not missed. */
const coverStates = 5000;

/** How often a search is written to its file, in milliseconds. */
const checkpoint_ms = 1000;

/** How long a search is left to one thread: others take time to start. */
const alone_ms = 500;

/** How long a search runs before anybody else gets a look in, in milliseconds. */
const slice_ms = 20;

/** How long and how a program is searched, whatever it was made of. */
export type Manner = Pick<
  SearchRequest,
  | 'maxExecutions'
  | 'maxSeconds'
  | 'ignore'
  | 'histogram'
  | 'crossCheck'
  | 'random'
  | 'cover'
  | 'explain'
  | 'causes'
>;

/** Explore a scenario on a device's shape, until it is complete, over budget or interrupted. */
export async function search(
  request: SearchRequest,
  interruption: Interruption,
  progress: (text: string) => void,
  jobs = 1,
  note: (text: string) => void = () => {},
): Promise<Exploration> {
  const { kernel, checkpoint } = request;
  const scenario = scenarioOf(request.scenario);
  const file = checkpoint === null ? null : new CheckpointFile(checkpoint, request, note);
  const program = livingOn(await programOfRequest(request), interruption);
  return {
    kernel,
    scenario: scenario.name,
    shape: unusual(request.shape, scenario),
    ...(await searchProgram(
      program,
      request,
      interruption,
      progress,
      (bug) => tokenOf(bug, request),
      file,
      (explorer) => new Helpers(explorer, request, jobs - 1, () => interruption.requested),
    )),
  };
}

/** Explore any program; what is found is told, apart from what the program is. */
export async function searchProgram(
  program: Program,
  manner: Manner,
  interruption: Interruption,
  progress: (text: string) => void,
  tokenOf: (bug: Bug) => string | null,
  file: CheckpointFile | null = null,
  helpersFor: ((explorer: Explorer) => Helpers) | null = null,
): Promise<Omit<Exploration, 'kernel' | 'scenario' | 'shape'>> {
  const started = performance.now();
  const { random } = manner;
  const outcome =
    random === null
      ? await exhaust(program, manner, interruption, progress, helpersFor, file)
      : await sampled(program, { ...manner, random }, interruption);
  const tokenIn = (bug: Bug): string | null => (bug.steps.length === 0 ? null : tokenOf(bug));
  return {
    tasks: record(program, []).tasks.length,
    outcome,
    elapsed_ms: Math.round(performance.now() - started),
    tokens: outcome.bugs.map(tokenIn),
    whys: whysOf(program, outcome, manner),
    causeTokens: outcome.causes.map(({ witnesses }) => witnesses.map(tokenIn)),
    crossCheck: manner.crossCheck ? secondOpinion(program, manner) : null,
  };
}

/** The program, which says at each start that somebody is at work. */
export function livingOn(program: Program, { alive }: Interruption): Program {
  if (alive === undefined) return program;
  return {
    ...program,
    setup(world) {
      alive();
      return program.setup(world);
    },
  };
}

/** For each bug what it hangs on, unless nothing is explained. */
function whysOf(program: Program, { bugs }: Outcome, { explain }: Manner): (Why | null)[] {
  return bugs.map((bug) => (explain === 'none' ? null : why(program, bug)));
}

/** How many random executions are looked at when nobody says. */
const randomExecutions = 10_000;

/**
 * Work slice by slice, until everything is done, the time is over or somebody interrupts.
 *
 * @param between called after each slice but the last, with the time it has taken so far
 */
async function inSlices(
  work: Pick<Explorer, 'run'>,
  { maxSeconds }: Manner,
  interruption: Interruption,
  between: (elapsed_ms: number) => Promise<void> | undefined,
): Promise<void> {
  const started = performance.now();
  let batch = 16;
  let done = work.run(0);
  while (!done && !interruption.requested) {
    const before = performance.now();
    done = work.run(batch);
    const now = performance.now();
    if (now - before < slice_ms / 2) batch *= 2;
    if (done || (maxSeconds !== null && now - started > maxSeconds * 1000)) return;
    await new Promise((resolve) => setImmediate(resolve));
    await between(now - started);
  }
}

/** Random executions, slice by slice. */
async function sampled(
  program: Program,
  manner: Manner & { readonly random: NonNullable<Manner['random']> },
  interruption: Interruption,
): Promise<Outcome> {
  const { random, maxExecutions, ignore } = manner;
  const executions = maxExecutions ?? randomExecutions;
  const sampler = new Sampler(program, { ...random, executions, ignore });
  await inSlices(sampler, manner, interruption, () => undefined);
  return sampler.outcome();
}

/** Every execution, slice by slice. */
async function exhaust(
  program: Program,
  manner: Manner,
  interruption: Interruption,
  progress: (text: string) => void,
  helpersFor: ((explorer: Explorer) => Helpers) | null,
  file: CheckpointFile | null,
): Promise<Outcome> {
  const { maxExecutions, ignore, histogram, causes } = manner;
  const options = {
    ignore,
    histogram,
    causes,
    ...(maxExecutions === null ? {} : { maxExecutions }),
  };
  const saved = file?.read() ?? null;
  const explorer =
    saved === null ? new Explorer(program, options) : resumed(program, saved, options, file);
  const helpers = helpersFor?.(explorer) ?? null;
  let written = 0;
  try {
    await inSlices(explorer, manner, interruption, async (elapsed_ms) => {
      if (file !== null && elapsed_ms - written > checkpoint_ms) {
        file.write(explorer.checkpoint());
        written = elapsed_ms;
      }
      if (elapsed_ms > alone_ms) {
        progress(progressText(program, explorer));
        await helpers?.attend();
      }
    });
  } finally {
    await helpers?.dismiss();
  }
  file?.write(explorer.checkpoint());
  file?.close();
  const outcome = explorer.outcome();
  if (outcome.complete || interruption.requested || !manner.cover) return outcome;
  return coverFewPreemptions(program, outcome, { ignore, maxStates: coverStates });
}

/** @throws UsageError that names the file when what is in it does not fit */
function resumed(
  program: Program,
  saved: Checkpoint,
  options: ExploreOptions,
  file: CheckpointFile | null,
): Explorer {
  try {
    return Explorer.resume(program, saved, options);
  } catch (error) {
    throw error instanceof UsageError && file !== null ? file.refuse(error.message) : error;
  }
}

function progressText(program: Program, explorer: Explorer): string {
  const { executions, low, high } = explorer.estimate;
  const about = `about ${counted(executions, 'execution')} in all (${low} to ${high})`;
  const sofar = `${counted(explorer.executions, 'execution')}   ${counted(explorer.bugs, 'bug')}, ${counted(explorer.dataRaces, 'data race')}`;
  return `${program.name}   ${sofar}   ${about}`;
}

/** What the second engine makes of the same program. */
function secondOpinion(program: Program, { ignore }: Manner): Exploration['crossCheck'] {
  const { states, differences } = crossCheck(program, { ignore });
  return { states: states.states, differences };
}

function tokenOf(bug: Bug, { scenario, shape, kernel, config }: SearchRequest): string {
  const { schedule, id } = bug;
  return encodeToken({ kernel, scenario, config, shape, schedule, bug: id }, bug.tasks);
}

/** 2 when the engines disagree, 1 for a bug, 3 for a search that was cut short, else 0. */
export function exitCodeOf(explorations: readonly Exploration[]): number {
  if (explorations.some((one) => (one.crossCheck?.differences.length ?? 0) > 0)) return 2;
  if (explorations.some(({ outcome }) => outcome.verdict === 'bug')) return 1;
  return explorations.every(({ outcome }) => outcome.complete) ? 0 : 3;
}
