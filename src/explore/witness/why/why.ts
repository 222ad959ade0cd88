import { widthOf } from '../../execution/width.ts';
import { isLock } from '../../program/dependence.ts';
import type { Failure } from '../../program/failure.ts';
import { Names } from '../../program/names.ts';
import { AWAIT, type Operation } from '../../program/op.ts';
import type { Program } from '../../program/program.ts';
import type { TaskState } from '../../program/task.ts';
import { shortName } from '../../program/text.ts';
import { fingerprint } from '../findings.ts';
import type { Bug } from '../outcome.ts';
import { type Order, orderOf, type Ran, reversed, runInOrder } from '../replay/ran.ts';
import { nameAmong } from '../replay/recorder.ts';
import { record, replay } from '../replay/replay.ts';
import { type Schedule, verbOf } from '../replay/schedule.ts';
import { inside, remoteMaker } from './pairs.ts';

/** What a bug hangs on. */
export interface Why {
  /**
   * `order`: that one event comes before another; `unordered`: that nothing orders them (a data
   * race, locks in contradicting orders); `always`: no other order avoids it, as far as was tried.
   */
  readonly kind: 'order' | 'unordered' | 'always';
  /** Of the two events the one that comes first where the bug happens; null where there are none. */
  readonly first: DecidingEvent | null;
  readonly second: DecidingEvent | null;
  /** The same in a sentence. */
  readonly text: string;
  /** An execution with the two the other way round, without the bug; null where there is none. */
  readonly passing: Schedule | null;
}

export interface DecidingEvent {
  readonly task: string;
  readonly function: string;
  readonly op: string;
  readonly object: string;
  /** In the steps of the bug's trace: which event this is. */
  readonly event: number;
}

/** What was found out about a bug by running other orders of its events. */
export interface Explained {
  readonly why: Why;
  /** The bug's own execution; null where there is none. */
  readonly failing: Ran | null;
  /** The execution without it; null where there is none. */
  readonly passing: Ran | null;
  /** The deciding events, first and second; null where the kind is not `order`. */
  readonly pair: readonly [first: number, second: number] | null;
}

/** An execution that avoids the bug, and the pair of events that it has the other way round. */
interface Avoiding {
  readonly passing: Ran;
  readonly pair: readonly [number, number];
  readonly clean: boolean;
  /** The task that was let go on behind the pair; null when all else stayed as it was. */
  readonly goesOn: number | null;
}

type Witnessed = Pick<Bug, 'id' | 'kind' | 'schedule' | 'message'>;

const known = new WeakMap<Witnessed, Explained>();

/**
 * Explain a bug: find the pair of events closest to it that, taken the other way round, leads to an
 * execution without it. All that the text says was established by running that execution.
 */
export function why(program: Program, bug: Witnessed): Why {
  return explain(program, bug).why;
}

/** The same, with the executions. Found out once for each bug. */
export function explain(program: Program, bug: Witnessed): Explained {
  let explained = known.get(bug);
  if (explained === undefined) {
    explained = findOut(program, bug);
    known.set(bug, explained);
  }
  return explained;
}

function findOut(program: Program, bug: Witnessed): Explained {
  if (bug.kind === 'data-race' || bug.kind === 'lock-order') return unordered(program, bug);
  const { order, ways } = replay(program, bug.schedule);
  const search = new Search(program, bug.id);
  const failing = search.run({ tasks: order, ways }, order.length);
  const failure = failing.failures.find((other) => fingerprint(other) === bug.id);
  if (failure === undefined) {
    return {
      why: always(`No execution was found that decides it: ${bug.message}.`),
      failing,
      passing: null,
      pair: null,
    };
  }
  const found =
    search.byOnePair(failing, failure) ??
    search.byGoingOn(failing) ??
    search.byAnotherTask(failing);
  if (found === null) {
    const { tried } = search;
    const orders =
      tried === 1 ? 'the only order that there is' : `each of the ${tried} orders that were tried`;
    return { why: always(`It happens in ${orders}.`), failing, passing: null, pair: null };
  }
  return described(program, failing, failure, found);
}

function always(text: string): Why {
  return { kind: 'always', first: null, second: null, text, passing: null };
}

/** How many orders are tried before a bug is said to happen in every one. */
const patience = 600;

