// What functions that a trace of a real boot shows have returned.

import type { Task } from '../../../explore/index.ts';
import {
  type AnyFunction,
  apply,
  type Design,
  device,
  ENODEV,
  ErrPtr,
  type errno,
  type kernel,
} from '../../../linux/index.ts';
import { recordOf } from './record.ts';

/** The functions that read firmware for a device, and the one that probes it. */
export const tracedFunctions = [
  'of_iommu_configure',
  'acpi_iommu_configure_id',
  'iort_iommu_configure_id',
  'viot_iommu_configure',
  'iommu_probe_device',
] as const;
export type TracedFunction = (typeof tracedFunctions)[number];

/** An error or 0, which is also a pointer that is NULL; any other pointer is to the operations. */
export type Returned = errno | 'ops';

/**
 * What the last call of each function returned, of those that were called. A call that came to
 * nothing does not count, as in traces: one that ended in -ENODEV, or found no ID and no error.
 */
export type LastCalls = ReadonlyMap<TracedFunction, Returned>;

/** The design, with a note taken of what these functions return for each device. */
export function recordCalls(design: Design): Design {
  const { iommu_fwspec_add_ids } = design.functions;
  const changes: Record<string, AnyFunction> = {
    *iommu_fwspec_add_ids(k: kernel, dev: device, ids: readonly number[]): Task<errno> {
      const { added } = recordOf(k);
      added.set(dev, (added.get(dev) ?? 0) + 1);
      return yield* iommu_fwspec_add_ids(k, dev, ids);
    },
  };
  // Some designs have one of them in a header.
  const present: Readonly<Record<string, AnyFunction>> = { ...design.functions, ...design.inlines };
  for (const name of tracedFunctions) {
    const fn = present[name] as ((k: kernel, ...args: never[]) => Task<unknown>) | undefined;
    if (fn === undefined) continue;
    changes[name] = function* (k: kernel, ...args: never[]): Task<unknown> {
      const { added, calls } = recordOf(k);
      const dev = args.find((arg: unknown) => arg instanceof device);
      const before = dev === undefined ? undefined : added.get(dev);
      const result = yield* fn(k, ...args);
      const returned = asTraced(result);
      const silent = returned === 0 && name !== 'iommu_probe_device';
      if (dev === undefined || returned === -ENODEV) return result;
      if (silent && added.get(dev) === before) return result;
      const known = calls.get(dev) ?? new Map<TracedFunction, Returned>();
      calls.set(dev, known.set(name, returned));
      return result;
    };
  }
  return apply(design.name, design, { subject: 'write down what calls return', changes });
}

/** What a function returned, as a trace of registers shows it. */
export function asTraced(returned: unknown): Returned {
  if (typeof returned === 'number') return returned;
  if (returned instanceof ErrPtr) return returned.error;
  return returned === null ? 0 : 'ops';
}
