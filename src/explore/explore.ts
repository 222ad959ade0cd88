import { StateElsewhere, type WorldsKind } from './execution/worlds.ts';
import { checkOptions } from './program/checks/check-program.ts';
import { takenOptions } from './program/checks/taken.ts';
import type { Program } from './program/program.ts';
import {
  beginningOf,
  type Checkpoint,
  checkCheckpoint,
  restored,
  sealed,
} from './search/checkpoint.ts';
import type { ExploreOptions } from './search/options.ts';
import type { SavedPiece } from './search/piece.ts';
import { Search } from './search/search.ts';
import { StateGraph } from './search/state-graph.ts';
import { Findings } from './witness/findings.ts';
import {
  bugOf,
  byWeight,
  type Described,
  describeBugs,
  describeVariants,
  neverReached,
  type Outcome,
} from './witness/outcome.ts';
import { record } from './witness/replay/replay.ts';
import { withCauses } from './witness/why/causes.ts';

/** How many estimates are kept, to tell how far off they have been. */
const mostEstimates = 1000;

/** A number of executions, and between what it has varied. */
export interface Estimate {
  readonly executions: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Explores a program a few executions at a time, so that a caller can show progress or stop.
 *
 * ```ts
 * const explorer = new Explorer(program);
 * while (!explorer.run(1000)) showProgress(explorer.executions);
 * const outcome = explorer.outcome();
 * ```
 */
export class Explorer {
  readonly #program: Program;
  readonly #options: ExploreOptions;
  #search: Search;
  #findings: Findings;
  #worlds: WorldsKind;
  /** Stands for what the program begins with, once somebody asks. */
  #begins: string | null = null;
  readonly #estimates: { readonly at: number; readonly estimate: number }[] = [];
  /** How many pieces were handed out, and those that have come back. */
  #handedOut = 0;
  readonly #described: Described = new WeakMap();
  readonly #delivered = new Map<number, SavedPiece>();

