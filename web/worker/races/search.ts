// A search that goes on in slices, so that somebody can see how far it is, and stop it.
import { type Bug, type Cause, Explorer } from '../../../src/explore/index.ts';
import { judgedBy, type Known } from '../../../src/scenarios/index.ts';
import { type AskedRace, Subject } from './subject.ts';
import type { ShownCause } from './witness.ts';

/** How far a search is. */
export interface Progress {
  readonly executions: number;
  /** About how many there are in all. */
  readonly about: number;
  readonly bugs: number;
  readonly dataRaces: number;
  readonly isDone: boolean;
  /** What was found, where that is more than at the last time; what it hangs on is not known yet. */
  readonly found: Found | null;
}

/** One bug in a list. */
export interface FoundBug {
  readonly id: string;
  readonly title: string;
  readonly preemptions: number;
  readonly token: string | null;
}

export interface FoundCause extends ShownCause {
  readonly preemptions: number;
  readonly bugs: readonly FoundBug[];
}

/** What a search has found, whether it has come to its end or not. */
export interface Found {
  readonly title: string;
  readonly device: string;
  readonly verdict: 'bug' | 'clean' | 'incomplete';
  readonly complete: boolean;
  readonly executions: number;
  /** Null while it is not known what the bugs hang on. */
  readonly causes: readonly FoundCause[] | null;
  /** All that is no data race. */
  readonly bugs: readonly FoundBug[];
  readonly dataRaces: readonly FoundBug[];
  /** The token of an execution that has not begun, to be played. */
  readonly start: string;
}

export class RaceSearch {
  readonly subject: Subject;
  readonly #explorer: Explorer;
  #batch = 8;
  #isDone = false;
  #reported = -1;

  constructor(asked: AskedRace) {
    this.subject = Subject.asked(asked);
    this.#explorer = new Explorer(this.subject.program);
  }

  /** Search for about so many milliseconds. */
  run(ms: number): Progress {
    const end = performance.now() + ms;
    while (!this.#isDone && performance.now() < end) {
      const before = performance.now();
      this.#isDone = this.#explorer.run(this.#batch);
      const took = performance.now() - before;
      if (took < ms / 8) this.#batch *= 2;
      else if (took > ms / 2 && this.#batch > 1) this.#batch >>= 1;
    }
    const { executions, estimate, bugs, dataRaces } = this.#explorer;
    const isNews = this.#reported !== bugs + dataRaces;
    this.#reported = bugs + dataRaces;
    const found = isNews ? this.found(false) : null;
    return { executions, about: estimate.executions, bugs, dataRaces, isDone: this.#isDone, found };
  }

  /** @param withCauses whether to find out what the bugs hang on, which takes as long as it takes */
  found(withCauses: boolean): Found {
    const { subject } = this;
    const outcome = this.#explorer.outcome();
    const { verdict, complete, executions, bugs } = outcome;
    const { kernel, scenario, shape, title, device } = subject;
    const judged = judgedBy({ kernel, scenario: scenario.name, shape });
    return {
      title,
      device,
      verdict,
      complete,
      executions,
      causes: withCauses ? outcome.causes.map((cause) => this.#judged(cause, judged(cause))) : null,
      bugs: bugs.filter(({ kind }) => kind !== 'data-race').map((bug) => this.#listed(bug)),
      dataRaces: bugs.filter(({ kind }) => kind === 'data-race').map((bug) => this.#listed(bug)),
      start: subject.token([], [], null),
    };
  }

  #judged({ id, title, preemptions, witnesses }: Cause, known: Known | null): FoundCause {
    return {
      ...{ id, title, preemptions },
      status: known?.status ?? null,
      reported: known?.reported ?? '',
      bugs: witnesses.map((bug) => this.#listed(bug)),
    };
  }

  #listed(bug: Bug): FoundBug {
    const { id, title, preemptions } = bug;
    return { id, title, preemptions, token: this.subject.tokenOf(bug) };
  }
}
