import { Abandoned, type Mutex, type Sight } from '../../../explore/index.ts';
import type { MemoryCell } from '../../memory/cells.ts';
import type { PrivateMemory } from '../../memory/objects.ts';
import { type Memory, Pointer, type RuntimeValue, type Scalar } from '../../memory/value.ts';
import { isSame } from '../values/arithmetic.ts';
import type { Frame } from './frame.ts';
import type { Machine } from './machine.ts';

type Shared = Sight['of'];

interface Seen {
  readonly value: unknown;
  readonly sight: Sight;
}

interface Mark {
  readonly frame: Frame;
  readonly to: number;
  /** What was made later than this is forgotten when the loop goes round. */
  readonly since: number;
  hasChanged: boolean;
  readonly sights: Map<Shared, Seen>;
  /** Locks that were taken and not given back since, or the other way round. */
  readonly locks: Set<Mutex>;
  /** How often the loop has gone round. */
  readonly rounds: number;
  /** In how many of these rounds something was done that others could notice. */
  readonly busy: number;
  isBusy: boolean;
  /** What was in memory and in registers that was written since; it may be there again. */
  readonly memory: Map<PrivateMemory, Map<number, Scalar>>;
  readonly registers: Map<Frame, Map<number, RuntimeValue>>;
}

/** A loop with more rounds in which others could notice something has no end, as far as anybody can wait. */
const mostBusy = 2_000;

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
 * Loops that go round without anything being different: a task that really made their steps would
 * have executions without end.
 */
export class Loops {
  readonly #machine: Machine;
  #marks: Mark[] = [];
  /** A clock of what is made: frames and variables on the stack. */
  #now = 0;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

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
    for (const mark of this.#marks) {
      mark.hasChanged = true;
      mark.isBusy = true;
    }
  }

  /** A value that others may change is read. */
  reads(cell: MemoryCell, value: Scalar): void {
    if (this.#marks.length === 0) return;
    this.#sees(value, {
      of: cell,
      isAsSeen: () => cell.owner?.freed !== true && isSame(cell.value, value),
    });
  }

  /** A lock is held by another task. */
  isRefused(lock: Mutex): void {
    if (this.#marks.length > 0)
      this.#sees(true, { of: lock, isAsSeen: () => lock.holder !== null });
  }

  /** A lock is taken or given back: what is as it was at the end of a round was never different. */
  turns(lock: Mutex): void {
    for (const { locks } of this.#marks) if (!locks.delete(lock)) locks.add(lock);
  }

  #sees(value: unknown, sight: Sight): void {
    for (const mark of this.#marks) {
      mark.isBusy = true;
      const before = mark.sights.get(sight.of);
      // What was one thing and then another in one round is not seen so again in a world at rest.
      const isSteady = before === undefined || before.value === value;
      mark.sights.set(sight.of, { value, sight: isSteady ? sight : gone(sight) });
    }
  }

  leave(frame: Frame): void {
    if (this.#marks.length > 0) this.#marks = this.#marks.filter((mark) => mark.frame !== frame);
  }

  /** A loop goes round. What it has seen when it has changed nothing since the last time, else null. */
  goesRound(frame: Frame, to: number): readonly Sight[] | 'without end' | null {
    const before = this.#begin(frame, to, true);
    if (before === undefined) return null;
    if (before.busy > mostBusy) return 'without end';
    if (hasChanged(before)) return null;
    return [...before.sights.values()].map(({ sight }) => sight);
  }

  /** A loop is come to from outside. */
  enters(frame: Frame, to: number): void {
    this.#begin(frame, to, false);
  }

  #begin(frame: Frame, to: number, isRound: boolean): Mark | undefined {
    const at = this.#marks.findIndex((mark) => mark.frame === frame && mark.to === to);
    const before = this.#marks[at];
    const mark: Mark = {
      frame,
      to,
      since: this.#now,
      hasChanged: false,
      sights: new Map(),
      locks: new Set(),
      rounds: isRound ? (before?.rounds ?? 0) + 1 : 0,
      busy: isRound ? (before?.busy ?? 0) + (before?.isBusy === true ? 1 : 0) : 0,
      isBusy: false,
      memory: new Map(),
      registers: new Map(),
    };
    if (before === undefined) this.#marks.push(mark);
    else this.#marks[at] = mark;
    const most = this.#machine.environment.unroll ?? null;
    if (most !== null && mark.rounds > most) {
      this.#machine.compiled.isCut = true;
      this.#machine.world.raise(new Abandoned(`a loop goes round more than ${most} times`));
    }
    return before;
  }
}

function gone({ of }: Sight): Sight {
  return { of, isAsSeen: () => false };
}

/** Whether anything is not as it was when the round began. */
function hasChanged(mark: Mark): boolean {
  if (mark.hasChanged || mark.locks.size > 0) return true;
  const dead = deadAt(mark);
  for (const [memory, values] of mark.memory)
    if (!dead.has(memory))
      for (const [key, value] of values)
        if (memory.image.read(Math.floor(key / widest), key % widest) !== value) return true;
  for (const [frame, values] of mark.registers)
    for (const [register, value] of values) if (frame.registers[register] !== value) return true;
  return false;
}

/** Variables that nobody reads any more before they are written again. */
function deadAt({ frame: { code, registers }, to }: Mark): ReadonlySet<Memory> {
  const live = code.live.get(to);
  const dead = new Set<Memory>();
  for (const register of code.known) {
    const pointer = registers[register];
    if (pointer instanceof Pointer && live?.has(register) !== true) dead.add(pointer.memory);
  }
  return dead;
}