  constructor(program: Program, options: ExploreOptions = {}) {
    const counts = { maxExecutions: 1, maxStates: 1, maxSteps: 1 };
    checkOptions('an exploration', options, counts, [
      ...['ignore', 'histogram', 'causes', 'worlds'],
    ]);
    this.#program = program;
    this.#options = takenOptions(options);
    this.#worlds = options.worlds ?? 'kept';
    [this.#search, this.#findings] = this.#begin();
  }

  #begin(): [Search, Findings] {
    const { maxSteps, ignore, histogram } = this.#options;
    const search = new Search(
      this.#program,
      (run, execution, failures) => findings.add(run, execution, failures),
      {
        maxSteps,
        worlds: this.#worlds,
        dataRaces: ignore?.includes('data-race') !== true,
        isNews: (failures) => findings.areNew(failures),
      },
    );
    const { width, names } = search;
    const worlds = this.#worlds;
    const findings = new Findings(this.#program, width, names, { ignore, histogram, worlds });
    return [search, findings];
  }

  /** Begin anew, with fresh worlds. */
  #beginAnew(): void {
    this.#worlds = 'fresh';
    [this.#search, this.#findings] = this.#begin();
    this.#estimates.length = 0;
    this.#delivered.clear();
  }

  /**
   * Go on with an exploration that was saved, of the same program and with the same options.
   *
   * @throws UsageError when the program is not the same, or what was saved is not whole
   */
  static resume(program: Program, saved: Checkpoint, options: ExploreOptions = {}): Explorer {
    checkCheckpoint(saved, program, options);
    const explorer = new Explorer(program, { worlds: saved.worlds, ...options });
    explorer.#begins = saved.begins;
    restored(() => {
      explorer.#search.restore(saved.search);
      explorer.#findings.restore(saved.findings);
    });
    return explorer;
  }

  /** What {@link Explorer.resume} needs to go on from here. */
  checkpoint(): Checkpoint {
    this.#begins ??= beginningOf(this.#program);
    return sealed({
      program: this.#program.name,
      begins: this.#begins,
      ignored: this.#options.ignore ?? [],
      histogram: this.#options.histogram ?? false,
      worlds: this.#worlds,
      search: this.#search.save(),
      findings: this.#findings.save(),
    });
  }

  /**
   * About how many executions there are in all, and how far off that has been of late: the range of
   * the last estimates. Branches found later can still make it wrong by more.
   */
  get estimate(): Estimate {
    const { executions, progress, complete } = this.#search;
    if (complete) return { executions, low: executions, high: executions };
    const now = Math.round(executions / Math.max(progress, Number.EPSILON));
    const recent = this.#estimates.filter(({ at }) => at * 4 > executions);
    const all = [now, ...recent.map(({ estimate }) => estimate)];
    return {
      executions: now,
      low: Math.max(executions, Math.min(...all)),
      high: Math.max(executions, ...all),
    };
  }

  get executions(): number {
    return this.#search.executions;
  }

  get bugs(): number {
    return this.#findings.bugs.length - this.dataRaces;
  }

  get dataRaces(): number {
    return this.#findings.bugs.filter(({ kind }) => kind === 'data-race').length;
  }

  /** Explore at most `executions` more. Returns whether there is nothing left to do. */
  run(executions: number): boolean {
    try {
      return this.#run(executions);
    } catch (error) {
      if (!(error instanceof StateElsewhere)) throw error;
      this.#beginAnew();
      return false;
    }
  }

  #run(executions: number): boolean {
    const limit = this.#options.maxExecutions ?? Number.POSITIVE_INFINITY;
    const left = Math.min(executions, limit - this.#search.executions);
    for (let done = 0; done < left && !this.#search.complete; ) {
      // Estimates are taken often at the start, and then ever more rarely.
      const chunk = Math.min(left - done, Math.max(1, this.#search.executions >> 3));
      const before = this.#search.executions;
      this.#search.explore(chunk);
      if (this.meets !== 0 && !this.#takePiece(this.meets, limit)) return false;
      done += this.#search.executions - before;
      const at = this.#search.executions;
      this.#estimates.push({ at, estimate: Math.round(at / this.#search.progress) });
      // A long search needs no more of them than a short one.
      if (this.#estimates.length > mostEstimates) this.#thin();
    }
    return this.#search.complete || this.#search.executions >= limit;
  }

  #thin(): void {
    const kept = this.#estimates.filter((_, i) => i % 2 === 1);
    this.#estimates.splice(0, this.#estimates.length, ...kept);
  }

  /**
   * A part of the search that will come later, to be explored ahead of time by a {@link Piece},
   * in another thread as a rule; null when there is none that seems worth it. What came of it is to
   * be handed to {@link deliver}. That changes nothing but how long it takes.
   *
   * @param ripe for how many executions a part must not have changed: changed, it is of no use
   */
  ahead(ripe = 16): { readonly number: number; readonly piece: SavedPiece } | null {
    const search = this.#search.ahead(this.#handedOut + 1, ripe);
    if (search === null) return null;
    return { number: ++this.#handedOut, piece: { search, findings: this.#findings.fork() } };
  }

  /** Whether a piece is still of use. */
  wants(number: number): boolean {
    return this.#search.wants(number);
  }

  /** The piece without which {@link run} does not go on; 0 when there is none. */
  get meets(): number {
    return this.#search.meets;
  }

  /** Take back a piece, explored to the end or as far as somebody has come with it. */
  deliver(number: number, piece: SavedPiece): void {
    if (this.wants(number)) this.#delivered.set(number, piece);
  }

  /** Go on behind a piece. Returns whether that was possible. */
  #takePiece(number: number, limit: number): boolean {
    const piece = this.#delivered.get(number);
    if (piece === undefined) return false;
    this.#delivered.delete(number);
    const { search, findings } = piece;
    const { sameTasks, foot } = this.#search.names.merge(search.names);
    const tooFar = this.#search.executions + search.executions > limit;
    if (!sameTasks || tooFar || search.executions === 0) {
      this.#search.refuse(number);
    } else {
      this.#search.graft(search, foot);
      this.#findings.merge(findings);
    }
    return true;
  }

  /** What was found so far. Complete only when {@link run} has returned true without a limit. */
  outcome(): Outcome {
    const { executions, blocked, transitions, complete } = this.#search;
    const { outcomes, histogram } = this.#findings;
    const bugs = describeBugs(this.#program, this.#findings, this.#described);
    if (complete) bugs.push(...neverReached(this.#program, this.#findings, executions));
    bugs.sort(byWeight);
    const outcome = {
      program: this.#program.name,
      verdict: bugs.length > 0 ? 'bug' : complete ? 'clean' : 'incomplete',
      complete,
      bounds: { preemptions: null, executions: this.#options.maxExecutions ?? null },
      worlds: this.#search.keepsWorlds ? 'kept' : 'fresh',
      ignored: this.#options.ignore ?? [],
      executions,
      blocked,
      transitions,
      bugs,
      outcomes,
      histogram: this.#options.histogram === true ? [...histogram] : null,
    } as const;
    if (this.#options.causes === false) return { ...outcome, causes: [] };
    return withCauses(
      this.#program,
      outcome,
      describeVariants(this.#program, this.#findings, this.#described),
    );
  }
}

/** Explore a program until everything was seen or a limit is met. */
export function explore(program: Program, options: ExploreOptions = {}): Outcome {
  const explorer = new Explorer(program, options);
  while (!explorer.run(100_000));
  const outcome = explorer.outcome();
  if (outcome.complete || options.maxStates === undefined) return outcome;
  return coverFewPreemptions(program, outcome, options);
}

/**
 * Add to an outcome that is incomplete what the second engine finds: bugs, and up to how many
 * preemptions there are no others. That does not hold for data races and the order of locks.
 */
export function coverFewPreemptions(
  program: Program,
  outcome: Outcome,
  { ignore = [], maxStates = 100_000 }: ExploreOptions = {},
): Outcome {
  const states = new StateGraph(program, {
    ignore,
    maxStates,
    worlds: outcome.worlds ?? 'kept',
  }).run();
  const bugs = [...outcome.bugs];
  for (const [id, { schedule, ways }] of states.bugs) {
    const bug = bugs.some((known) => known.id === id)
      ? null
      : bugOf(record(program, schedule, ways, states.names), id);
    if (bug !== null) bugs.push(bug);
  }
  const preemptions = states.coveredPreemptions < 0 ? null : states.coveredPreemptions;
  const witnesses = outcome.causes.flatMap((cause) => cause.witnesses);
  return withCauses(
    program,
    {
      ...outcome,
      verdict: bugs.length > 0 ? 'bug' : 'incomplete',
      bounds: { ...outcome.bounds, preemptions },
      bugs: bugs.sort(byWeight),
    },
    witnesses,
  );
}
