import { isGenerator } from './checks/check.ts';
import { checkBody } from './checks/check-program.ts';
import { endless, NotAlike, notOurs, throwing } from './checks/steps.ts';
import { isFatal } from './checks/thrown.ts';
import { ModelError } from './failure.ts';
import { Frame } from './frame.ts';
import type { Cell, CellOperation } from './objects/cell.ts';
import type { Lock } from './objects/lock.ts';
import type { Undoable } from './objects/trail.ts';
import {
  AWAIT,
  CALL,
  type Op,
  type Operation,
  READ,
  SPAWN,
  type Step,
  type StepText,
  type Task,
} from './op.ts';
import type { Call, Spawn, TaskHandle } from './spawn.ts';
import type { Named } from './text.ts';
import type { Listener, World } from './world.ts';

/** How many steps that nobody can notice a task makes between two that somebody can. */
const mostAlone = 100_000;
/** The same while the world is set up, which can be the boot of a large machine. */
const mostInSetup = 10_000_000;

const noLocks: readonly Lock[] = [];

/** A running task: a stack of generators that stops at the next operation others could notice. */
export class TaskState implements Undoable {
  readonly world: World;
  readonly index: number;
  readonly name: string;
  /** The operation it wants to do next; null when it is over. */
  pending: Operation<unknown> | null = null;
  status: 'running' | 'finished' | 'crashed' = 'running';
  /** It crashed in order that the execution is of no interest; see {@link Abandoned}. */
  abandons = false;
  /** The locks it took and did not let go of. */
  held: readonly Lock[] = noLocks;
  /** The cell of its last read: names the pointer when a NULL is followed. */
  lastRead: Cell<unknown> | null = null;
  /** Where in its source it is, where the program says so. */
  place: Named | null = null;
  #placeOfStep: Named | null = null;
  /** Last event of this task, or the one that started it, or -1. */
  lastEvent: number;
  /** How many events it has made. */
  events = 0;
  /** How many objects it has made. */
  made = 0;
  /** How many tasks it has started. */
  started = 0;
  /** None of its allocations is made to fail. */
  spared = false;
  /**
   * The operations it has made, and the one it wants to make next. Kept only where events are taken
   * back. What lies beyond `logged` is of no meaning.
   */
  readonly log: Operation<unknown>[] = [];
  logged = 0;
  /** What it found where it looked at state outside of cells, and how much of that is of meaning. */
  readonly #finds: unknown[] = [];
  found = 0;
  #start: () => Task<unknown>;
  /** While it is restored: how much of the log it has repeated, and who was restored with it. */
  #repeated = 0;
  #restored = 0;
  /** The innermost function it is in, and the ones around it. */
  #frame: Frame | null;
  #depth = 0;
  #site: string;

  constructor(
    world: World,
    index: number,
    name: string,
    start: () => Task<unknown>,
    lastEvent: number,
  ) {
    this.world = world;
    this.index = index;
    this.name = name;
    this.#start = start;
    this.#frame = this.#bottom();
    checkBody(this.#frame.body, `the body of task "${name}"`);
    this.#site = name;
    this.lastEvent = lastEvent;
  }

  /** Find something; when it is fed, what it found before. */
  see(find: () => unknown): unknown {
    const { world } = this;
    if (world.fed !== null) return this.#finds[this.found++];
    const what = find();
    if (world.trail !== null) this.#finds[this.found++] = what;
    return what;
  }

  take(lock: Lock): void {
    this.#hold(this.held.length === 0 ? [lock] : [...this.held, lock]);
  }

  letGo(lock: Lock): void {
    const { held } = this;
    const at = held.lastIndexOf(lock);
    if (at >= 0) this.#hold(held.length === 1 ? noLocks : held.filter((_, i) => i !== at));
  }

  #hold(locks: readonly Lock[]): void {
    this.world.trail?.note(this, this.held);
    this.held = locks;
  }

  putBack(before: unknown): void {
    this.held = before as readonly Lock[];
  }

  /** The innermost named function, or the task itself. */
  functionName(): string {
    return this.#site;
  }

  /** What runs now, which is the body of the task before it starts; null when it is over. */
  get body(): Task<unknown> | null {
    return this.#frame?.body ?? null;
  }

  get depth(): number {
    return this.#depth;
  }

