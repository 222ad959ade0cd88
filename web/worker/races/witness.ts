// A witness with its passing twin.
import {
  type Bug,
  bugMeant,
  causesOf,
  observe,
  type States,
  twinOf,
  why,
} from '../../../src/explore/index.ts';
import { bugDocument, type Format } from '../../../src/report/index.ts';
import { judgedBy, valueText } from '../../../src/scenarios/index.ts';
import {
  likewise,
  type ShownExecution,
  type ShownFailure,
  shownBug,
  shownReplay,
} from './execution.ts';
import { replayable, type Subject } from './subject.ts';

/** What a bug hangs on, and what is known of that. */
export interface ShownCause {
  readonly id: string;
  readonly title: string;
  /** `real`, `narrow` or `model-only`; null where nobody has judged it. */
  readonly status: string | null;
  readonly reported: string;
}

export interface ShownTwin extends ShownExecution {
  readonly token: string;
  /** The first of its steps that differs from the witness. */
  readonly differs: number;
  /** What goes wrong in it instead; nothing, as a rule. */
  readonly failures: readonly ShownFailure[];
}

export interface ShownWitness extends ShownExecution {
  readonly token: string;
  readonly title: string;
  readonly device: string;
  readonly bug: { readonly id: string; readonly title: string; readonly message: string };
  readonly preemptions: number;
  readonly cause: ShownCause | null;
  /** What decides, in a sentence. */
  readonly why: string;
  readonly twin: ShownTwin | null;
}

/** A bug that a token is of, in its execution. @throws UsageError as `fwspec replay` does */
function bugIn(token: string): {
  readonly subject: Subject;
  readonly bug: Bug;
  readonly states: States;
} {
  const { subject, what } = replayable(token);
  const { replay, states } = observe(subject.program, what.schedule);
  const bug = bugMeant(replay, what.bug ?? '');
  return { subject, bug, states };
}

export function witness(token: string): ShownWitness {
  const { subject, bug, states } = bugIn(token);
  const reason = why(subject.program, bug);
  const execution = shownBug(bug, states, reason);
  return {
    ...execution,
    token,
    title: subject.title,
    device: subject.device,
    bug: { id: bug.id, title: bug.title, message: bug.message },
    preemptions: bug.preemptions,
    cause: causeOf(subject, bug),
    why: reason.text,
    twin: twinFor(subject, bug, execution),
  };
}

/** What a bug hangs on, found out from itself alone; null for a data race. */
export function causeOf(subject: Subject, bug: Bug): ShownCause | null {
  const [cause] = causesOf(subject.program, { bugs: [bug], complete: false, executions: 0 });
  if (cause === undefined) return null;
  const { kernel, scenario, shape } = subject;
  const known = judgedBy({ kernel, scenario: scenario.name, shape })(cause);
  const { id, title } = cause;
  return { id, title, status: known?.status ?? null, reported: known?.reported ?? '' };
}

function twinFor(subject: Subject, bug: Bug, execution: ShownExecution): ShownTwin | null {
  const twin = twinOf(subject.program, bug);
  if (twin === null) return null;
  const { replay, states } = observe(subject.program, twin.schedule);
  const { steps } = replay;
  const stepOf = (event: number | null): number =>
    event === null
      ? -1
      : steps.findLastIndex((step) => step.event === event && !local.includes(step.op));
  const pair = [stepOf(twin.first), stepOf(twin.second)] as const;
  const different = steps.findIndex(
    (step, i) => JSON.stringify(step) !== JSON.stringify(bug.steps[i]),
  );
  const differs = different < 0 ? steps.length : different;
  return {
    ...shownReplay(replay, states, pair, likewise(bug.steps, execution.matter, differs)),
    token: subject.token(replay.schedule, replay.tasks, null),
    differs,
    failures: twin.failures.map((failure) => ({ ...failure, isHint: false })),
  };
}

/** Steps that are no event of their own. */
const local: readonly string[] = ['call', 'return', 'alloc', 'get', 'put', 'note'];

/** A witness as a document of its own, as `fwspec replay --format` prints it. */
export function savedWitness(token: string, format: Exclude<Format, 'text'>): string {
  const { subject, bug } = bugIn(token);
  const reason = why(subject.program, bug);
  return bugDocument(format, bug, { title: subject.title, token, why: reason, value: valueText });
}
