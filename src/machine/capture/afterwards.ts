// What differs from a prediction without either being wrong: what somebody did once the machine had
// booted, and what its tracer lost.

import { EPROBE_DEFER } from '../../linux/index.ts';
import type { Capture, CapturedDevice, CapturedStep } from './capture.ts';
import type { Disagreement } from './verify.ts';

/** Why a difference is nobody's mistake. */
export type Aside = 'done by hand' | 'lost by the tracer';

/** Null where the capture does not show that it is one. */
export function asideOf(
  { field, predicted, observed }: Disagreement,
  device: CapturedDevice,
  capture: Capture,
): Aside | null {
  if (field === 'domain' && typeof predicted === 'string' && typeof observed === 'string')
    return typeWritten(device, predicted, observed, capture) ? 'done by hand' : null;
  if (field === 'calls') return returnLost(observed, device) ? 'lost by the tracer' : null;
  return null;
}

/** The type of a group changes only when somebody writes it to its file in sysfs. */
function typeWritten(
  device: CapturedDevice,
  predicted: string,
  observed: string,
  { steps, log, devices }: Capture,
): boolean {
  const members = devices.filter(({ group }) => group === device.group).map(({ name }) => name);
  const names = [...members, device.group];
  if (device.earlierDomains.includes(predicted)) return true;
  if (steps.some((step, at) => writesType(step, names, observed) && !failed(steps, at)))
    return true;
  // No kernel makes a group lazy by itself after it has said that it is strict.
  return observed === 'DMA-FQ' && log.some((line) => strict.test(line));
}

const strict = /iommu: DMA domain TLB invalidation policy: strict mode/;
const types = /(?<![\w-])(DMA-FQ|DMA|identity|auto)(?![\w-])/;

/** `type=0000:00:03.0@identity`, `echo identity > /sys/kernel/iommu_groups/3/type`, and the like. */
function writesType(
  { what }: CapturedStep,
  names: readonly (string | null | undefined)[],
  observed: string,
): boolean {
  const [, type] = types.exec(what) ?? [];
  if (what.startsWith('step ') || type === undefined || (type !== observed && type !== 'auto'))
    return false;
  const words = what.split(/[\s=@,>]+|iommu_groups\/|\/type\b/).filter((word) => word !== '');
  return words.some((word) => names.includes(word));
}

function failed(steps: readonly CapturedStep[], at: number): boolean {
  const step = steps[at]?.what ?? '';
  return steps[at + 1]?.what.startsWith(`step ${step} failed`) === true;
}

/** A driver does not come to a device that was told to wait: another answer must have followed. */
function returnLost(observed: Disagreement['observed'], device: CapturedDevice): boolean {
  const waits = String(observed).endsWith(` returns ${-EPROBE_DEFER}`);
  return waits && isThere(device.driver) && isThere(device.group) && device.deferred !== true;
}

function isThere(value: string | null | undefined): value is string {
  return typeof value === 'string';
}
