import { Execution, widthOf } from '../execution/execution.ts';
import { Run } from '../execution/run.ts';
import { kindOf } from '../program/dependence.ts';
import type { Failure } from '../program/failure.ts';
import { Names } from '../program/names.ts';
import { ACQUIRE, type Operation, RELEASE, TRY_FAILED } from '../program/op.ts';
import type { Program } from '../program/program.ts';
import { fingerprint } from './findings.ts';
import type { Bug } from './outcome.ts';
import { record, replay } from './replay.ts';
import { type Schedule, verbOf } from './schedule.ts';

/** Two events whose order decides whether a bug happens. */
export interface Why {
  /** The one that comes first where the bug happens, and the one that comes second. */
  readonly first: DecidingEvent;
  readonly second: DecidingEvent;
  /** The same in a sentence. */
  readonly text: string;
  /** An execution that differs in the order of the two (and in what follows), without the bug. */
  readonly passing: Schedule;
}

export interface DecidingEvent {
  readonly task: string;
  readonly function: string;
  readonly op: string;
  readonly object: string;
  /** In the steps of the bug's trace: which event this is. */
  readonly event: number;
}

/** What an execution did. */
interface Ran {
  readonly run: Run;
  readonly execution: Execution;
  readonly failures: readonly Failure[];
}

/**
 * Explain a bug: find the pair of events closest to it that, taken the other way round and nothing
 * else changed, leads to an execution without it. Null when there is no such pair: when the bug
 * happens in every order, when it takes more than one pair to avoid it, or when it is the missing
 * order itself (a data race, locks in contradicting orders).
 */
export function why(program: Program, bug: Pick<Bug, 'id' | 'kind' | 'schedule'>): Why | null {
  if (bug.kind === 'data-race' || bug.kind === 'lock-order') return null;
  const { order, ways } = replay(program, bug.schedule);
  const width = widthOf(program);
  const names = new Names();
  const failing = runInOrder(program, width, names, order, ways);
  const failure = failing.failures.find((other) => fingerprint(other) === bug.id);
  if (failure === undefined) return null;
  let fallback: Why | null = null;
  for (const [first, second] of reversiblePairs(failing, failure.event)) {
    const reversed = reverse(failing.run, first, second);
    const passing = runInOrder(program, width, names, reversed.order, reversed.ways);
    if (passing.failures.some((other) => fingerprint(other) === bug.id)) continue;
    const clean = passing.failures.length === 0;
    if (!clean && fallback !== null) continue;
    const found = describe(program, failing, passing, first, second, clean);
    if (clean) return found;
    fallback = found;
  }
  return fallback;
}

/** Let tasks make steps in this order, as far as they can, and then come to an end. */
function runInOrder(
  program: Program,
  width: number,
  names: Names,
  order: readonly number[],
  ways: readonly number[],
): Ran {
  const run = new Run(names, width);
  const execution = new Execution(program, names, width);
  const left = order.map((task, i) => ({ task, way: ways[i] ?? 0 }));
  let last = -1;
  for (let enabled = execution.enabled(); enabled !== 0; enabled = execution.enabled()) {
    const at = left.findIndex(({ task }) => (enabled & (1 << task)) !== 0);
    const [next] = at < 0 ? [] : left.splice(at, 1);
    if (next !== undefined) last = next.task;
    else if (last < 0 || (enabled & (1 << last)) === 0) last = 31 - Math.clz32(enabled & -enabled);
    run.step(execution, execution.task(last), next?.way ?? 0);
  }
  return { run, execution, failures: execution.finish() };
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
  const isLock = ([first]: readonly [number, number]): number => {
    const kind = kindOf(run.foot[first] as number);
    return kind === ACQUIRE || kind === RELEASE || kind === TRY_FAILED ? 1 : 0;
  };
  return pairs
    .sort(
      (a, b) =>
        isLock(a.pair) - isLock(b.pair) ||
        b.seen - a.seen ||
        a.pair[1] - b.pair[1] ||
        b.pair[0] - a.pair[0],
    )
    .map(({ pair }) => pair);
}

/** The order of steps in which `second` comes before `first`, and all else as little changed. */
function reverse(run: Run, first: number, second: number): { order: number[]; ways: number[] } {
  const events = Array.from({ length: run.length }, (_, event) => event);
  const before = events.filter((event) => event < first);
  const between = events.filter(
    (event) => event > first && event < second && !run.happensBefore(first, event),
  );
  const moved = new Set([...before, ...between, second]);
  const sequence = [...before, ...between, second, ...events.filter((event) => !moved.has(event))];
  return {
    order: sequence.map((event) =>
      event < run.length ? (run.task[event] as number) : event - run.length,
    ),
    ways: sequence.map((event) => (event < run.length ? run.wayOf(event) : 0)),
  };
}

function describe(
  program: Program,
  failing: Ran,
  passing: Ran,
  first: number,
  second: number,
  clean: boolean,
): Why {
  const a = eventAt(failing, first);
  const b = eventAt(failing, second);
  const otherwise = clean
    ? 'nothing goes wrong'
    : `this does not happen, but something else goes wrong: ${passing.failures[0]?.message ?? 'another bug'}`;
  const { run } = passing;
  const ways = Array.from({ length: run.length }, (_, event) => run.wayOf(event));
  return {
    first: a,
    second: b,
    text: `It happens because ${words(a)} comes before ${words(b)}. The other way round, ${otherwise}.`,
    passing: record(program, run.task.slice(0, run.length), ways, run.names).schedule,
  };
}

function eventAt({ run, execution }: Ran, event: number): DecidingEvent {
  const waits = event >= run.length;
  const task = execution.task(waits ? event - run.length : (run.task[event] as number));
  const operation = (waits ? task.pending : run.operation[event]) as Operation<unknown>;
  return {
    task: task.name,
    function: waits ? task.functionName() : (run.site[event] as string),
    op: waits ? 'lock' : verbOf(run.foot[event] as number),
    object: operation.subject(),
    event: waits ? run.length : event,
  };
}

function words({ task, function: name, op, object }: DecidingEvent): string {
  return `${task}'s ${op} of ${object}${name === task ? '' : ` in ${name}()`}`;
}