  /**
   * Resume the task: its pending operation happens, then its own code runs up to the next operation
   * that others could notice.
   *
   * @throws whatever the body throws and does not catch; the caller decides what that means
   */
  advance(): void {
    const { world } = this;
    const { listener } = world;
    let shown = this.pending;
    this.pending = null;
    let thrown: { readonly error: unknown } | null = null;
    const most = world.settingUp ? mostInSetup : mostAlone;
    for (let alone = 0; ; alone++) {
      if (alone === most) throw endless(this.name, most);
      const frame: Frame | null = this.#frame;
      if (frame === null) {
        this.status = 'finished';
        return;
      }
      let result: IteratorResult<Op, unknown>;
      try {
        result = thrown === null ? frame.body.next() : frame.body.throw(thrown.error);
        thrown = null;
        if (world.raised !== null) throw world.raised;
      } catch (error) {
        if (shown !== null) this.#show(shown);
        shown = null;
        // A crash leaves the stack as it is: reports say which function it happened in.
        if (isFatal(error) || frame.caller === null) throw error;
        this.#leave(frame);
        thrown = { error };
        continue;
      }
      if (listener !== null && shown !== null) {
        this.#show(shown);
        shown = null;
      }
      if (result.done === true) {
        this.#leave(frame);
        if (frame.call !== null) {
          listener?.return(this, frame.call.name, this.#depth, result.value);
          frame.call.result = result.value;
        }
        continue;
      }
      const operation = result.value as unknown as Operation<unknown>;
      if (operation?.world !== world) throw notOurs(operation, this.#site);
      if (operation.kind >= 0) {
        if (world.stepsAnnounced !== world.stepsMade) world.missingYield();
        this.pending = operation;
        if (this.place !== null) this.#placeOfStep = this.place;
        if (world.trail !== null) this.log[this.logged++] = operation;
        return;
      }
      if (operation.kind === CALL) {
        this.#enter(operation as Call<unknown>, listener);
        continue;
      }
      shown = operation;
      if (this.place !== null) this.#placeOfStep = this.place;
      if (world.trail !== null) this.log[this.logged++] = operation;
    }
  }

  /**
   * Be made anew and come to where the operations in the log have led, by being fed what they
   * returned. Tasks it had started are made anew with it: they may share its variables.
   *
   * @returns the tasks that have done the same again, one bit each; negative when one has not
   */
  restore(): number {
    const { world } = this;
    world.running = this;
    world.fed = this;
    this.#depth = 0;
    this.#site = this.name;
    this.pending = null;
    this.lastRead = null;
    this.found = 0;
    this.#repeated = 0;
    this.#restored = 1 << this.index;
    try {
      this.#frame = this.#bottom();
      this.#goOnFed();
    } catch (error) {
      world.raised = null;
      if (this.status !== 'crashed' || error instanceof NotAlike) return -1;
    }
    const isOver = this.pending === null && this.status === 'running';
    return isOver || this.#repeated !== this.logged ? -1 : this.#restored;
  }

  /** Run up to the end of the log. */
  #goOnFed(): void {
    let thrown: { readonly error: unknown } | null = null;
    for (;;) {
      const frame: Frame | null = this.#frame;
      if (frame === null) return;
      let result: IteratorResult<Op, unknown>;
      try {
        result = thrown === null ? frame.body.next() : frame.body.throw(thrown.error);
        thrown = null;
        if (this.world.raised !== null) throw this.world.raised;
      } catch (error) {
        const raised = this.world.raised;
        if (isFatal(raised ?? error) || frame.caller === null) throw raised ?? error;
        this.#leave(frame);
        thrown = { error };
        continue;
      }
      if (result.done === true) {
        this.#leave(frame);
        if (frame.call !== null) frame.call.result = result.value;
        continue;
      }
      const operation = result.value as unknown as Operation<unknown>;
      if (operation?.world !== this.world) this.#isNotAlike();
      if (operation.kind !== CALL) return;
      this.#enter(operation as Call<unknown>, null);
    }
  }

  /** An operation is made again: it gets the value that it had, unless it is the one still to come. */
  feed(operation: Operation<unknown>): void {
    const { log, logged } = this;
    const at = this.#repeated++;
    const before = log[at];
    if (at >= logged || before?.isLike(operation) !== true) this.#isNotAlike();
    if (at + 1 === logged && this.status === 'running') {
      log[at] = operation;
      this.pending = operation;
      return;
    }
    if (!before.done) {
      // What it has died of is not done again; what it has survived cannot be.
      if (at + 1 === logged && this.status === 'crashed') return;
      this.#isNotAlike();
    }
    operation.value = before.value;
    operation.done = true;
    if (operation.kind === READ || operation.kind === AWAIT)
      this.lastRead = (operation as CellOperation<unknown, unknown>).cell;
    else if (operation.kind === SPAWN) this.#feedChild(operation as Spawn);
  }

  /**
   * While it is fed: what stands for a step that it has made before. Null for the one that is still to
   * come, and for any that is not alike.
   */
  again<T>(kind: number, address: number, type: unknown): Step<T> | null {
    const at = this.#repeated;
    const before = this.log[at];
    if (at + 1 >= this.logged || before === undefined) return null;
    if (before.kind !== kind || before.address !== address || !before.done) return null;
    if (before.constructor !== type) return null;
    this.#repeated = at + 1;
    if (kind === READ) this.lastRead = (before as CellOperation<unknown, unknown>).cell;
    return this.world.again.step(before.value as T);
  }

  #isNotAlike(): never {
    return this.world.raise(new NotAlike());
  }

