// One boot written down: every call of a model function with its arguments and what it returned, and
// what was read and written on the way where that is asked for.

import type { Listener, Task, World } from '../../../explore/index.ts';
import {
  type AnyFunction,
  type Design,
  device,
  type FunctionTable,
  pci_dev,
} from '../../../linux/index.ts';
import { groupBy, onceForEach } from '../../../util/index.ts';

/** A call of a function of the model. */
export interface RecordedCall {
  readonly kind: 'call';
  readonly name: string;
  /** Its device: that of its first argument that has one, else its caller's. */
  device: device | null;
  /** Without the kernel; null for a driver's own function. */
  args: readonly unknown[] | null;
  /** Undefined as long as it has not returned. */
  result: unknown;
  readonly caller: RecordedCall | null;
  /** What happened in it, in order. */
  readonly steps: Recorded[];
  /** What {@link Recorder} was asked to look up when it began. */
  noted: unknown;
}

/** An access to something shared, as a trace shows it. */
export interface RecordedAccess {
  readonly kind: 'access';
  readonly op: string;
  readonly target: string;
  readonly value: string;
}

/** Locks and references decide nothing where nobody else runs. */
const accessOps: readonly string[] = ['read', 'write', 'alloc', 'free'];

export type Recorded = RecordedCall | RecordedAccess;

/** Looks at the state when a function begins, before it changes anything. */
export type Notes = Readonly<Record<string, (dev: device) => unknown>>;

/** Writes down what a kernel does, when it has its design from {@link watching}. */
export class Recorder {
  readonly root: RecordedCall = newCall('boot', null, null);
  readonly #notes: Notes;
  readonly #withAccesses: boolean;
  #current: RecordedCall = this.root;
  #ended = false;

  /** @param withAccesses whether what is read and written is of interest, too: it is much */
  constructor(notes: Notes, withAccesses: boolean) {
    this.#notes = notes;
    this.#withAccesses = withAccesses;
  }

  /** The design, with every function telling its arguments. */
  watching(design: Design): Design {
    const watched = <T extends FunctionTable>(table: T): T =>
      Object.fromEntries(
        Object.entries(table).map(([name, fn]) => [name, this.#watched(name, fn)]),
      ) as T;
    return {
      ...design,
      functions: watched(design.functions),
      inlines: watched(design.inlines),
    };
  }

  /** Hear of what happens between the calls, and of the calls that go through tables of drivers. */
  attach(world: World): void {
    const listener: Listener = {
      step: this.#withAccesses
        ? (_task, _name, _depth, { op, target, value }) => {
            if (accessOps.includes(op))
              this.#current.steps.push({ kind: 'access', op, target, value });
          }
        : null,
      call: (_task, name) => {
        this.#enter(name, null);
      },
      return: (_task, _name, _depth, value) => {
        this.#leave(value);
      },
    };
    world.listener = listener;
  }

  /** From here on nothing is written down: what comes is no part of the boot. */
  end(): void {
    this.#ended = true;
  }

  /** Every call, in the order in which they began. */
  *calls(from: RecordedCall = this.root): Generator<RecordedCall> {
    for (const step of from.steps) {
      if (step.kind !== 'call') continue;
      yield step;
      yield* this.calls(step);
    }
  }

  /** The calls of a function of a boot that has ended, in the order in which they began. */
  callsOf(name: string): readonly RecordedCall[] {
    return callsByName(this).get(name) ?? [];
  }

  /** The same of those that are about a device. */
  callsAbout(dev: device): readonly RecordedCall[] {
    return callsByDevice(this).get(dev) ?? [];
  }

  #watched(name: string, fn: AnyFunction): AnyFunction {
    return (...all: never[]): unknown => {
      const args = all.slice(1);
      const result = (fn as (...args: never[]) => unknown)(...all);
      if (this.#ended) return result;
      if (isTask(result)) return this.#running(name, args, result);
      this.#begin(this.#enter(name, args), args);
      this.#leave(result);
      return result;
    };
  }

  *#running(name: string, args: readonly unknown[], task: Task<unknown>): Task<unknown> {
    const announced = this.#current.name === name && this.#current.args === null;
    this.#begin(announced ? this.#current : this.#enter(name, args), args);
    const result = yield* task;
    if (!announced) this.#leave(result);
    return result;
  }

  #enter(name: string, args: readonly unknown[] | null): RecordedCall {
    const call = newCall(name, args, this.#current);
    this.#current.steps.push(call);
    this.#current = call;
    return call;
  }

  #begin(call: RecordedCall, args: readonly unknown[]): void {
    call.args = args;
    call.device = args.map(deviceOf).find((dev) => dev !== null) ?? call.device;
    const note = Object.hasOwn(this.#notes, call.name) ? this.#notes[call.name] : undefined;
    if (note !== undefined && call.device !== null) call.noted = note(call.device);
  }

  #leave(result: unknown): void {
    this.#current.result = result;
    this.#current = this.#current.caller ?? this.root;
  }
}

const callsByName = onceForEach((recorder: Recorder) =>
  groupBy(recorder.calls(), ({ name }) => name),
);

const callsByDevice = onceForEach((recorder: Recorder) =>
  groupBy(recorder.calls(), ({ device }) => device),
);

function newCall(
  name: string,
  args: readonly unknown[] | null,
  caller: RecordedCall | null,
): RecordedCall {
  const device = caller?.device ?? null;
  return {
    kind: 'call',
    name,
    device,
    args,
    result: undefined,
    caller,
    steps: [],
    noted: undefined,
  };
}

function isTask(value: unknown): value is Task<unknown> {
  return typeof value === 'object' && value !== null && 'next' in value;
}

function deviceOf(value: unknown): device | null {
  if (value instanceof device) return value;
  return value instanceof pci_dev ? value.dev : null;
}
