import { alike, gist } from '../program/checks/alike.ts';
import { NotDeterministic } from '../program/checks/beginning.ts';
import type { Footprint } from '../program/dependence.ts';
import { type Failure, ModelError } from '../program/failure.ts';
import { Store } from '../program/objects/cell.ts';
import type { Operation } from '../program/op.ts';
import type { Program } from '../program/program.ts';
import { Execution } from './execution.ts';
import { makeAgain, type Run } from './run.ts';

/**
 * How a search comes by its worlds: one that is kept and in which events are taken back, a fresh one
 * for each execution, or, to test the one against the other, both each time. Makes no difference but
 * to how long it takes.
 */
export type WorldsKind = 'kept' | 'fresh' | 'compared';

/**
 * The program keeps state where no search can take it back: a variable of setup that tasks change, an
 * array used as a log. It must be searched with fresh worlds, from the start.
 */
export class StateElsewhere extends Error {
  override readonly name = 'StateElsewhere';
}

/** An execution in a fresh world: which task made each event, what it touched, all there was to see. */
interface Seen {
  readonly task: readonly number[];
  readonly foot: readonly Footprint[];
  readonly lines: readonly string[];
}

/** So many executions are checked in any case. */
const always = 4;
/** How many steps checks may take at first, setup included, and then which part of all steps. */
const allowance = 8_000;
const share = 128;

/** Gives a search executions that have made the events of its run. */
export class Worlds {
  readonly #program: Program;
  readonly #run: Run;
  readonly #kind: WorldsKind;
  readonly #allowance: number;
  /** The world that is kept, with the events of the run made; null when the next must be made anew. */
  #kept: Execution | null = null;
  #keeps: boolean;
  /** The kept world could not be taken back: the program has to explain itself. */
  #doubted = false;
  /** What executions and checks have cost so far, about: in steps. */
  #work = 0;
  #checks = 0;
  /** Whether events were taken back in the world that is in use. */
  #used = false;
  /** The first that was checked, and those in which a bug was new: they must be the same for ever. */
  readonly #seen: Seen[] = [];
  /**
   * A world from the beginning in which nothing has happened yet: what differs from it in a fresh one
   * comes from what setup makes now, not from what the kept world has gone through. Null once it was used.
   */
  #reserve: Execution | null | undefined;

  /** @param isKnown whether worlds of this program have been checked before, and need less of it */
  constructor(program: Program, run: Run, kind: WorldsKind, isKnown = false) {
    this.#program = program;
    this.#run = run;
    this.#kind = kind;
    this.#allowance = isKnown ? 0 : allowance;
    this.#keeps = kind !== 'fresh';
  }

  /** Whether a world could be kept so far. */
  get keeps(): boolean {
    return this.#keeps;
  }

