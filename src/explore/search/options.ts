import type { WorldsKind } from '../execution/worlds.ts';
import type { BugKind } from '../program/failure.ts';

/** How a program is explored. */
export interface ExploreOptions {
  /** Stop after this many executions; the verdict is then *incomplete* unless a bug was found. */
  readonly maxExecutions?: number;
  /**
   * When `maxExecutions` ends the search: how many states the second engine may look at to cover
   * all executions with few preemptions. None unless said.
   */
  readonly maxStates?: number;
  /** A longer execution is an error of the program. */
  readonly maxSteps?: number;
  /** Kinds of bugs that are not wanted. */
  readonly ignore?: readonly BugKind[];
  /** Look for what the bugs hang on, when the outcome is asked for it; false: it has no causes. */
  readonly causes?: boolean;
  /** How to come by worlds, `kept` unless said: makes no difference but to how long it takes. */
  readonly worlds?: WorldsKind;
  /** Count the classes of executions by the fewest preemptions that any of their members needs. */
  readonly histogram?: boolean;
}