/** Looks for an execution without the bug. */
class Search {
  tried = 0;
  readonly #program: Program;
  readonly #id: string;
  readonly #names: Names = new Names();
  readonly #width: number;

  constructor(program: Program, id: string) {
    this.#program = program;
    this.#id = id;
    this.#width = widthOf(program);
  }

  run(order: Order, kept: number): Ran {
    this.tried++;
    return runInOrder(this.#program, this.#width, this.#names, order, kept);
  }

  /** Reverse one pair, the closest to the failure first, and change nothing else or let go on. */
  byOnePair(failing: Ran, failure: Failure): Avoiding | null {
    let fallback: Avoiding | null = null;
    const { run } = failing;
    for (const pair of reversiblePairs(failing, failure.event)) {
      const [first, second] = pair;
      // What avoids this bug alone and lies close says more than what would avoid everything.
      if (fallback !== null && isLock(run.foot[first] as number)) return fallback;
      const order = reversed(run, first, second);
      for (const kept of [order.tasks.length, order.kept]) {
        if (this.tried >= patience) return fallback;
        const goesOn = kept === order.kept ? (order.tasks[kept - 1] as number) : null;
        const found = this.#avoids(this.run(order, kept), pair, goesOn);
        if (found?.clean === true) return found;
        fallback ??= found;
      }
    }
    return fallback;
  }

  /** Take back the last switches between tasks, one after the other. */
  byGoingOn(failing: Ran): Avoiding | null {
    const { run } = failing;
    for (let at = run.length - 1; at > 0 && this.tried < patience; at--) {
      const task = run.task[at - 1] as number;
      if (run.task[at] === task) continue;
      const found = this.#from(failing, at, task);
      if (found !== null) return found;
    }
    return null;
  }

  /** Let another task go on, from one point after the other. */
  byAnotherTask(failing: Ran): Avoiding | null {
    const { run, execution } = failing;
    for (let at = run.length - 1; at >= 0; at--) {
      for (const other of execution.tasks) {
        if (this.tried >= patience) return null;
        if (other === undefined || other.index === run.task[at]) continue;
        const found = this.#from(failing, at, other.index);
        if (found !== null) return found;
      }
    }
    return null;
  }

  /** Let `task` go on for as long as it can from event number `at` on. */
  #from(failing: Ran, at: number, task: number): Avoiding | null {
    const { run } = failing;
    let first = -1;
    let second = -1;
    for (let race = 0; race < run.races.count; race++) {
      const a = run.races.first[race] as number;
      const b = run.races.second[race] as number;
      if (a < at || run.task[b] !== task || (second >= 0 && b >= second)) continue;
      first = a;
      second = b;
    }
    if (second < 0) return null;
    const { tasks, ways } = orderOf(run);
    const next = run.task.findIndex((other, event) => event >= at && other === task);
    const moved = [...tasks.slice(0, at), task, ...tasks.toSpliced(next, 1).slice(at)];
    const movedWays = [...ways.slice(0, at), ways[next] ?? 0, ...ways.toSpliced(next, 1).slice(at)];
    const passing = this.run({ tasks: moved, ways: movedWays }, at + 1);
    return this.#avoids(passing, [first, second], task);
  }