  /** An execution that has made the events of the run. */
  begin(): Execution {
    const kept = this.#kept;
    this.#kept = null;
    if (kept !== null) return kept;
    const used = this.#used;
    this.#used = false;
    if (this.#keeps && this.#reserve === undefined) this.#reserve = this.#fresh();
    const execution = this.#fresh(this.#keeps);
    let isSame = true;
    for (let depth = 0; depth < this.#run.length && isSame; depth++)
      isSame = this.#replay(execution, depth);
    if (!isSame || this.#doubted) throw this.surprised(null, used);
    return execution;
  }

  /** Nobody looks at this execution any more, until the run goes back. */
  keep(execution: Execution): void {
    if (this.#keeps && !execution.world.strays) {
      this.#kept = execution;
      return;
    }
    this.#keeps = false;
    execution.dispose();
  }

  /** The run goes back to its first `length` events. */
  rewind(length: number): void {
    if (this.#kept !== null) {
      this.#used = true;
      this.#doubted = !this.#kept.rewind(length);
      if (this.#doubted) this.#discard();
    }
    this.#run.rewind(length);
  }

  /**
   * Nothing more is to be executed.
   *
   * @throws NotDeterministic when the first execution is not what it was
   */
  close(): void {
    this.#discard();
    const [first] = this.#seen;
    if (first === undefined) return;
    const changed = this.#changed([first]) ?? this.#changedSince(first);
    if (changed !== null) throw changed;
  }

  #discard(): void {
    this.#kept?.dispose();
    this.#kept = null;
  }

  /**
   * Believe an execution that has come to its end, or run it once more in a fresh world and see: now
   * and then, and always when it has news. The one to go on with is the one that was kept: a setup
   * that makes something else by now is found out by that.
   *
   * @param number how many executions there were with this one
   */
  check(execution: Execution, failures: readonly Failure[], number: number, news: boolean): void {
    const { world } = execution;
    const cost = world.made + world.stepsInSetup + this.#run.length;
    this.#work += this.#run.length;
    const isDue = number <= always || this.#checks + cost <= this.#allowance + this.#work / share;
    if (!isDue && !news && this.#kind !== 'compared') return;
    this.#checks += cost;
    if (this.#seen.length === 0 || news) this.#seen.push(this.#look());
    const operations = this.#run.operation.slice(0, this.#run.length);
    this.#compare(execution, failures, operations);
    for (const [depth, one] of operations.entries()) this.#run.operation[depth] = one;
  }

  /** @param keeps whether it is to be kept: others need no notes of what is to be taken back */
  #fresh(keeps = false): Execution {
    const { names, width } = this.#run;
    return new Execution(this.#program, names, width, keeps);
  }

  /** Make event `depth` of the run in another world. Returns whether it does the same there. */
  #replay(execution: Execution, depth: number): boolean {
    const run = this.#run;
    const task = execution.tasks[run.task[depth] as number];
    const operation = task?.pending;
    if (task === undefined || operation?.enabled() !== true) return false;
    const before = run.operation[depth] as Operation<unknown>;
    const wanted = run.foot[depth] as Footprint;
    // What is in objects may have been changed since, by later steps.
    return run.replay(execution, task, depth) === wanted && didTheSame(before, operation, true);
  }

  /** Run an execution once more in a fresh world. */
  #compare(
    execution: Execution,
    failures: readonly Failure[],
    operations: readonly Operation<unknown>[],
  ): void {
    const run = this.#run;
    const fresh = this.#fresh();
    for (let depth = 0; depth < run.length; depth++)
      if (!this.#replay(fresh, depth)) throw this.surprised();
    if (!operations.every((one, i) => didTheSame(one, run.operation[i] as typeof one)))
      throw this.surprised();
    if (fresh.enabled() !== 0) throw this.surprised();
    const end = gistOfEnd(fresh, fresh.finish());
    if (between(end, gistOfEnd(execution, failures)) !== null) throw this.surprised(end);
    fresh.dispose();
  }

  /** What to make of an error: in a world that was used before it may come from what was kept. */
  judged(error: unknown): unknown {
    if (error instanceof StateElsewhere || error instanceof NotDeterministic) return error;
    if (!this.#used || this.#kind === 'fresh') return error;
    return this.#changed(this.#seen) ?? new StateElsewhere();
  }

  /**
   * What to say to an execution that is not as it was: are fresh worlds alike?
   *
   * @param end what a fresh world has come to, if it is known
   * @param used whether events had been taken back in the world that it was in
   */
  surprised(end: readonly string[] | null = null, used: boolean = this.#used): Error {
    const difference = this.#difference(end);
    if (difference !== null) return difference;
    return used && this.#kind !== 'fresh'
      ? new StateElsewhere()
      : new NotDeterministic('one schedule, run twice, does two different things');
  }

  /** What differs between fresh worlds that do the same; null when nothing does. */
  #difference(end: readonly string[] | null): NotDeterministic | null {
    const one = this.#look();
    // The last lines are of what it has come to.
    const ended = end === null ? one.lines : [...one.lines.slice(0, one.task.length), ...end];
    // Two worlds may be alike by accident, and three less so.
    return (
      between(one.lines, ended) ??
      this.#changed([one, one, ...this.#seen]) ??
      this.#changedSince(one)
    );
  }

  /**
   * What differs from the beginning on; null when nothing does, or when no world of this program can be
   * put aside: setup puts state that tasks use outside of its world, and so changes that of another.
   */
  #changedSince({ task, foot, lines }: Seen): NotDeterministic | null {
    const reserve = this.#reserve ?? null;
    this.#reserve = null;
    if (reserve === null) return null;
    const difference = between(this.#lookLater(task, foot, reserve), lines);
    if (difference === null) return null;
    const aside = this.#fresh();
    return between(this.#lookLater(task, foot, aside), lines) === null ? difference : null;
  }

  /** All there is to see in a world that was put aside, once what setup resets is reset. */
  #lookLater(
    task: readonly number[],
    foot: readonly Footprint[],
    execution: Execution,
  ): readonly string[] {
    this.#fresh().dispose();
    try {
      return this.#look(task, foot, execution).lines;
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      return [error.message];
    }
  }

  /** What differs when these are executed once more; null when nothing does. */
  #changed(executions: readonly Seen[]): NotDeterministic | null {
    for (const { task, foot, lines: before } of executions) {
      const difference = between(before, this.#look(task, foot).lines);
      if (difference !== null) return difference;
    }
    return null;
  }

  /** Execute this, or the run if nothing is said, in a world that is fresh and see all there is to see. */
  #look(
    task: readonly number[] = this.#run.task.slice(0, this.#run.length),
    foot: readonly Footprint[] = this.#run.foot.slice(0, this.#run.length),
    execution: Execution = this.#fresh(),
  ): Seen {
    const lines: string[] = [];
    for (const [event, index] of task.entries()) {
      const state = execution.tasks[index];
      const operation = state?.pending;
      if (state === undefined || operation?.enabled() !== true) break;
      const wanted = foot[event] as Footprint;
      const made = makeAgain(execution, state, event, wanted);
      const { op, target } = operation.describe();
      lines.push(`${state.name}: ${op} ${target} ${foundOf(operation)}`);
      if (made !== wanted) break;
    }
    if (execution.enabled() === 0) lines.push(...gistOfEnd(execution, execution.finish()));
    execution.dispose();
    return { task, foot, lines };
  }
}

/** The first line in which two executions of one schedule differ; null when there is none. */
function between(one: readonly string[], other: readonly string[]): NotDeterministic | null {
  const length = Math.max(one.length, other.length);
  for (let at = 0; at < length; at++) {
    const [was, is] = [one[at] ?? 'nothing', other[at] ?? 'nothing'];
    if (was !== is)
      return new NotDeterministic(`one schedule has "${was}" once, and "${is}" another time`);
  }
  return null;
}

/** What an operation has found, or stored. */
function foundOf(operation: Operation<unknown>): string {
  if (!operation.done) return '';
  return gist(operation instanceof Store ? operation.after : operation.value);
}

function didTheSame(before: Operation<unknown>, now: Operation<unknown>, changed = false): boolean {
  if (before.done !== now.done || before.constructor !== now.constructor) return false;
  if (!now.done) return true;
  if (before instanceof Store) {
    const { after } = now as Store<unknown, unknown>;
    if (!alike(before.after, after, changed)) return false;
  }
  return alike(before.value, now.value, changed);
}

/** What an execution has come to. */
function gistOfEnd({ world, tasks }: Execution, failures: readonly Failure[]): string[] {
  const lines = failures.map(
    ({ kind, function: name, object, message, task, event }) =>
      `${kind} ${name} ${object} ${task} ${event} ${message}`,
  );
  return [
    ...tasks.filter((task) => task !== undefined).map(({ name, status }) => `${name} ${status}`),
    ...lines.sort(),
    ...[...world.reached].sort(),
  ].flatMap((line) => line.split('\n'));
}
