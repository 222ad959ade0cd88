import type { Execution } from '../execution/execution.ts';
import { Run } from '../execution/run.ts';
import { widthOf } from '../execution/width.ts';
import { StateElsewhere, Worlds, type WorldsKind } from '../execution/worlds.ts';
import { checkOptions } from '../program/checks/check-program.ts';
import { takenOptions } from '../program/checks/taken.ts';
import type { BugKind, Failure } from '../program/failure.ts';
import { Names } from '../program/names.ts';
import { Choice } from '../program/objects/choice.ts';
import type { Operation } from '../program/op.ts';
import type { Program } from '../program/program.ts';
import { fingerprint } from '../witness/findings.ts';
import { StateKeys } from './state-key.ts';

export interface StateGraphOptions {
  /** Stop after this many states. */
  readonly maxStates?: number;
  /** Stop when everything with this many preemptions was seen. */
  readonly maxPreemptions?: number;
  readonly ignore?: readonly BugKind[];
  /** Fresh by default, to have nothing in common with the search; `kept` is faster. */
  readonly worlds?: WorldsKind;
}

/** What the second engine found. */
export interface StateGraphOutcome {
  /** Every state was looked at. */
  readonly complete: boolean;
  readonly states: number;
  /** What the numbers of tasks in the schedules of bugs mean. */
  readonly names: Names;
  /** All executions with at most this many preemptions were covered; -1 when not even those with none. */
  readonly coveredPreemptions: number;
  /** Bugs by fingerprint, each with the fewest preemptions that lead to it. */
  readonly bugs: ReadonlyMap<string, StateGraphBug>;
}

export interface StateGraphBug {
  readonly kind: BugKind;
  readonly message: string;
  readonly preemptions: number;
  /** Which task makes each step, and the way it goes. */
  readonly schedule: readonly number[];
  readonly ways: readonly number[];
}

/** Bugs that are in the way to a state, not in the state. */
const judgedByHistory: readonly BugKind[] = ['data-race', 'lock-order'];

/** A state, and how it was come to. */
interface Node {
  readonly parent: Node | null;
  readonly task: number;
  readonly way: number;
  readonly length: number;
}

/**
 * A second way to explore a program, with nothing in common with the first but the execution of
 * steps: all states, those that take fewer preemptions first. Finds the fewest preemptions to each
 * bug directly, grows with the number of states rather than of orders, and when it is stopped it
 * has covered everything up to some number of preemptions.
 *
 * It sees states, not what led to them: data races and the order of locks are not judged.
 */
export class StateGraph {
  readonly #program: Program;
  readonly #options: StateGraphOptions;
  readonly #names = new Names();
  readonly #run: Run;
  readonly #worlds: Worlds;
  /** The states on the way to the one that was looked at last, and where that was. */
  #path: readonly Node[] = [];
  #execution: Execution | null = null;
  #ends = 0;
  readonly #keys = new StateKeys();
  readonly #known = new Set<string>();
  readonly #bugs = new Map<string, StateGraphBug>();
  #states = 0;

  constructor(program: Program, options: StateGraphOptions = {}) {
    checkOptions('a StateGraph', options, { maxStates: 1, maxPreemptions: 0 }, [
      ...['ignore', 'worlds'],
    ]);
    this.#program = program;
    this.#options = takenOptions(options);
    this.#run = new Run(this.#names, widthOf(program), false);
    this.#worlds = new Worlds(program, this.#run, options.worlds ?? 'fresh');
  }

