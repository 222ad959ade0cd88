import type { MemoryCell, PrivateMemory } from '../memory/objects.ts';
import type { RuntimeValue, Scalar } from '../memory/value.ts';
import type { Frame } from './frame.ts';

interface Mark {
  readonly frame: Frame;
  readonly to: number;
  /** What was made later than this is forgotten when the loop goes round. */
  readonly since: number;
  hasChanged: boolean;
  readonly reads: Map<MemoryCell, Scalar>;
  /** What was in memory and in registers that was written since; it may be there again. */
  readonly memory: Map<PrivateMemory, Map<number, Scalar>>;
  readonly registers: Map<Frame, Map<number, RuntimeValue>>;
}

/** An access is no wider than this, in bytes. */
const widest = 32;

/** The values that something had before it was written for the first time. */
function firsts<O, V>(of: Map<O, Map<number, V>>, owner: O): Map<number, V> {
  let values = of.get(owner);
  if (values === undefined) {
    values = new Map();
    of.set(owner, values);
  }
  return values;
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

  /** Memory is about to be written that was made at some time. */
  writes(memory: PrivateMemory, offset: number, size: number): void {
    for (const mark of this.#marks) {
      if (memory.madeAt > mark.since) continue;
      const values = firsts(mark.memory, memory);
      const key = offset * widest + size;
      if (!values.has(key)) values.set(key, memory.image.read(offset, size));
    }
  }

  /** A register is about to get another value. */
  moves(frame: Frame, register: number): void {
    for (const mark of this.#marks) {
      if (frame.madeAt > mark.since) continue;
      const values = firsts(mark.registers, frame);
      if (!values.has(register)) values.set(register, frame.registers[register] as RuntimeValue);
    }
  }

  /** More has changed than can be told. */
  changes(memory: PrivateMemory): void {
    for (const mark of this.#marks) if (memory.madeAt <= mark.since) mark.hasChanged = true;
  }

  /** Something changed that others see. */
  changesAll(): void {
    for (const mark of this.#marks) mark.hasChanged = true;
  }

  /** What is read twice in a round, and is not the same, has been waited for already. */
  reads(cell: MemoryCell, value: Scalar): void {
    for (const mark of this.#marks) {
      if (mark.reads.has(cell) && mark.reads.get(cell) !== value) mark.hasChanged = true;
      mark.reads.set(cell, value);
    }
  }

  leave(frame: Frame): void {
    if (this.#marks.length > 0) this.#marks = this.#marks.filter((mark) => mark.frame !== frame);
  }

  /** A loop goes round. What it has read when it has changed nothing since the last time, else null. */
  goesRound(frame: Frame, to: number): ReadonlyMap<MemoryCell, Scalar> | null {
    const before = this.#begin(frame, to);
    return before === undefined || hasChanged(before) ? null : before.reads;
  }

  /** A loop is come to from outside. */
  enters(frame: Frame, to: number): void {
    this.#begin(frame, to);
  }

  #begin(frame: Frame, to: number): Mark | undefined {
    const at = this.#marks.findIndex((mark) => mark.frame === frame && mark.to === to);
    const before = this.#marks[at];
    const mark: Mark = {
      frame,
      to,
      since: this.#now,
      hasChanged: false,
      reads: new Map(),
      memory: new Map(),
      registers: new Map(),
    };
    if (before === undefined) this.#marks.push(mark);
    else this.#marks[at] = mark;
    return before;
  }
}

/** Whether anything is not as it was when the round began. */
function hasChanged(mark: Mark): boolean {
  if (mark.hasChanged) return true;
  for (const [memory, values] of mark.memory)
    for (const [key, value] of values)
      if (memory.image.read(Math.floor(key / widest), key % widest) !== value) return true;
  for (const [frame, values] of mark.registers)
    for (const [register, value] of values) if (frame.registers[register] !== value) return true;
  return false;
}
