import { Sequence } from '../../../util/index.ts';
import type { Execution } from '../../execution/execution.ts';
import type { Run } from '../../execution/run.ts';
import { Cell, CellOperation, Until } from '../../program/objects/cell.ts';
import { Struct } from '../../program/objects/heap.ts';
import { Lock, LockOperation } from '../../program/objects/lock.ts';
import { RefCount } from '../../program/objects/refcount.ts';
import type { Shared } from '../../program/objects/shared.ts';
import { Spin } from '../../program/objects/spin.ts';
import { ACQUIRE, FREE } from '../../program/op.ts';
import { Join } from '../../program/spawn.ts';
import { TaskState } from '../../program/task.ts';
import { describeValue } from '../../program/text.ts';
import { unnoticed } from '../../program/world.ts';
import type { Watcher } from '../replay/recorder.ts';
import { type Held, type LockState, notYet, type StatePlace, type States } from './states.ts';

/** What can be shown. */
type Shown = Cell<unknown> | Lock | RefCount | Struct | TaskState;

/** A task waits, for a cell, a lock, or the end of another task. */
class Waiting {
  readonly on: Shared | TaskState;

  constructor(on: Shared | TaskState) {
    this.on = on;
  }
}

/** What a place holds, before objects are called by name: the trace gives them their names. */
type Raw = string | Struct | Waiting | readonly Raw[] | LockState;

interface Place extends Omit<StatePlace, 'name' | 'tasks'> {
  readonly of: Shown;
  readonly tasks: Set<number>;
  now: Raw;
  readonly initial: Raw;
}

interface Change {
  readonly place: number;
  readonly before: Raw;
  after: Raw;
}

/** Takes down what the steps of an execution change, from the notes of what could be taken back. */
export class Observer implements Watcher {
  readonly #execution: Execution;
  readonly #run: Run;
  readonly #places: Place[] = [];
  readonly #numbers = new Map<Shown, number>();
  readonly #objects: Struct[] = [];
  readonly #objectNumbers = new Map<Struct, number>();
  readonly #changes: Change[][] = [];
  /** How many notes, and how many objects of the heap, have been looked at. */
  #noted: number;
  #allocated: number;

  constructor(execution: Execution, run: Run) {
    this.#execution = execution;
    this.#run = run;
    this.#noted = execution.world.trail?.length ?? 0;
    this.#allocated = execution.world.heap.length;
    this.#look(-1);
  }

  step(step: number): void {
    const { world, tasks } = this.#execution;
    const task = tasks[this.#run.task[world.event] ?? -1];
    const column = task === undefined ? -1 : this.#execution.started.indexOf(task);
    this.#take(step, column);
    const operation = this.#run.operation[world.event];
    if (operation instanceof CellOperation) this.#touch(operation.cell, column);
    else if (operation instanceof LockOperation) this.#touch(operation.lock, column);
    else if (operation?.kind === FREE) this.#touchAddress(operation.address, column);
    this.#look(step);
  }

  event(step: number): void {
    this.#take(step, -1);
    this.#look(step);
  }

  /** Take in what was noted since. */
  #take(step: number, column: number): void {
    const { world } = this.#execution;
    const { trail, heap } = world;
    for (; this.#allocated < heap.length; this.#allocated++) {
      const object = heap[this.#allocated];
      if (!(object instanceof Struct)) continue;
      const place = this.#placeOf(object, notYet);
      this.#change(step, place, 'allocated');
      this.#places[place]?.tasks.add(column);
    }
    for (; trail !== null && this.#noted < trail.length; this.#noted++) {
      const [changed, before] = trail.changed(this.#noted);
      if (changed instanceof Cell) {
        const place = this.#placeOf(changed, this.#raw(before));
        this.#change(step, place, this.#raw(changed.value));
      } else if (changed instanceof Lock) {
        const place = this.#placeOf(changed, this.#lock(before as TaskState | null, []));
        const { waiting } = (this.#places[place] as Place).now as LockState;
        this.#change(step, place, this.#lock(changed.holder, waiting));
      } else if (changed instanceof RefCount) {
        // Whoever counts first has found one reference, that of the owner.
        const place = this.#placeOf(changed, before === 0 ? '1' : String(before));
        this.#change(step, place, String(changed.count));
        if (column >= 0) this.#places[place]?.tasks.add(column);
      } else if (changed instanceof Struct) {
        const by = changed.freedBy === null ? '' : ` by ${changed.freedBy}`;
        this.#change(step, this.#placeOf(changed, 'allocated'), `freed${by}`);
      }
    }
  }

  /** Look which tasks can go on, and what the others wait for. */
  #look(step: number): void {
    const waiting = new Map<Lock, number[]>();
    const { started, world } = this.#execution;
    started.forEach((task, column) => {
      // Where it stops will be known when it does.
      if (task === world.running) return;
      const { pending } = task;
      this.#change(step, this.#placeOf(task, step < 0 ? statusOf(task) : notYet), statusOf(task));
      if (!(pending instanceof LockOperation) || pending.kind !== ACQUIRE || pending.enabled())
        return;
      waiting.set(pending.lock, [...(waiting.get(pending.lock) ?? []), column]);
      this.#touch(pending.lock, column);
    });
    this.#places.forEach(({ of, now }, place) => {
      if (!(of instanceof Lock)) return;
      const { holder, waiting: before } = now as LockState;
      const after = waiting.get(of) ?? [];
      if (before.join() !== after.join()) this.#change(step, place, { holder, waiting: after });
    });
  }