  /** Look at all states, or as many as the options allow. */
  run(): StateGraphOutcome {
    try {
      const outcome = this.#search();
      if (this.#execution !== null) this.#worlds.keep(this.#execution);
      this.#worlds.close();
      return outcome;
    } catch (thrown) {
      const error = this.#worlds.judged(thrown);
      if (!(error instanceof StateElsewhere)) throw error;
      return new StateGraph(this.#program, { ...this.#options, worlds: 'fresh' }).run();
    }
  }

  #search(): StateGraphOutcome {
    const { maxStates = Number.POSITIVE_INFINITY, maxPreemptions = Number.POSITIVE_INFINITY } =
      this.#options;
    let level: Node[] = [{ parent: null, task: -1, way: 0, length: 0 }];
    let preemptions = 0;
    for (; level.length > 0 && preemptions <= maxPreemptions; preemptions++) {
      const dearer: Node[] = [];
      for (let node = level.pop(); node !== undefined; node = level.pop()) {
        if (this.#states >= maxStates) return this.#outcome(false, preemptions - 1);
        this.#visit(node, preemptions, level, dearer);
      }
      level = dearer;
    }
    return this.#outcome(level.length === 0, preemptions - 1);
  }

  #outcome(complete: boolean, coveredPreemptions: number): StateGraphOutcome {
    return {
      complete,
      names: this.#names,
      states: this.#states,
      coveredPreemptions,
      bugs: this.#bugs,
    };
  }

  /** Come to a state from the one that was looked at last. Returns how much had failed before. */
  #reach(node: Node): number {
    const run = this.#run;
    const path = pathTo(node);
    let shared = 0;
    while (shared < run.length && path[shared] === this.#path[shared]) shared++;
    let execution = this.#execution;
    if (execution !== null && shared < run.length) {
      this.#worlds.keep(execution);
      this.#worlds.rewind(shared);
      this.#keys.rewind(shared);
      execution = null;
    }
    execution ??= this.#worlds.begin();
    let before = 0;
    for (const { task: index, way } of path.slice(shared)) {
      before = execution.world.failed;
      if (!execution.isEnabled(index)) throw this.#worlds.surprised();
      const task = execution.task(index);
      run.step(execution, task, way);
      this.#keys.add(task, run.operation[run.length - 1] as Operation<unknown>);
    }
    this.#path = path;
    this.#execution = execution;
    return before;
  }

  /** Look at a state that was come to with so many preemptions, and at where it leads. */
  #visit(node: Node, preemptions: number, same: Node[], dearer: Node[]): void {
    const before = this.#reach(node);
    const execution = this.#execution as Execution;
    const { world } = execution;
    // A step can go wrong and still lead to a state that is known.
    for (const failure of world.failures.slice(before)) this.#report(failure, node, preemptions);
    const key = `${this.#keys.key()}#${node.task}`;
    if (!this.#known.has(key)) {
      this.#known.add(key);
      this.#states++;
      const enabled = execution.enabled();
      if (enabled === 0) this.#end(execution, node, preemptions);
      const stays = node.task >= 0 && (enabled & (1 << node.task)) !== 0;
      for (let rest = enabled; rest !== 0; rest &= rest - 1) {
        const task = 31 - Math.clz32(rest & -rest);
        const { pending } = execution.task(task);
        const ways = pending instanceof Choice ? pending.ways : 1;
        for (let way = 0; way < ways; way++) {
          const next = { parent: node, task, way, length: node.length + 1 };
          (stays && task !== node.task ? dearer : same).push(next);
        }
      }
    }
  }

  /** An execution has come to its end. */
  #end(execution: Execution, node: Node, preemptions: number): void {
    const failed = execution.world.failed;
    const failures = execution.finish();
    const atEnd = failures.slice(failed);
    const isNews = atEnd.some((failure) => this.#isNew(failure));
    this.#worlds.check(execution, failures, ++this.#ends, isNews);
    for (const failure of atEnd) this.#report(failure, node, preemptions);
  }

  #isNew(failure: Failure): boolean {
    const { kind } = failure;
    if (judgedByHistory.includes(kind) || this.#options.ignore?.includes(kind)) return false;
    return !this.#bugs.has(fingerprint(failure));
  }

  #report(failure: Failure, node: Node, preemptions: number): void {
    if (!this.#isNew(failure)) return;
    const { kind, message } = failure;
    const id = fingerprint(failure);
    const path = pathTo(node);
    const schedule = path.map(({ task }) => task);
    const ways = path.map(({ way }) => way);
    this.#bugs.set(id, { kind, message, preemptions, schedule, ways });
  }
}

function pathTo(end: Node): Node[] {
  const path = new Array<Node>(end.length);
  for (let node = end; node.parent !== null; node = node.parent) path[node.length - 1] = node;
  return path;
}
