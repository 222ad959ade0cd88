import type { MemoryCell } from '../memory/objects.ts';
import type { Scalar } from '../memory/value.ts';
import type { Frame } from './frame.ts';

interface Mark {
  readonly frame: Frame;
  readonly to: number;
  /** What was made later than this is forgotten when the loop goes round. */
  readonly since: number;
  hasChanged: boolean;
  readonly reads: Map<MemoryCell, Scalar>;
}

/**
 * Loops that go round without anything being different: they wait for what they read to change. A
 * task that really made their steps would have executions without end.
 */
export class Loops {
  #marks: Mark[] = [];
  /** A clock of what is made: frames and variables on the stack. */
  #now = 0;

  tick(): number {
    return ++this.#now;
  }

  /** Something changed that was made at this time. */
  changes(madeAt: number): void {
    for (const mark of this.#marks) if (madeAt <= mark.since) mark.hasChanged = true;
  }

  /** Something changed that others see. */
  changesAll(): void {
    for (const mark of this.#marks) mark.hasChanged = true;
  }

  reads(cell: MemoryCell, value: Scalar): void {
    for (const mark of this.#marks) mark.reads.set(cell, value);
  }

  leave(frame: Frame): void {
    if (this.#marks.length > 0) this.#marks = this.#marks.filter((mark) => mark.frame !== frame);
  }

  /** A loop goes round. What it has read when it has changed nothing since the last time, else null. */
  goesRound(frame: Frame, to: number): ReadonlyMap<MemoryCell, Scalar> | null {
    const before = this.#begin(frame, to);
    return before === undefined || before.hasChanged ? null : before.reads;
  }

  /** A loop is come to from outside. */
  enters(frame: Frame, to: number): void {
    this.#begin(frame, to);
  }

  #begin(frame: Frame, to: number): Mark | undefined {
    const at = this.#marks.findIndex((mark) => mark.frame === frame && mark.to === to);
    const before = this.#marks[at];
    const mark = { frame, to, since: this.#now, hasChanged: false, reads: new Map() };
    if (before === undefined) this.#marks.push(mark);
    else this.#marks[at] = mark;
    return before;
  }
}
