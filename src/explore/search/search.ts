import type { Execution } from '../execution/execution.ts';
import { Run } from '../execution/run.ts';
import { widthOf } from '../execution/width.ts';
import { Worlds, type WorldsKind } from '../execution/worlds.ts';
import { Beginning } from '../program/checks/beginning.ts';
import { addressOf, type Footprint, footprint, kindOf } from '../program/dependence.ts';
import { type Failure, ModelError } from '../program/failure.ts';
import { Names } from '../program/names.ts';
import type { Choice } from '../program/objects/choice.ts';
import { CHOOSE } from '../program/op.ts';
import type { Program } from '../program/program.ts';
import type { TaskState } from '../program/task.ts';
import { notTheSameProgram } from './checkpoint.ts';
import { Reversals } from './reversals.ts';
import { type SavedNode, type SavedSearch, translateNode } from './saved-search.ts';
import { SleepSets } from './sleep.ts';
import {
  afterFirstStep,
  forestSize,
  newBranch,
  restoreForest,
  saveForest,
  type WakeupBranch,
} from './wakeup-tree.ts';

/** What a search calls when it has come to the end of an execution. */
export type OnExecution = (run: Run, execution: Execution, failures: readonly Failure[]) => void;

export interface SearchOptions {
  /** A longer execution is an error of the program. */
  readonly maxSteps?: number | undefined;
  readonly worlds?: WorldsKind | undefined;
  /** Whether anybody asks for data races. */
  readonly dataRaces?: boolean;
  /** Whether somebody would hear something new of failures: they are then made sure of. */
  readonly isNews?: (failures: readonly Failure[]) => boolean;
}

/**
 * Every execution of a finite program, one for each Mazurkiewicz class: two executions that order
 * all dependent events alike are the same. Optimal dynamic partial-order reduction with wakeup
 * trees (Abdulla, Aronis, Jonsson, Sagonas: POPL 2014, JACM 2017), for sequential consistency.
 *
 * The search is a depth-first walk over a tree of schedules. A node is the state before an event;
 * `#pending` holds the branches that races found further down still ask for, `#sleep` the tasks
 * whose branch was explored already and that nothing has disturbed since.
 */
export class Search {
  readonly program: Program;
  readonly width: number;
  readonly names: Names;
  readonly run: Run;
  executions = 0;
  /** Executions that ended because all enabled tasks slept. Zero, or the search has a bug. */
  blocked = 0;
  transitions = 0;
  /** The whole tree has been walked. */
  complete = false;

  readonly #onExecution: OnExecution;
  readonly #isNews: (failures: readonly Failure[]) => boolean;
  readonly #worlds: Worlds;
  readonly #maxSteps: number;
  /** By depth: the branches still to take. */
  readonly #pending: (WakeupBranch | null)[] = [null];
  readonly #sleep: SleepSets;
  /** By depth: how many branches have been explored. */
  readonly #explored: number[] = [0];
  readonly #reversals: Reversals;
  /** Branches that are explored ahead of time, by the number of who does. */
  readonly #aheads = new Map<number, { readonly branch: WakeupBranch; readonly known: number }>();

  constructor(
    program: Program,
    onExecution: OnExecution,
    {
      maxSteps = 100_000,
      worlds = 'kept',
      dataRaces = true,
      isNews = () => false,
    }: SearchOptions = {},
  ) {
    this.program = program;
    this.#onExecution = onExecution;
    this.#isNews = isNews;
    this.#maxSteps = maxSteps;
    const beginning = new Beginning();
    this.width = widthOf(program, beginning);
    this.names = new Names(beginning);
    this.run = new Run(this.names, this.width, dataRaces);
    this.#worlds = new Worlds(program, this.run, worlds);
    this.#sleep = new SleepSets(this.names, this.width);
    this.#reversals = new Reversals(this.run, this.#sleep, this.#pending);
  }

  /**
   * Explore at most `executions` more; whether the search is complete.
   *
   * @throws StateElsewhere when the search must be begun anew, with fresh worlds
   */
  explore(executions: number): boolean {
    try {
      this.#explore(executions);
    } catch (error) {
      throw this.#worlds.judged(error);
    }
    return this.complete;
  }

