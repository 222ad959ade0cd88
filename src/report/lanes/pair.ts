import type { Bug, DecidingEvent, TraceStep } from '../../explore/index.ts';

/** What a bug hangs on, as far as it is shown. */
export interface Deciding {
  /** Of the two events the one that comes first where the bug happens; null where there are none. */
  readonly first: DecidingEvent | null;
  readonly second: DecidingEvent | null;
  /** The same in a sentence. */
  readonly text: string;
}

/** Which steps of a witness decide: the first and the second. */
export type Pair = readonly [first: number, second: number];

/** A witness in which the deciding steps are found. */
export type Witness = Pick<Bug, 'kind' | 'tasks' | 'steps' | 'at'>;

/** Steps that are no event of their own. */
const local: readonly TraceStep['op'][] = ['call', 'return', 'alloc', 'get', 'put', 'note'];

/**
 * A witness with the two steps that decide in it, and where they are. An event that the witness does
 * not come to, because it ends before or because a task waits for ever, is added at its end.
 */
export function withPair<W extends Witness>(
  bug: W,
  why: Deciding | null,
): { readonly bug: W; readonly pair: Pair | null } {
  if (bug.steps.length === 0) return { bug, pair: null };
  if (why === null || why.first === null || why.second === null)
    return { bug, pair: bug.kind === 'data-race' ? racing(bug) : null };
  let shown = bug;
  const placed = [why.first, why.second].map((event) => {
    const at = stepOf(shown, event);
    if (at >= 0) return at;
    shown = { ...shown, ...withStep(shown, event) };
    return shown.steps.length - 1;
  });
  return { bug: shown, pair: [placed[0] ?? 0, placed[1] ?? 0] };
}

function stepOf({ steps, tasks }: Witness, { event, op, object, task }: DecidingEvent): number {
  const own = (step: TraceStep): boolean =>
    step.event === event && !local.includes(step.op) && tasks[step.task]?.startsWith(task) === true;
  const exact = steps.findLastIndex(
    (step) => own(step) && step.op === op && step.target === object,
  );
  return exact >= 0 ? exact : steps.findLastIndex(own);
}

/** The witness, and at its end what its task would do next or later. */
function withStep({ tasks, steps }: Witness, event: DecidingEvent): Pick<Bug, 'tasks' | 'steps'> {
  const known = tasks.findLastIndex((name) => name === event.task || name.startsWith(event.task));
  const task = known < 0 ? tasks.length : known;
  const last = steps.findLast((step) => step.task === task);
  const depth = last === undefined ? 0 : last.depth;
  const more = { task, function: event.function, value: '', event: event.event } as const;
  const call = { ...more, depth, op: 'call', target: event.function } as const;
  const inside = last !== undefined && last.function === event.function && last.op !== 'return';
  const target = `${event.op} ${event.object} (later)`;
  const step = { ...more, depth: inside ? depth : depth + 1, op: 'note', target } as const;
  return {
    tasks: known < 0 ? [...tasks, event.task] : tasks,
    steps: inside ? [...steps, step] : [...steps, call, step],
  };
}

/** The two accesses of a data race: the failing one, and the last of another task to its place. */
function racing({ steps, at }: Witness): Pair | null {
  const second = at === null ? undefined : steps[at];
  if (at === null || second === undefined) return null;
  const first = steps.findLastIndex(
    ({ op, target, task }, i) =>
      i < at &&
      task !== second.task &&
      target === second.target &&
      (op === 'write' || op === 'free' || (op === 'read' && second.op !== 'read')),
  );
  return first < 0 ? null : [first, at];
}
