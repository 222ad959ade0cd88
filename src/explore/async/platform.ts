// What an asynchronous test finds around it, replaced while it is explored. The real timers and the
// real clock are put aside and put back, never used.
import { ModelError } from '../program/failure.ts';
import type { Timer, TimerKind, Timers } from './timers.ts';

/** As much of the platform as is asked for here; Node has all of it, a browser some. */
interface Platform {
  readonly process?: {
    getBuiltinModule?(name: string): object | undefined;
    getActiveResourcesInfo?(): readonly string[];
    listeners?(event: string): Listener[];
    on?(event: string, listener: Listener): unknown;
    removeListener?(event: string, listener: Listener): unknown;
  };
  readonly performance?: object;
  readonly AbortSignal?: object;
  readonly AbortController?: new () => { readonly signal: object; abort(reason: unknown): void };
  readonly DOMException?: new (message: string, name: string) => Error;
  readonly MessageChannel?: new () => { readonly port1: Port; readonly port2: Port };
  readonly fetch?: unknown;
}

type Listener = (reason: unknown) => void;
type Callback = (...args: unknown[]) => unknown;

interface Port {
  onmessage: (() => void) | null;
  postMessage(message: number): void;
  close(): void;
}

const platform = globalThis as unknown as Platform;
/** Not what a test puts in its place. */
const realFetch = platform.fetch;

/** What a virtual timer is known by to who has set it; with the methods that Node's have. */
class Handle {
  readonly #timers: Timers;
  readonly #timer: Timer;
  #closed = false;

  constructor(timers: Timers, timer: Timer) {
    this.#timers = timers;
    this.#timer = timer;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }

  refresh(): this {
    if (!this.#closed) this.#timers.refresh(this.#timer);
    return this;
  }

  close(): this {
    this.#closed = true;
    this.#timers.clear(this.#timer.number);
    return this;
  }

  [Symbol.toPrimitive](): number {
    return this.#timer.number;
  }
}

/** Things put in the place of others for a while. */
class Replacements {
  readonly #undo: (() => void)[] = [];

  replace(target: object | undefined, name: string, value: unknown): void {
    if (target === undefined || !(name in target)) return;
    const before = Object.getOwnPropertyDescriptor(target, name);
    const enumerable = before?.enumerable ?? false;
    Object.defineProperty(target, name, { value, enumerable, configurable: true, writable: true });
    this.#undo.push(() => {
      if (before === undefined) Reflect.deleteProperty(target, name);
      else Object.defineProperty(target, name, before);
    });
  }