  #feedChild({ start, value }: Spawn): void {
    const { state } = value as TaskHandle;
    state.#start = start;
    const alike = state.restore();
    if (alike < 0) this.#isNotAlike();
    this.#restored |= alike;
    this.world.running = this;
    this.world.fed = this;
  }

  #bottom(): Frame {
    let body: Task<unknown>;
    try {
      body = this.#start();
    } catch (error) {
      body = throwing(error);
    }
    return new Frame(body, null, null);
  }

  /** Run a function under its name, where no step makes a task stop. */
  within<T>(name: string, start: () => Task<T>): T {
    const site = this.#site;
    this.world.listener?.call(this, name, this.#depth);
    this.#site = name;
    this.#depth++;
    try {
      const body = start();
      if (!isGenerator(body)) checkBody(body, `${name}()`);
      const { done, value } = body.next();
      if (this.world.raised !== null) throw this.world.raised;
      if (done !== true) this.#stops(value as unknown as Operation<unknown>);
      this.#depth--;
      this.#site = site;
      this.world.listener?.return(this, name, this.#depth, value);
      return value as T;
    } catch (error) {
      // As in advance(): a crash leaves the stack as it is.
      if (!isFatal(error)) {
        this.#depth--;
        this.#site = site;
      }
      throw error;
    }
  }

  #stops(operation: Operation<unknown>): never {
    if (operation?.world !== this.world) throw notOurs(operation, this.#site);
    throw new ModelError(`setup waits for ever in ${this.functionName()}`);
  }

  #enter(call: Call<unknown>, listener: Listener | null): void {
    listener?.call(this, call.name, this.#depth);
    const body = call.start();
    if (!isGenerator(body)) checkBody(body, `${call.name}()`);
    this.#frame = new Frame(body, call, this.#frame);
    this.#depth++;
    this.#site = call.name;
  }

  #leave({ caller }: Frame): void {
    this.#frame = caller;
    if (caller === null) return;
    this.#depth--;
    this.#site = caller.call?.name ?? this.name;
  }

  dispose(): void {
    this.#frame = null;
    this.pending = null;
    this.lastRead = null;
    this.held = noLocks;
    this.log.length = 0;
    this.#finds.length = 0;
  }

  /** Tell the listener about an access that could not be made. */
  showCrash(place: string): void {
    const { world } = this;
    const step: StepText = { op: 'read', target: place, value: '' };
    world.listener?.step?.(this, this.functionName(), this.depth, step, world.event, this.place);
  }

  /** Tell the listener which functions the task is in. */
  showStack(): void {
    const names: string[] = [];
    for (let frame = this.#frame; frame !== null; frame = frame.caller)
      if (frame.call !== null) names.unshift(frame.call.name);
    for (const [i, name] of names.entries()) this.world.listener?.call(this, name, i);
  }

  #show(operation: Operation<unknown>): void {
    const { listener } = this.world;
    if (listener === null || listener.step === null) return;
    const text = operation.describe();
    // An operation that ends in a crash never came to have a value.
    const shown = operation.done ? text : { ...text, value: '' };
    listener.step(this, this.#site, this.#depth, shown, this.world.event, this.#placeOfStep);
  }
}