  #avoids(passing: Ran, pair: readonly [number, number], goesOn: number | null): Avoiding | null {
    if (passing.failures.some((other) => fingerprint(other) === this.#id)) return null;
    return { passing, pair, clean: passing.failures.length === 0, goesOn };
  }
}

/** Pairs of events that could be reversed and of which the failure sees one, the latest first. */
function reversiblePairs({ run, execution }: Ran, failure: number | 'end'): [number, number][] {
  const matters = (event: number): boolean =>
    failure === 'end' ||
    event === failure ||
    (event < failure && run.happensBefore(event, failure));
  const pairs: { readonly pair: [number, number]; readonly seen: number }[] = [];
  for (let i = 0; i < run.races.count; i++) {
    const first = run.races.first[i] as number;
    const second = run.races.second[i] as number;
    const seen = matters(second) ? second : matters(first) ? first : -1;
    if (seen >= 0) pairs.push({ pair: [first, second], seen });
  }
  // A task that waits at the end lost a lock, or a value, to another one; it could have come first.
  for (const task of execution.tasks) {
    if (failure !== 'end' || task === undefined) continue;
    const first = run.lostAgainst(task);
    const second = run.length + task.index;
    if (first >= 0) pairs.push({ pair: [first, second], seen: second });
  }
  // The order of accesses says more than the order of locks around them.
  const locks = ([first]: readonly [number, number]): number =>
    isLock(run.foot[first] as number) ? 1 : 0;
  return pairs
    .sort(
      (a, b) =>
        locks(a.pair) - locks(b.pair) ||
        b.seen - a.seen ||
        a.pair[1] - b.pair[1] ||
        b.pair[0] - a.pair[0],
    )
    .map(({ pair }) => pair);
}

function described(program: Program, failing: Ran, failure: Failure, found: Avoiding): Explained {
  const { passing, clean, goesOn } = found;
  const pair =
    remoteMaker(failing, passing, failure) ??
    (failure.kind === 'deadlock' ? null : inside(failing, found.pair)) ??
    found.pair;
  const [first, second] = pair.map((event) => eventAt(failing, event)) as [
    DecidingEvent,
    DecidingEvent,
  ];
  const otherwise = clean
    ? 'nothing goes wrong'
    : `this does not happen, but something else goes wrong: ${passing.failures[0]?.message ?? 'another bug'}`;
  const continued = goesOn === null ? undefined : failing.execution.tasks[goesOn];
  const condition =
    continued === undefined ? '' : `, with ${calledIn(failing, continued)} going on from there`;
  const { tasks, ways } = orderOf(passing.run);
  return {
    failing,
    passing,
    pair,
    why: {
      kind: 'order',
      first,
      second,
      text: `It happens because ${words(failing, first, pair[0])} comes before ${words(failing, second, pair[1])}. The other way round${condition}, ${otherwise}.`,
      passing: record(program, tasks, ways, passing.run.names).schedule,
    },
  };
}

/** Of a data race the two accesses; of the order of locks that there is none. */
function unordered(program: Program, bug: Witnessed): Explained {
  const nothing: Explained = {
    failing: null,
    passing: null,
    pair: null,
    why: { ...always(`No order decides it: ${bug.message}.`), kind: 'unordered' },
  };
  if (bug.kind !== 'data-race') return nothing;
  const { order, ways } = replay(program, bug.schedule);
  const failing = runInOrder(program, widthOf(program), new Names(), { tasks: order, ways });
  const { run } = failing;
  const { dataRaces } = run;
  for (let race = 0; race < dataRaces.count; race++) {
    const names = dataRaces.classes[dataRaces.classOf[race] as number];
    if (names === undefined || fingerprint({ kind: 'data-race', ...names }) !== bug.id) continue;
    const pair = [dataRaces.first[race] as number, dataRaces.second[race] as number] as const;
    const first = eventAt(failing, pair[0]);
    const second = eventAt(failing, pair[1]);
    const text = `Nothing orders ${words(failing, first, pair[0])} and ${words(failing, second, pair[1])}: no lock, no atomic operation, no start or end of a task.`;
    return { ...nothing, why: { kind: 'unordered', first, second, text, passing: null } };
  }
  return nothing;
}

function taskAt({ run, execution }: Ran, event: number): TaskState {
  return execution.task(event >= run.length ? event - run.length : (run.task[event] as number));
}

/** What a task is called in the columns of the witness. */
function calledIn({ execution }: Ran, task: TaskState): string {
  const [short, long] = [shortName(task.name), nameAmong(execution.started, task)];
  return `${short}${long.slice(task.name.length)}`;
}

function eventAt(ran: Ran, event: number): DecidingEvent {
  const { run } = ran;
  const waits = event >= run.length;
  const task = taskAt(ran, event);
  const operation = (waits ? task.pending : run.operation[event]) as Operation<unknown>;
  return {
    task: task.name,
    function: waits ? task.functionName() : (run.site[event] as string),
    op: waits ? (operation.kind === AWAIT ? 'read' : 'lock') : verbOf(run.foot[event] as number),
    object: operation.subject(),
    event: waits ? run.length : event,
  };
}

function words(ran: Ran, { function: name, op, object }: DecidingEvent, event: number): string {
  const task = taskAt(ran, event);
  const where = name === task.name ? '' : ` in ${name}()`;
  return `${calledIn(ran, task)}'s ${op} of ${object}${where}`;
}
