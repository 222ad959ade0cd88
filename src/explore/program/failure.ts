/** What can be wrong with an execution. The order is that of reports: worst first. */
export const bugKinds = [
  'null-deref',
  'use-after-free',
  'double-free',
  'out-of-bounds',
  'uninitialised',
  'deadlock',
  'property',
  'warn',
  'refcount',
  'leak',
  'lockdep',
  'lock-order',
  'data-race',
] as const;
export type BugKind = (typeof bugKinds)[number];

/** One thing that went wrong in one execution. */
export interface Failure {
  readonly kind: BugKind;
  /** The function it happened in, or the name of the property that fell. */
  readonly function: string;
  /** The class of object it happened to: `dev_iommu`, `dev->iommu`. */
  readonly object: string;
  readonly message: string;
  /** What went wrong in a few words that need no knowledge of the program; made up where missing. */
  readonly title?: string;
  /** The task it happened to, or -1 when it belongs to the execution as a whole. */
  readonly task: number;
  /** The event that made it happen; the end of the execution when it is only known then. */
  readonly event: number | 'end';
  /** Other events that must have been made too; left out when `event` comes after them anyway. */
  readonly after?: readonly number[];
}

/** Ends the task that throws it, as an oops ends a kernel thread: its locks stay held. */
export class Crash extends Error {
  override readonly name = 'Crash';
  readonly kind: BugKind;
  readonly object: string;
  /** What was being touched, when no operation got far enough to show it: `dev->iommu->fwspec`. */
  readonly place: string | null;
  /** What went wrong in a few words, where those that are made up would be wrong. */
  readonly title: string | null;

  constructor(
    kind: BugKind,
    object: string,
    message: string,
    place: string | null = null,
    title: string | null = null,
  ) {
    super(message);
    this.kind = kind;
    this.object = object;
    this.place = place;
    this.title = title;
  }
}

/** Ends a task in an execution that is of no interest: nothing is said about how it ends. */
export class Abandoned extends Error {
  override readonly name = 'Abandoned';
}

/** Something was given to a verb that it is not for. Becomes a {@link ModelError} that says where. */
export class Misuse extends Error {
  override readonly name = 'Misuse';
}

/** The program under exploration is wrong in a way that makes exploring it meaningless. */
export class ModelError extends Error {
  override readonly name: string = 'ModelError';
}

/** Setup makes more steps than are followed: it may have no end. */
export class TooManySteps extends ModelError {}
