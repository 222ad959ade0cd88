// The order of a witness against the order of a trace: both show what functions returned.

import { append, type Task, type TraceStep } from '../../explore/index.ts';
import {
  type AnyFunction,
  apply,
  type Design,
  type device,
  ENODEV,
  EPROBE_DEFER,
  type kernel,
} from '../../linux/index.ts';
import {
  asTraced,
  type Capture,
  type CapturedDevice,
  type Disagreement,
  type Returned,
  type TracedCall,
  tracedFunctions,
} from '../../machine/index.ts';

/** A return of a function that a trace shows. */
export interface OrderRow {
  readonly function: string;
  readonly returned: Returned | null;
  /** Whether the witness has it, at this place. */
  readonly witness: boolean;
  /** When the trace has it, in seconds; null where it does not. */
  readonly time: number | null;
}

/** A return without its place in either order. */
export type Return = Pick<OrderRow, 'function' | 'returned'>;

const register = 'iommu_device_register';

/**
 * The design, with what these functions return for a device noted down where the machine of an
 * execution has a list for it. Nothing happens that does not happen without it.
 */
export function notingReturns(
  design: Design,
  notes: WeakMap<kernel, { readonly of: device; readonly returns: Return[] }>,
): Design {
  const present: Readonly<Record<string, AnyFunction>> = { ...design.functions, ...design.inlines };
  const changes: Record<string, AnyFunction> = {};
  for (const name of [...tracedFunctions, register]) {
    const fn = present[name] as ((...args: never[]) => Task<unknown>) | undefined;
    if (fn === undefined) continue;
    changes[name] = function* (...args: never[]): Task<unknown> {
      const result = yield* fn(...args);
      const k = args[0] as unknown as kernel;
      const note = notes.get(k);
      if (note !== undefined && (name === register || args.some((arg: unknown) => arg === note.of)))
        append(k.world, note.returns, { function: name, returned: asTraced(result) });
      return result;
    };
  }
  return apply(design.name, design, { subject: 'note down what functions return', changes });
}

/**
 * The returns of a witness, in order. What a task does before it registers an IOMMU is about that
 * IOMMU's own device.
 */
export function returnsIn(steps: readonly TraceStep[]): Return[] {
  const registers = new Map<number, number>();
  for (const [at, { task, op, function: fn }] of steps.entries())
    if (op === 'call' && fn === register && !registers.has(task)) registers.set(task, at);
  return steps
    .filter(({ op, function: fn, task }, at) => {
      return op === 'return' && isTraced(fn) && at > (registers.get(task) ?? -1);
    })
    .map(({ function: fn, value }) => ({ function: fn, returned: returnedIn(value) }));
}

function isTraced(fn: string): boolean {
  return fn === register || tracedFunctions.some((name) => name === fn);
}

function returnedIn(value: string): Returned {
  if (value === 'NULL') return 0;
  const [error] = /-?\d+(?=\)?$)/.exec(value) ?? [];
  return error === undefined ? 'ops' : Number(error);
}

/**
 * Both orders in one: what both have in the same order stands in one row. Where a trace leaves out
 * what came to nothing, or what came before the witness begins, the row has one side only.
 */
export function ordersTogether(
  witness: readonly Return[],
  trace: readonly TracedCall[],
  { name }: CapturedDevice,
): OrderRow[] {
  const theirs = trace.filter(
    ({ fn, device }) => isTraced(fn) && (device === name || fn === register),
  );
  const same = (i: number, j: number): boolean =>
    witness[i]?.function === theirs[j]?.fn && witness[i]?.returned === theirs[j]?.returned;
  // How many returns are common to what is left of both, from each place on.
  const common = Array.from({ length: witness.length + 1 }, () =>
    new Array<number>(theirs.length + 1).fill(0),
  );
  const at = (i: number, j: number): number => common[i]?.[j] ?? 0;
  for (let i = witness.length - 1; i >= 0; i--)
    for (let j = theirs.length - 1; j >= 0; j--) {
      const row = common[i] as number[];
      row[j] = same(i, j) ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  const rows: OrderRow[] = [];
  for (let i = 0, j = 0; i < witness.length || j < theirs.length; ) {
    const [ours, call] = [witness[i], theirs[j]];
    if (ours !== undefined && call !== undefined && same(i, j)) {
      rows.push({ ...ours, witness: true, time: call.time });
      i++;
      j++;
    } else if (call !== undefined && (ours === undefined || at(i, j + 1) >= at(i + 1, j))) {
      const { fn, returned, time } = call;
      rows.push({ function: fn, returned, witness: false, time });
      j++;
    } else if (ours !== undefined) {
      rows.push({ ...ours, witness: true, time: null });
      i++;
    }
  }
  return rows;
}

/** The shortest time that is told apart, in seconds: a registration is over by then. */
const moment = 0.1;

/**
 * How long the last IOMMU had registered, in seconds, when the driver of a device was loaded; null
 * where that came first, or nothing shows when they came.
 */
export function loadedAfter(
  { driver }: CapturedDevice,
  { steps, trace }: Pick<Capture, 'steps' | 'trace'>,
): number | null {
  const registered = trace.filter(({ fn, returned }) => fn === register && returned === 0).at(-1);
  const load = `load ${driver}`.replaceAll('-', '_');
  const step = steps.find(({ what }) => what.replaceAll('-', '_') === load);
  if (registered === undefined || step === undefined) return null;
  const after = step.time - registered.time;
  return after > moment ? after : null;
}

/** Whether no return stands at one place in the one order and at another in the other. */
export function isOneOrder(rows: readonly OrderRow[]): boolean {
  const keyOf = ({ function: fn, returned }: OrderRow): string => `${fn} ${returned}`;
  const ours = rows.filter(({ witness, time }) => witness && time === null);
  const theirs = new Set(rows.filter(({ witness }) => !witness).map(keyOf));
  return !ours.some((row) => theirs.has(keyOf(row)));
}

/**
 * Whether an execution that ends as was seen also returns what the trace has in the end, where that
 * is not what was predicted. A trace does not show -ENODEV. Where it ends in being told to wait, and
 * a driver came all the same, it does not show the end.
 */
export function returnsFit(
  witness: readonly Return[],
  rows: readonly Disagreement[],
  { calls, driver }: CapturedDevice,
): boolean {
  if (!rows.some(({ field }) => field === 'calls')) return true;
  return [...calls].every(([fn, seen]) => {
    const shown = witness.filter(
      ({ function: name, returned }) => name === fn && returned !== -ENODEV,
    );
    const last = shown.at(-1)?.returned;
    return last === seen || (seen === -EPROBE_DEFER && typeof driver === 'string');
  });
}
