import { UsageError } from '../util/index.ts';
import type { Choice } from './choice.ts';
import { addressOf, dependent, type Footprint, footprint, kindOf } from './dependence.ts';
import { Execution, maxTasksLimit } from './execution.ts';
import { type Failure, ModelError } from './failure.ts';
import { Names, type SavedNames } from './names.ts';
import { ACQUIRE, CHOOSE } from './op.ts';
import type { Program } from './program.ts';
import { Run } from './run.ts';
import type { TaskState } from './task.ts';
import {
  afterFirstStep,
  covers,
  forestSize,
  insert,
  restoreForest,
  type SavedBranch,
  Sequence,
  saveForest,
  type WakeupBranch,
} from './wakeup-tree.ts';

/** What a search calls when it has come to the end of an execution. */
export type OnExecution = (run: Run, execution: Execution, failures: readonly Failure[]) => void;

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
  readonly names: Names = new Names();
  readonly run: Run;
  executions = 0;
  /** Executions that ended because all enabled tasks slept. Zero, or the search has a bug. */
  blocked = 0;
  transitions = 0;
  /** The whole tree has been walked. */
  complete = false;

  readonly #onExecution: OnExecution;
  readonly #maxSteps: number;
  /** By depth: the branches still to take. */
  readonly #pending: (WakeupBranch | null)[] = [null];
  /** By depth: the tasks asleep, one bit each; by depth and task, what each would do. */
  readonly #sleepMask: number[] = [0];
  #sleepFoot: Int32Array;
  /** By depth: how many branches have been explored. */
  readonly #explored: number[] = [0];
  readonly #sequence = new Sequence();

  constructor(program: Program, onExecution: OnExecution, maxSteps = 100_000) {
    this.program = program;
    this.#onExecution = onExecution;
    this.#maxSteps = maxSteps;
    this.width = widthOf(program);
    this.run = new Run(this.names, this.width);
    this.#sleepFoot = new Int32Array(this.width * 64);
  }

  /** Explore at most `executions` more; whether the search is complete. */
  explore(executions: number): boolean {
    for (let i = 0; i < executions && !this.complete; i++) {
      const execution = this.#execute();
      if (execution !== null) {
        this.executions++;
        this.#onExecution(this.run, execution, execution.finish());
        this.#findRaces(execution);
        execution.dispose();
      } else {
        this.blocked++;
      }
      this.#backtrack();
    }
    return this.complete;
  }

  /**
   * How much of the tree has been walked, if all branches that are known to be there were equally
   * large and no more were found: between 0 and 1.
   */
  get progress(): number {
    if (this.complete) return 1;
    let progress = 0;
    let share = 1;
    for (let depth = 0; depth <= this.run.length; depth++) {
      const explored = this.#explored[depth] as number;
      const open = forestSize(this.#pending[depth] ?? null) + (depth < this.run.length ? 1 : 0);
      share /= Math.max(1, explored + open);
      progress += share * explored;
    }
    return progress;
  }

  /** The state of the search between two executions, as plain data. */
  save(): SavedSearch {
    const { run, width, names, executions, blocked, transitions, complete } = this;
    const nodes = Array.from({ length: run.length + 1 }, (_, depth) => ({
      task: depth < run.length ? (run.task[depth] as number) : -1,
      foot: depth < run.length ? (run.foot[depth] as Footprint) : 0,
      explored: this.#explored[depth] as number,
      sleepers: this.#sleepMask[depth] as number,
      sleepFeet: [...this.#sleepFoot.slice(depth * width, (depth + 1) * width)],
      pending: saveForest(this.#pending[depth] ?? null),
    }));
    return { executions, blocked, transitions, complete, names: names.save(), nodes };
  }

  /** Go on where another search of the same program was saved. */
  restore(saved: SavedSearch): void {
    const { run, width } = this;
    this.executions = saved.executions;
    this.blocked = saved.blocked;
    this.transitions = saved.transitions;
    this.complete = saved.complete;
    this.names.restore(saved.names);
    const execution = startOf(this.program, this.names, width);
    if (execution === null) throw notTheSameProgram();
    saved.nodes.forEach(({ task: index, foot, ...node }, depth) => {
      while (this.#sleepFoot.length < (depth + 2) * width)
        this.#sleepFoot = doubled(this.#sleepFoot);
      this.#sleepFoot.set(node.sleepFeet, depth * width);
      this.#sleepMask[depth] = node.sleepers;
      this.#explored[depth] = node.explored;
      this.#pending[depth] = restoreForest(node.pending);
      if (index < 0) return;
      const task = execution.tasks[index];
      if (task?.pending?.enabled() !== true) throw notTheSameProgram();
      const way = kindOf(foot) === CHOOSE ? addressOf(foot) : 0;
      if (run.step(execution, task, way) !== foot) throw notTheSameProgram();
    });
    execution.dispose();
  }

  /** One execution to its end; null when it was blocked by sleeping tasks. */
  #execute(): Execution | null {
    const { run } = this;
    const execution = new Execution(this.program, this.names, this.width);
    const prefix = run.length;
    for (let depth = 0; depth < prefix; depth++) this.#replayStep(execution, depth);
    this.transitions += prefix;
    let last = prefix > 0 ? (run.task[prefix - 1] as number) : -1;
    for (;;) {
      const depth = run.length;
      if (depth >= this.#maxSteps) {
        throw new ModelError(
          `an execution has more than ${this.#maxSteps} steps: does the program end?`,
        );
      }
      const enabled = execution.enabled();
      const branch = this.#pending[depth] as WakeupBranch | null;
      if (branch === null) {
        if (enabled === 0) return execution;
        const awake = enabled & ~(this.#sleepMask[depth] as number);
        if (awake === 0) return null;
        // Staying with a task as long as it can run makes the first executions easy to read.
        if (last < 0 || (awake & (1 << last)) === 0) last = 31 - Math.clz32(awake & -awake);
        this.#newStep(execution, execution.task(last), null);
      } else {
        last = branch.steps[branch.at] as number;
        if ((enabled & (1 << last)) === 0)
          throw notDeterministic(`task ${last} can run`, 'it cannot');
        this.#newStep(execution, execution.task(last), branch);
      }
    }
  }

  #replayStep(execution: Execution, depth: number): void {
    const { run } = this;
    const index = run.task[depth] as number;
    const task = execution.tasks[index];
    const operation = task?.pending;
    if (task === undefined || operation?.enabled() !== true)
      throw notDeterministic(`task ${index} can run`, 'it cannot');
    const wanted = run.foot[depth] as Footprint;
    const found = run.replay(execution, task, depth);
    if (found !== wanted) throw notDeterministic(`footprint ${wanted}`, `${found}`);
  }

  #newStep(execution: Execution, task: TaskState, branch: WakeupBranch | null): void {
    const { run, width } = this;
    const depth = run.length;
    if (branch !== null) this.#pending[depth] = branch.sibling;
    const rest = branch === null ? null : afterFirstStep(branch);
    const foot = run.step(execution, task, this.#wayOf(task, branch, depth));
    this.transitions++;
    if (this.#sleepFoot.length < (depth + 2) * width) this.#sleepFoot = doubled(this.#sleepFoot);
    // Tasks stay asleep as long as what they would do commutes with what happens.
    const sleepFoot = this.#sleepFoot;
    let still = 0;
    let asleep = (this.#sleepMask[depth] as number) & ~(1 << task.index);
    for (; asleep !== 0; asleep &= asleep - 1) {
      const sleeper = 31 - Math.clz32(asleep & -asleep);
      const wouldDo = sleepFoot[depth * width + sleeper] as number;
      if (dependent(this.names, wouldDo, foot)) continue;
      still |= 1 << sleeper;
      sleepFoot[(depth + 1) * width + sleeper] = wouldDo;
    }
    this.#sleepMask[depth + 1] = still;
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
      others = { steps, at: 0, child: null, sibling: others };
    }
    this.#pending[depth] = others;
    return 0;
  }

  /** Ask for the reversal of every race of this execution that no other branch covers. */
  #findRaces(execution: Execution): void {
    const { run } = this;
    const { races } = run;
    for (let race = 0; race < races.count; race++) {
      const first = races.first[race] as number;
      const second = races.second[race] as number;
      const foot = run.reversed(first, second);
      if (this.#reverse(first, second, run.task[second] as number, foot)) races.settle(race);
    }
    for (const task of execution.tasks) {
      if (task?.pending?.kind !== ACQUIRE) continue;
      const { address } = task.pending;
      const first = run.lostAgainst(task, address);
      if (first >= 0) this.#reverse(first, run.length, task.index, footprint(address, ACQUIRE));
    }
  }

  /**
   * Ask for an execution in which `task`, which made event `second`, makes `foot` before `first`.
   * Returns whether the race is settled.
   */
  #reverse(first: number, second: number, task: number, foot: Footprint): boolean {
    const { run, names } = this;
    const sequence = this.#sequence;
    sequence.length = 0;
    for (let event = first + 1; event < second; event++) {
      if (!run.happensBefore(first, event))
        sequence.add(run.task[event] as number, run.foot[event] as Footprint);
    }
    sequence.add(task, foot);
    sequence.core = sequence.length;
    this.#addRest(first, second);
    const sleeper = this.#sleeperThatCovers(first, sequence);
    if (sleeper >= 0) return sleeper < sequence.core;
    const pending = this.#pending[first] as WakeupBranch | null;
    const settled = covers(names, pending, sequence);
    this.#pending[first] = insert(names, pending, sequence);
    return settled;
  }

  /** How the execution went on after `second`, as far as that does not depend on `first`. */
  #addRest(first: number, second: number): void {
    const { run } = this;
    let choice = -1;
    for (let event = second + 1; event < run.length; event++) {
      if (run.happensBefore(first, event)) continue;
      // A settled race is not looked at again: later choices must be free to go all ways.
      if (choice < 0 && kindOf(run.foot[event] as Footprint) === CHOOSE) choice = event;
      if (choice >= 0 && run.followsChoice(choice, event)) continue;
      this.#sequence.add(run.task[event] as number, run.foot[event] as Footprint);
    }
  }

  /**
   * A task asleep at node `depth` that can come first in the sequence, so that it is covered: where
   * in the sequence its step is, or the length of the sequence if not in it; -1 if there is none.
   */
  #sleeperThatCovers(depth: number, { tasks, feet, length }: Sequence): number {
    let asleep = this.#sleepMask[depth] as number;
    for (let i = 0; asleep !== 0 && i < length; i++) {
      const foot = feet[i] as Footprint;
      const bit = 1 << (tasks[i] as number);
      if ((asleep & bit) !== 0) {
        if (kindOf(foot) !== CHOOSE) return i;
        const tried = this.#sleepFoot[depth * this.width + (tasks[i] as number)] as number;
        if ((addressOf(tried) & (1 << addressOf(foot))) !== 0) return i;
        asleep &= ~bit;
      }
      for (let rest = asleep; rest !== 0; rest &= rest - 1) {
        const sleeper = 31 - Math.clz32(rest & -rest);
        const wouldDo = this.#sleepFoot[depth * this.width + sleeper] as number;
        if (dependent(this.names, wouldDo, foot)) asleep &= ~(1 << sleeper);
      }
    }
    return asleep !== 0 ? length : -1;
  }

  #backtrack(): void {
    const { run, width } = this;
    for (let depth = run.length - 1; depth >= 0; depth--) {
      const task = run.task[depth] as number;
      const at = depth * width + task;
      const foot = run.foot[depth] as Footprint;
      const mask = this.#sleepMask[depth] as number;
      if (kindOf(foot) === CHOOSE) {
        // Asleep is a choice with all the ways that were tried, as bits.
        const tried = (mask & (1 << task)) === 0 ? 0 : addressOf(this.#sleepFoot[at] as number);
        this.#sleepFoot[at] = footprint(tried | (1 << addressOf(foot)), CHOOSE);
      } else {
        this.#sleepFoot[at] = foot;
      }
      this.#sleepMask[depth] = mask | (1 << task);
      this.#explored[depth] = (this.#explored[depth] as number) + 1;
      if (this.#pending[depth] === null) continue;
      run.rewind(depth);
      return;
    }
    this.complete = true;
  }
}

/** A search between two executions, as plain data. */
export interface SavedSearch {
  readonly executions: number;
  readonly blocked: number;
  readonly transitions: number;
  readonly complete: boolean;
  readonly names: SavedNames;
  /** From the root to the node where the search goes on; the last one has no event yet. */
  readonly nodes: readonly SavedNode[];
}

interface SavedNode {
  readonly task: number;
  readonly foot: Footprint;
  readonly explored: number;
  readonly sleepers: number;
  readonly sleepFeet: readonly number[];
  readonly pending: readonly SavedBranch[];
}

function notTheSameProgram(): UsageError {
  return new UsageError(
    'explore/checkpoint-does-not-fit',
    'the saved search does not fit this program any more: start it anew',
  );
}

/** A new execution, or null when setup does not make what it made before. */
function startOf(program: Program, names: Names, width: number): Execution | null {
  try {
    return new Execution(program, names, width);
  } catch (error) {
    if (error instanceof ModelError) return null;
    throw error;
  }
}

function notDeterministic(expected: string, found: string): ModelError {
  return new ModelError(
    `the program is not deterministic: the schedule says ${expected}, but found ${found}. ` +
      'Setup and tasks may depend on nothing but what they read from cells.',
  );
}

function doubled(array: Int32Array): Int32Array {
  const bigger = new Int32Array(array.length * 2);
  bigger.set(array);
  return bigger;
}

/** How many tasks to make room for. */
export function widthOf(program: Program): number {
  if (program.maxTasks !== undefined) return Math.min(program.maxTasks, maxTasksLimit);
  const { start } = new Execution(program, new Names(), maxTasksLimit);
  return Math.min(start.tasks.length + 8, maxTasksLimit);
}
