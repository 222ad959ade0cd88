import { ACQUIRE, dependent, type Footprint, footprint, kindOf } from './dependence.ts';
import { Execution, maxTasksLimit } from './execution.ts';
import { type Failure, ModelError } from './failure.ts';
import type { Lock } from './lock.ts';
import type { Program } from './program.ts';
import { Run } from './run.ts';
import type { TaskState } from './task.ts';
import { insert, type WakeupNode } from './wakeup-tree.ts';
import { Names } from './world.ts';

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
  readonly #pending: WakeupNode[][] = [];
  readonly #sleepMask: number[] = [0];
  #sleepFoot: Int32Array;
  #prefix = 0;
  #tasks: Int32Array = new Int32Array(256);
  #feet: Int32Array = new Int32Array(256);

  constructor(program: Program, onExecution: OnExecution, maxSteps = 100_000) {
    this.program = program;
    this.#onExecution = onExecution;
    this.#maxSteps = maxSteps;
    this.width = widthOf(program);
    this.run = new Run(this.names, this.width);
    this.#sleepFoot = new Int32Array(this.width * 256);
    this.#pending[0] = [];
  }

  /** Explore at most `executions` more; whether the search is complete. */
  explore(executions: number): boolean {
    for (let i = 0; i < executions && !this.complete; i++) {
      const execution = this.#execute();
      if (execution !== null) {
        this.executions++;
        this.#onExecution(this.run, execution, execution.finish());
      } else {
        this.blocked++;
      }
      if (execution !== null) this.#findRaces(execution);
      this.#backtrack();
    }
    return this.complete;
  }

  /** One execution to its end; null when it was blocked by sleeping tasks. */
  #execute(): Execution | null {
    const { run } = this;
    const execution = new Execution(this.program, this.names, this.width);
    run.restart();
    while (run.length < this.#prefix) this.#replayStep(execution);
    let last = run.length > 0 ? (run.task[run.length - 1] as number) : -1;
    for (;;) {
      const depth = run.length;
      if (depth >= this.#maxSteps) {
        throw new ModelError(
          `an execution has more than ${this.#maxSteps} steps: does the program end?`,
        );
      }
      const enabled = execution.enabled();
      const branch = this.#pending[depth]?.shift();
      if (branch === undefined) {
        if (enabled === 0) return execution;
        const awake = enabled & ~(this.#sleepMask[depth] as number);
        if (awake === 0) return null;
        if (last < 0 || (awake & (1 << last)) === 0) last = 31 - Math.clz32(awake & -awake);
      } else {
        last = branch.task;
        if ((enabled & (1 << last)) === 0)
          this.#notDeterministic(`task ${last} can run`, 'it cannot');
      }
      this.#newStep(execution, execution.task(last), branch);
    }
  }

  #replayStep(execution: Execution): void {
    const { run } = this;
    const depth = run.length;
    const wanted = run.foot[depth] as Footprint;
    const task = execution.tasks[run.task[depth] as number];
    if (task?.pending?.enabled() !== true)
      this.#notDeterministic(`task ${run.task[depth]} can run`, 'it cannot');
    const found = run.step(execution, task as TaskState, true);
    this.transitions++;
    if (found !== wanted)
      this.#notDeterministic(`footprint ${wanted} at step ${depth}`, `${found}`);
  }

  #newStep(execution: Execution, task: TaskState, branch: WakeupNode | undefined): void {
    const { run, width } = this;
    const depth = run.length;
    const foot = run.step(execution, task, false);
    this.transitions++;
    // Tasks stay asleep as long as what they would do commutes with what happens.
    let asleep = (this.#sleepMask[depth] as number) & ~(1 << task.index);
    if (this.#sleepFoot.length < (depth + 2) * width) {
      const bigger = new Int32Array(this.#sleepFoot.length * 2);
      bigger.set(this.#sleepFoot);
      this.#sleepFoot = bigger;
    }
    let still = 0;
    while (asleep !== 0) {
      const bit = asleep & -asleep;
      asleep ^= bit;
      const sleeper = 31 - Math.clz32(bit);
      const wouldDo = this.#sleepFoot[depth * width + sleeper] as number;
      if (dependent(this.names, wouldDo, foot)) continue;
      still |= bit;
      this.#sleepFoot[(depth + 1) * width + sleeper] = wouldDo;
    }
    this.#sleepMask[depth + 1] = still;
    this.#pending[depth + 1] = branch?.children ?? [];
  }

  /** Ask for the reversal of every race of this execution that no other branch covers. */
  #findRaces(execution: Execution): void {
    const { run } = this;
    const { races } = run;
    for (let i = 0; i < races.length; i += 2) {
      const first = races[i] as number;
      const second = races[i + 1] as number;
      this.#reverse(first, run.task[second] as number, run.reversed(first, second));
    }
    for (const task of execution.tasks) {
      if (task === undefined || task.pending?.kind !== ACQUIRE) continue;
      const { lock } = task.pending as unknown as { lock: Lock };
      const first = run.lostAgainst(task, lock);
      if (first >= 0) this.#reverse(first, task.index, footprint(lock.address, ACQUIRE));
    }
  }

  /** Ask for an execution in which `task` makes `foot` before event `first`. */
  #reverse(first: number, task: number, foot: Footprint): void {
    const { run, names, width } = this;
    let asleep = this.#sleepMask[first] as number;
    if (this.#tasks.length < run.length + 1) {
      this.#tasks = new Int32Array(run.length * 2);
      this.#feet = new Int32Array(run.length * 2);
    }
    const tasks = this.#tasks;
    const feet = this.#feet;
    let length = 0;
    for (let event = first + 1; event < run.length; event++) {
      if (run.happensBefore(first, event)) continue;
      tasks[length] = run.task[event] as number;
      feet[length++] = run.foot[event] as Footprint;
    }
    tasks[length] = task;
    feet[length++] = foot;
    // Covered already when some sleeping task can come first in this sequence.
    for (let i = 0; asleep !== 0 && i < length; i++) {
      if ((asleep & (1 << (tasks[i] as number))) !== 0) return;
      let rest = asleep;
      while (rest !== 0) {
        const bit = rest & -rest;
        rest ^= bit;
        const wouldDo = this.#sleepFoot[first * width + 31 - Math.clz32(bit)] as number;
        if (dependent(names, wouldDo, feet[i] as number)) asleep ^= bit;
      }
    }
    if (asleep !== 0) return;
    insert(names, this.#pending[first] as WakeupNode[], { tasks, feet, length });
  }

  #backtrack(): void {
    const { run, width } = this;
    for (let depth = run.length - 1; depth >= 0; depth--) {
      const task = run.task[depth] as number;
      this.#sleepMask[depth] = (this.#sleepMask[depth] as number) | (1 << task);
      this.#sleepFoot[depth * width + task] = run.foot[depth] as Footprint;
      if ((this.#pending[depth] as WakeupNode[]).length > 0) {
        this.#prefix = depth;
        return;
      }
    }
    this.complete = true;
  }

  #notDeterministic(expected: string, found: string): never {
    throw new ModelError(
      `the program is not deterministic: the schedule says ${expected}, but found ${found}. ` +
        'Setup and tasks may depend on nothing but what they read from cells.',
    );
  }
}

/** How many tasks to make room for. */
export function widthOf(program: Program): number {
  if (program.maxTasks !== undefined) return Math.min(program.maxTasks, maxTasksLimit);
  const names = new Names();
  const { start } = new Execution(program, names, maxTasksLimit);
  return Math.min(start.tasks.length + 8, maxTasksLimit);
}

export { kindOf };