  undo(): void {
    for (const undo of this.#undo.reverse()) undo();
  }
}

/**
 * Replace the timers and the clock of the platform by virtual ones.
 *
 * @param timers those of the execution that runs
 * @param unhandled is told of rejections that nobody handles
 * @returns what puts the real ones back
 */
export function installVirtual(timers: () => Timers, unhandled: Listener): () => void {
  const replacements = new Replacements();
  const { process, performance, AbortSignal } = platform;
  const callbacks = callbackTimers(timers);
  for (const [name, value] of Object.entries(callbacks))
    replacements.replace(globalThis, name, value);
  replacements.replace(globalThis, 'Date', virtualDate(timers));
  replacements.replace(performance, 'now', () => timers().now());
  if (platform.fetch === realFetch) replacements.replace(globalThis, 'fetch', fetchOutside);
  replacements.replace(AbortSignal, 'timeout', (delay: number) => abortAfter(timers(), delay));
  const builtin = (name: string): object | undefined => process?.getBuiltinModule?.(name);
  for (const [name, value] of Object.entries(callbacks))
    replacements.replace(builtin('node:timers'), name, value);
  const promises = promiseTimers(timers);
  const timersOfNode = builtin('node:timers/promises') as { scheduler?: object } | undefined;
  replacements.replace(timersOfNode?.scheduler, 'wait', promises.setTimeout);
  replacements.replace(timersOfNode?.scheduler, 'yield', () => promises.setImmediate());
  for (const [name, value] of Object.entries(promises))
    replacements.replace(timersOfNode, name, value);
  // Imported names see the change only when told to.
  const sync = (): void =>
    (builtin('node:module') as { syncBuiltinESMExports?(): void })?.syncBuiltinESMExports?.();
  sync();
  const listenAgain = listenInstead(unhandled);
  return () => {
    listenAgain();
    replacements.undo();
    sync();
  };
}

/** The error of a test that waits for the world outside. */
export function outside(what: string): ModelError {
  return new ModelError(
    `the test waits for something outside (${what}), such as a file, the network or a real timer: ` +
      'nobody can explore when that comes. Answer in its place, in a function made by wrap().',
  );
}

function fetchOutside(): never {
  throw outside('fetch');
}

function callbackTimers(timers: () => Timers): Record<string, unknown> {
  const set =
    (kind: TimerKind) =>
    (callback: Callback, ...rest: unknown[]): Handle => {
      if (typeof callback !== 'function')
        throw new TypeError(`a timer takes a function, not ${typeof callback}`);
      const [delay, ...args] = kind === 'immediate' ? [0, ...rest] : rest;
      const of = timers();
      return new Handle(
        of,
        of.set(kind, delay, () => callback(...args)),
      );
    };
  const clear = (handle: unknown): void => {
    if (handle instanceof Handle) handle.close();
    else if (typeof handle === 'number' || typeof handle === 'string')
      timers().clear(Number(handle));
  };
  const promises = promiseTimers(timers);
  const promisify = Symbol.for('nodejs.util.promisify.custom');
  return {
    setTimeout: Object.assign(set('timeout'), { [promisify]: promises.setTimeout }),
    setInterval: set('interval'),
    setImmediate: Object.assign(set('immediate'), { [promisify]: promises.setImmediate }),
    clearTimeout: clear,
    clearInterval: clear,
    clearImmediate: clear,
  };
}

interface Waiting {
  readonly signal?: {
    readonly aborted: boolean;
    readonly reason: unknown;
    addEventListener(event: 'abort', listener: () => void): void;
  };
}

/** The timers of `node:timers/promises`. */
function promiseTimers(timers: () => Timers) {
  const wait = (kind: TimerKind, delay: unknown, value: unknown, { signal }: Waiting = {}) =>
    new Promise<unknown>((resolve, reject) => {
      const of = timers();
      if (signal?.aborted) return reject(aborted(signal.reason));
      const { number } = of.set(kind, delay, () => resolve(value));
      signal?.addEventListener('abort', () => {
        of.clear(number);
        reject(aborted(signal.reason));
      });
    });
  return {
    setTimeout: (delay?: unknown, value?: unknown, options?: Waiting) =>
      wait('timeout', delay, value, options),
    setImmediate: (value?: unknown, options?: Waiting) => wait('immediate', 0, value, options),
    async *setInterval(delay?: unknown, value?: unknown, options?: Waiting) {
      for (;;) yield await wait('timeout', delay, value, options);
    },
  };
}

function aborted(cause: unknown): Error {
  return Object.assign(new Error('The operation was aborted', { cause }), {
    name: 'AbortError',
    code: 'ABORT_ERR',
  });
}

function abortAfter(timers: Timers, delay: number): object {
  const { AbortController, DOMException } = platform;
  if (AbortController === undefined) throw new TypeError('there is no AbortController');
  const controller = new AbortController();
  const message = 'The operation was aborted due to timeout';
  timers.set('timeout', delay, () =>
    controller.abort(
      DOMException === undefined ? new Error(message) : new DOMException(message, 'TimeoutError'),
    ),
  );
  return controller.signal;
}

/** `Date`, but it is always the time of the execution. */
function virtualDate(timers: () => Timers): DateConstructor {
  return new Proxy(Date, {
    apply: (date) => new date(timers().date()).toString(),
    construct: (date, args, target) =>
      Reflect.construct(date, args.length === 0 ? [timers().date()] : args, target),
    get: (date, name, receiver) =>
      name === 'now' ? () => timers().date() : Reflect.get(date, name, receiver),
  });
}

/** Be told of unhandled rejections in the place of who is told now. */
function listenInstead(listener: Listener): () => void {
  const { process } = platform;
  const event = 'unhandledRejection';
  const others = process?.listeners?.(event) ?? [];
  for (const other of others) process?.removeListener?.(event, other);
  process?.on?.(event, listener);
  return () => {
    process?.removeListener?.(event, listener);
    for (const other of others) process?.on?.(event, other);
  };
}

/** What of the world outside may still answer: kinds of resources and how many there are. */
export type Resources = ReadonlyMap<string, number>;

/** Kinds that a test runner opens and closes on its own, while a test runs. */
const everydayKinds = /^(Timeout|Immediate|TickObject|PipeWrap|TTYWrap|Worker)$/;

/** What there is now and was not before; of everyday kinds only when `all` are wanted. */
export function newResources(before: Resources, all: boolean): string[] {
  return [...openResources()].flatMap(([kind, count]) =>
    count > (before.get(kind) ?? 0) && (all || !everydayKinds.test(kind)) ? [kind] : [],
  );
}

/** Of each kind as many as there are in both. */
export function fewer(a: Resources, b: Resources): Resources {
  return new Map([...a].map(([kind, count]) => [kind, Math.min(count, b.get(kind) ?? 0)]));
}

export function openResources(): Resources {
  const counts = new Map<string, number>();
  // The event loop is turned by ports, here.
  for (const kind of platform.process?.getActiveResourcesInfo?.() ?? [])
    if (kind !== 'MessagePort') counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/** Turns of the event loop: after each, all that could go on by itself has done so. */
export class EventLoop {
  readonly #channel = platform.MessageChannel === undefined ? null : new platform.MessageChannel();

  async turn(): Promise<void> {
    const channel = this.#channel;
    if (channel === null) {
      for (let tick = 0; tick < 100; tick++) await null;
      return;
    }
    await new Promise<void>((resolve) => {
      channel.port1.onmessage = () => resolve();
      channel.port2.postMessage(0);
    });
  }

  close(): void {
    this.#channel?.port1.close();
  }
}
