// The trace of a captured boot: the functions of the configure path as they returned.

import {
  type LastCalls,
  type Returned,
  type TracedFunction,
  tracedFunctions,
} from '../boot/record/calls.ts';
import { asList, asObject, asText, type JsonObject } from './json.ts';

/** One return. A trace leaves out what came to nothing: -ENODEV, and 0 where no ID was added. */
export interface TracedCall {
  /** Seconds since the machine was started; of the last one where several were alike. */
  readonly time: number;
  readonly fn: string;
  readonly device: string | null;
  /** Null where the tracer has lost it. */
  readonly returned: Returned | null;
  readonly caller: string | null;
}

/** All returns, in order. */
export function traceIn({ configure_calls = [] }: JsonObject): TracedCall[] {
  const calls = asList(configure_calls, 'configure_calls').map((value): TracedCall => {
    const { t, last_t, fn, dev, ret, caller } = asObject(value, 'configure_calls');
    return {
      time: timeOf(last_t ?? t),
      fn: typeof fn === 'string' ? fn : '',
      device: typeof dev === 'string' ? dev : null,
      returned: typeof ret === 'number' || ret === 'ops' ? ret : null,
      caller: typeof caller === 'string' ? caller : null,
    };
  });
  return calls.toSorted((a, b) => a.time - b.time || 0);
}

/** Seconds, which the tracer writes as a number or as its text; the end where it writes neither. */
function timeOf(value: unknown): number {
  const isTime = typeof value === 'number' || typeof value === 'string';
  return isTime ? Number(value) : Number.POSITIVE_INFINITY;
}

/**
 * What the last call of each traced function returned, by device: those that the trace shows. Where
 * the last return was lost nothing is known, whatever came before it.
 */
export function lastCalls(
  trace: readonly TracedCall[],
  root: JsonObject,
): ReadonlyMap<string, LastCalls> {
  const calls = new Map<string, Map<TracedFunction, Returned>>();
  const linked = linkedOf(root);
  for (const { fn, device, returned, caller } of trace) {
    const name = tracedFunctions.find((traced) => traced === fn);
    if (name === undefined || device === null || linked.has(device)) continue;
    if (caller === 'iommu_bus_notifier') continue; // plugged in later, which is not repeated
    const known = calls.get(device) ?? new Map<TracedFunction, Returned>();
    if (returned === null) known.delete(name);
    else known.set(name, returned);
    calls.set(device, known);
  }
  return calls;
}

/** Devices that a device link keeps from their drivers, and so from being asked about again. */
function linkedOf({ deferred = [] }: JsonObject): ReadonlySet<string> {
  const waiting = asList(deferred, 'deferred').map((value) => asObject(value, 'deferred'));
  const held = waiting.filter(({ reason = '' }) => asText(reason, 'reason').includes('supplier'));
  return new Set(held.map(({ device }) => asText(device, 'device')));
}
