// An execution that somebody plays: each answer is where it has come to.
import { bugOf, Play, type PlayTask, replay, type Stretch } from '../../../src/explore/index.ts';
import { type ShownExecution, type ShownFailure, shownReplay } from './execution.ts';
import { replayable, type Subject } from './subject.ts';
import { causeOf, type ShownCause } from './witness.ts';

/** A bug that somebody has come to. */
export interface MetBug extends ShownFailure {
  readonly title: string;
  readonly cause: ShownCause | null;
  /** Its witness: this execution. */
  readonly token: string;
}

export interface ShownPlay extends ShownExecution {
  readonly token: string;
  readonly title: string;
  readonly device: string;
  /** Where each task is, and what it would do. */
  readonly at_hand: readonly PlayTask[];
  readonly isOver: boolean;
  readonly preemptions: number;
  /** How many choices can be taken back. */
  readonly choices: number;
  readonly bugs: readonly MetBug[];
  /** How many data races and orders of locks it shows. */
  readonly hints: number;
}

/** What somebody does next. */
export type Move =
  | { readonly task: number; readonly stretch: Stretch; readonly way: number }
  | 'undo'
  | null;

/** The play of last time, which most moves go on with. */
let last: { readonly token: string; readonly subject: Subject; readonly play: Play } | null = null;

/** Go to where a token is, make a move, and say where that leads. @throws UsageError where it cannot be made */
export function played(token: string, move: Move): ShownPlay {
  const { subject, what } = replayable(token);
  const play = last?.token === token ? last.play : new Play(subject.program, what.schedule);
  last = null;
  if (move === 'undo') play.undo();
  else if (move !== null) play.choose(move.task, move.stretch, move.way);
  const position = play.position();
  const { schedule, steps, states, isOver, preemptions, failures } = position;
  const tasks = position.tasks.map(({ name }) => name);
  const reached = subject.token(schedule, tasks, null);
  last = { token: reached, subject, play };
  const again = replay(subject.program, schedule);
  return {
    ...shownReplay({ tasks, steps, failures: again.failures }, states),
    token: reached,
    title: subject.title,
    device: subject.device,
    at_hand: position.tasks,
    isOver,
    preemptions,
    choices: play.choices,
    bugs: failures.flatMap((failure) => {
      const bug = failure.isHint ? null : bugOf(again, failure.id);
      if (bug === null) return [];
      return {
        ...failure,
        title: bug.title,
        cause: causeOf(subject, bug),
        token: subject.token(schedule, tasks, bug.id),
      };
    }),
    hints: failures.filter(({ isHint }) => isHint).length,
  };
}