  #explore(executions: number): void {
    for (let i = 0; i < executions && !this.complete && this.meets === 0; i++) {
      const execution = this.#execute();
      if (execution !== null) {
        this.executions++;
        this.#end(execution, execution.finish());
      } else {
        this.blocked++;
      }
      this.#backtrack();
    }
  }

  /** An execution has come to its end. */
  #end(execution: Execution, failures: readonly Failure[]): void {
    const number = this.executions;
    this.#worlds.check(execution, failures, number, this.#isNews(failures));
    this.#onExecution(this.run, execution, failures);
    this.#reversals.ask(execution, number);
    this.#worlds.keep(execution);
  }

  /** Whether executions begin in a world that was kept. */
  get keepsWorlds(): boolean {
    return this.#worlds.keeps;
  }

  /**
   * How much of the tree has been walked, if all branches that are known to be there were equally
   * large and no more were found: between 0 and 1.
   */
  get progress(): number {
    if (this.complete) return 1;
    let progress = 0;
    let share = 1;
    for (let depth = this.#reversals.floor; depth <= this.run.length; depth++) {
      const explored = this.#explored[depth] as number;
      const open = forestSize(this.#pending[depth] ?? null) + (depth < this.run.length ? 1 : 0);
      share /= Math.max(1, explored + open);
      progress += share * explored;
    }
    return progress;
  }

  /** The state of the search between two executions, as plain data. */
  save(): SavedSearch {
    const { run, names, executions, blocked, transitions, complete } = this;
    const nodes = Array.from({ length: run.length + 1 }, (_, depth) => ({
      task: depth < run.length ? (run.task[depth] as number) : -1,
      foot: depth < run.length ? (run.foot[depth] as Footprint) : 0,
      explored: this.#explored[depth] as number,
      sleep: this.#sleep.save(depth),
      pending: saveForest(this.#pending[depth] ?? null),
    }));
    const { floor, outbox } = this.#reversals;
    const races = { open: run.races.save(run.length), noted: run.races.noted };
    return {
      ...{ executions, blocked, transitions, complete, races, nodes },
      ...{ names: names.save(), floor, outbox: [...outbox] },
    };
  }

  /** Go on where another search of the same program was saved. */
  restore(saved: SavedSearch): void {
    const { run } = this;
    this.executions = saved.executions;
    this.blocked = saved.blocked;
    this.transitions = saved.transitions;
    this.complete = saved.complete;
    this.#reversals.floor = saved.floor;
    this.#reversals.outbox = [...saved.outbox];
    this.names.restore(saved.names);
    const execution = startOf(this.#worlds);
    if (execution === null) throw notTheSameProgram();
    saved.nodes.forEach((node, depth) => {
      this.#restoreNode(execution, node, depth);
    });
    this.#worlds.keep(execution);
    run.races.restore(saved.races.open);
    run.races.noted = saved.races.noted;
  }

  /** Be where a saved node is, and make the event that leads to the next one. */
  #restoreNode(execution: Execution, node: SavedNode, depth: number): void {
    const { task: index, foot } = node;
    this.#sleep.restore(depth, node.sleep);
    this.#explored[depth] = node.explored;
    this.#pending[depth] = restoreForest(node.pending);
    if (index < 0) return;
    const task = execution.tasks[index];
    if (task?.pending?.enabled() !== true) throw notTheSameProgram();
    const way = kindOf(foot) === CHOOSE ? addressOf(foot) : 0;
    if (this.run.step(execution, task, way) !== foot) throw notTheSameProgram();
  }

  /**
   * A branch for somebody else to explore ahead of time: of those that have not changed for `ripe`
   * executions, the one nearest to the root. It is the search that {@link graft} takes back, as
   * long as {@link wants} says so.
   *
   * @param number a number of its own, not 0
   */
  ahead(number: number, ripe: number): SavedSearch | null {
    const { run } = this;
    for (let depth = this.#reversals.floor; depth <= run.length; depth++) {
      const next = depth === run.length ? this.#pending[depth] : null;
      for (let branch = this.#pending[depth] ?? null; branch !== null; branch = branch.sibling) {
        const isRipe = this.executions - branch.changed >= ripe;
        if (branch.ahead !== 0 || branch === next || !isRipe) continue;
        branch.ahead = number;
        this.#aheads.set(number, { branch, known: run.races.noted });
        return this.#searchOf(branch, depth);
      }
    }
    return null;
  }

  /** The search for what begins with `branch` at node `depth`. */
  #searchOf(branch: WakeupBranch, depth: number): SavedSearch {
    const { run, names } = this;
    const saved = this.save();
    const sleep = new SleepSets(names, this.width);
    sleep.restore(0, this.#sleep.save(depth));
    // What comes before the branch will have been explored.
    if (depth < run.length) sleep.add(0, run.task[depth] as number, run.foot[depth] as Footprint);
    let before = this.#pending[depth] as WakeupBranch;
    for (; before !== branch; before = before.sibling as WakeupBranch)
      sleep.add(0, before.steps[before.at] as number, before.steps[before.at + 1] as Footprint);
    const start = { task: -1, foot: 0, explored: 0, sleep: sleep.save(0) };
    return {
      ...saved,
      ...{ executions: 0, blocked: 0, transitions: 0, floor: depth + 1 },
      nodes: [...saved.nodes.slice(0, depth), { ...start, pending: saveForest(branch) }],
      races: { open: run.races.save(depth), noted: run.races.noted },
    };
  }

  /** Whether what somebody explores ahead of time will be of use. */
  wants(number: number): boolean {
    return this.#aheads.get(number)?.branch.ahead === number;
  }

  /** Whether the next branch is being explored by somebody else: their number, or 0. */
  get meets(): number {
    return this.complete ? 0 : (this.#pending[this.run.length]?.ahead ?? 0);
  }

  /** Explore the next branch here after all. */
  refuse(number: number): void {
    const given = this.#aheads.get(number);
    if (given?.branch.ahead === number) given.branch.ahead = 0;
    this.#aheads.delete(number);
  }

  /** Take the next branch as far as somebody has explored it. Tasks must be numbered alike. */
  graft(saved: SavedSearch, translate: (foot: Footprint) => Footprint): void {
    const { run } = this;
    const { races } = run;
    const depth = run.length;
    const branch = this.#pending[depth] as WakeupBranch;
    const known = this.#aheads.get(branch.ahead)?.known as number;
    this.#aheads.delete(branch.ahead);
    this.#pending[depth] = branch.sibling;
    this.executions += saved.executions;
    this.blocked += saved.blocked;
    this.transitions += saved.transitions;
    const now = this.executions;
    const settled = this.#reversals.takeOver(saved.outbox, known, translate, now);
    const nodes = saved.nodes.slice(depth).map((node) => translateNode(node, translate));
    const { task, foot } = nodes[0] as SavedNode;
    if (saved.complete) {
      this.#isExplored(depth, task, foot);
      if (this.#pending[depth] === null) this.#backtrack();
      return;
    }
    const execution = this.#worlds.begin();
    run.step(execution, execution.task(task), kindOf(foot) === CHOOSE ? addressOf(foot) : 0);
    nodes.slice(1).forEach((node, i) => {
      this.#restoreNode(execution, node, depth + 1 + i);
    });
    this.#worlds.keep(execution);
    races.adopt(saved.races.open, depth, settled);
  }

  /** One execution to its end; null when it was blocked by sleeping tasks. */
  #execute(): Execution | null {
    const { run } = this;
    const execution = this.#worlds.begin();
    const prefix = run.length;
    this.transitions += prefix;
    let last = prefix > 0 ? (run.task[prefix - 1] as number) : -1;
    for (;;) {
      const depth = run.length;
      if (depth >= this.#maxSteps) {
        throw new ModelError(
          `an execution has more than ${this.#maxSteps} steps: does the program end?`,
        );
      }
      const branch = this.#pending[depth] as WakeupBranch | null;
      if (branch !== null) {
        last = branch.steps[branch.at] as number;
        if (!execution.isEnabled(last)) throw this.#worlds.surprised();
      } else if (last < 0 || this.#sleep.has(depth, last) || !execution.isEnabled(last)) {
        // Staying with a task as long as it can run makes the first executions easy to read.
        const enabled = execution.enabled();
        if (enabled === 0) return execution;
        const awake = enabled & ~this.#sleep.at(depth);
        if (awake === 0) return null;
        last = 31 - Math.clz32(awake & -awake);
      }
      this.#newStep(execution, execution.task(last), branch);
    }
  }

  #newStep(execution: Execution, task: TaskState, branch: WakeupBranch | null): void {
    const { run } = this;
    const depth = run.length;
    if (branch !== null) this.#pending[depth] = branch.sibling;
    const rest = branch === null ? null : afterFirstStep(branch);
    const foot = run.step(execution, task, this.#wayOf(task, branch, depth));
    this.transitions++;
    this.#sleep.pass(depth, task.index, foot);
    this.#explored[depth + 1] = 0;
    this.#pending[depth + 1] = rest;
  }

  /** The way a choice goes: what the branch says, or the first, and then all the others. */
  #wayOf({ index, pending }: TaskState, branch: WakeupBranch | null, depth: number): number {
    if (pending?.kind !== CHOOSE) return 0;
    if (branch !== null) return addressOf(branch.steps[branch.at - 1] as Footprint);
    let others: WakeupBranch | null = null;
    for (let way = (pending as Choice<unknown>).ways - 1; way > 0; way--) {
      const steps = [index, footprint(way, CHOOSE)];
      others = newBranch(steps, this.executions, { sibling: others });
    }
    this.#pending[depth] = others;
    return 0;
  }

  #isExplored(depth: number, task: number, foot: Footprint): void {
    this.#sleep.add(depth, task, foot);
    this.#explored[depth] = (this.#explored[depth] as number) + 1;
  }

  #backtrack(): void {
    const { run } = this;
    for (let depth = run.length - 1; depth >= this.#reversals.floor; depth--) {
      this.#isExplored(depth, run.task[depth] as number, run.foot[depth] as Footprint);
      if (this.#pending[depth] === null) continue;
      this.#worlds.rewind(depth);
      return;
    }
    this.#worlds.close();
    this.complete = true;
  }
}

/** A new execution, or null when setup does not make what it made before. */
function startOf(worlds: Worlds): Execution | null {
  try {
    return worlds.begin();
  } catch (error) {
    if (error instanceof ModelError) return null;
    throw error;
  }
}