  #touch(of: Cell<unknown> | Lock, column: number): void {
    const held = of instanceof Cell ? this.#raw(of.value) : this.#lock(of.holder, []);
    this.#places[this.#placeOf(of, held)]?.tasks.add(column);
  }

  #touchAddress(address: number, column: number): void {
    const object = this.#objects.find((known) => known.address === address);
    if (object !== undefined) this.#places[this.#placeOf(object, 'allocated')]?.tasks.add(column);
  }

  #change(step: number, place: number, after: Raw): void {
    const known = this.#places[place] as Place;
    const before = known.now;
    if (isSame(before, after)) return;
    known.now = after;
    if (step < 0) return;
    while (this.#changes.length <= step) this.#changes.push([]);
    const changes = this.#changes[step] as Change[];
    const same = changes.find((change) => change.place === place);
    if (same !== undefined) same.after = after;
    else changes.push({ place, before, after });
  }

  /** The number of a place; `held` is what it holds where it was not met before. */
  #placeOf(of: Shown, held: Raw): number {
    const known = this.#numbers.get(of);
    if (known !== undefined) return known;
    const owner =
      of instanceof Struct ? of : of instanceof Cell || of instanceof Lock ? of.owner : null;
    const object =
      owner === null ? null : this.#objectOf(owner, of instanceof Struct ? held : null);
    // All of an object is met at once.
    const met = this.#numbers.get(of);
    if (met !== undefined) return met;
    return this.#add(of, object, held);
  }

  #add(of: Shown, object: number | null, held: Raw): number {
    const place = this.#places.length;
    this.#numbers.set(of, place);
    const label = of instanceof RefCount ? of.text : of instanceof TaskState ? of.name : of.label;
    const kind =
      of instanceof Cell
        ? 'field'
        : of instanceof Lock
          ? 'lock'
          : of instanceof RefCount
            ? 'count'
            : of instanceof Struct
              ? 'life'
              : 'task';
    this.#places.push({ of, label, kind, object, tasks: new Set(), now: held, initial: held });
    return place;
  }

  /** An object and, of one from the heap, its life and its fields. */
  #objectOf(object: Struct, life: Raw | null): number {
    const known = this.#objectNumbers.get(object);
    if (known !== undefined) return known;
    const number = this.#objects.push(object) - 1;
    this.#objectNumbers.set(object, number);
    if (!object.fromHeap) return number;
    this.#add(object, number, life ?? (object.freed ? 'freed' : 'allocated'));
    for (const cell of object.cells) this.#add(cell, number, this.#raw(cell.value));
    return number;
  }

  #raw(value: unknown): Raw {
    if (value instanceof Struct) {
      this.#objectOf(value, null);
      return value;
    }
    if (Array.isArray(value) || value instanceof Sequence)
      return [...value].map((item) => this.#raw(item));
    // The trace gives names in its own order.
    return unnoticed(this.#execution.world, () => describeValue(value));
  }

  #lock(holder: TaskState | null, waiting: readonly number[]): LockState {
    const column = holder === null ? -1 : this.#execution.started.indexOf(holder);
    return { holder: column < 0 ? null : column, waiting };
  }

  /** All of it, by the names that the trace has given; what it does not name is called by its class. */
  states(steps: number, tasks: readonly string[]): States {
    const { started } = this.#execution;
    const names = new Naming(this.#objects, (task) => tasks[started.indexOf(task)] ?? task.name);
    return {
      objects: this.#objects.map((object) => ({
        name: names.of(object),
        className: object.className,
        fromHeap: object.fromHeap,
      })),
      places: this.#places.map(({ of, label, kind, object, tasks: touching }) => ({
        name: names.of(of),
        ...{ label, kind, object },
        tasks: [...touching].filter((column) => column >= 0).sort((a, b) => a - b),
      })),
      initial: this.#places.map(({ initial }) => names.held(initial)),
      changes: Array.from({ length: steps }, (_, step) =>
        (this.#changes[step] ?? []).map(({ place, before, after }) => ({
          place,
          before: names.held(before),
          after: names.held(after),
        })),
      ),
    };
  }
}

