import { Names } from '../../program/names.ts';
import type { Program } from '../../program/program.ts';
import { Recorder, type Replay } from '../replay/recorder.ts';
import { follow } from '../replay/replay.ts';
import type { Schedule } from '../replay/schedule.ts';
import { Observer } from './observer.ts';
import type { States } from './states.ts';

/** An execution that was run again, with the state at each of its steps. */
export interface Observed {
  readonly replay: Replay;
  readonly states: States;
}

/** Makes a recorder, and says what it and who watches it have seen whenever it is asked. */
export class ObservedRecorder {
  readonly recorder: Recorder;
  readonly #observer: Observer;

  constructor(program: Program) {
    let observer: Observer | null = null;
    this.recorder = new Recorder(program, new Names(), (execution, run) => {
      observer = new Observer(execution, run);
      return observer;
    });
    this.#observer = observer as unknown as Observer;
  }

  result(): Observed {
    const replay = this.recorder.result();
    return { replay, states: this.#observer.states(replay.steps.length, replay.tasks) };
  }
}

/**
 * Run a schedule again like `replay()` and take down, too, what each step changes.
 *
 * @throws UsageError when the schedule does not fit
 */
export function observe(program: Program, schedule: Schedule): Observed {
  const observed = new ObservedRecorder(program);
  follow(observed.recorder, schedule);
  return observed.result();
}