/** What things are called, without giving a name to what the trace may name later. */
class Naming {
  readonly #nameOfTask: (task: TaskState) => string;
  readonly #unnamed = new Map<Struct, string>();

  constructor(objects: readonly Struct[], nameOfTask: (task: TaskState) => string) {
    this.#nameOfTask = nameOfTask;
    const counts = new Map<string, number>();
    for (const object of objects) {
      if (!object.fromHeap || object.alias !== null) continue;
      const { className } = object;
      const nth = (counts.get(className) ?? 0) + 1;
      counts.set(className, nth);
      this.#unnamed.set(object, nth === 1 ? className : `${className} #${nth}`);
    }
  }

  of(thing: Shown | Shared): string {
    if (thing instanceof TaskState) return this.#nameOfTask(thing);
    if (thing instanceof RefCount) return thing.text;
    if (thing instanceof Struct && thing.fromHeap)
      return thing.alias ?? this.#unnamed.get(thing) ?? thing.className;
    return thing.owner === null ? thing.label : `${this.of(thing.owner)}->${thing.label}`;
  }

  held(raw: Raw): Held {
    if (typeof raw === 'string') return raw;
    if (raw instanceof Struct) return this.of(raw);
    if (raw instanceof Waiting) return `waits for ${this.of(raw.on)}`;
    if ('holder' in raw) return raw;
    return raw.map((item) => inList(this.held(item)));
  }
}

/** A list in a list. */
function inList(held: Held): string {
  return typeof held === 'string' ? held : 'holder' in held ? '' : `[${held.join(', ')}]`;
}

function isSame(a: Raw, b: Raw): boolean {
  if (a === b) return true;
  if (typeof a === 'string' || typeof b === 'string') return false;
  if (a instanceof Waiting && b instanceof Waiting) return a.on === b.on;
  if ('holder' in a && 'holder' in b)
    return a.holder === b.holder && isSame(a.waiting.map(String), b.waiting.map(String));
  if (!Array.isArray(a) || !Array.isArray(b)) return false;
  return a.length === b.length && a.every((item, i) => isSame(item as Raw, b[i] as Raw));
}

/** Whether a task can go on. */
function statusOf(task: TaskState): Raw {
  const { pending, status } = task;
  if (pending === null) return status === 'crashed' ? 'has crashed' : 'has ended';
  const on = waitedFor(task);
  return on === null ? 'can go on' : new Waiting(on);
}

/** What a task waits for: a lock, a value, the end of another task; null when it can go on. */
export function waitedFor({ pending }: TaskState): Shared | TaskState | null {
  if (pending === null || pending.enabled()) return null;
  if (pending instanceof Join) return pending.target;
  if (pending instanceof Until) return pending.cell;
  if (pending instanceof Spin) return pending.of;
  return pending instanceof LockOperation ? pending.lock : null;
}
