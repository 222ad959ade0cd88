// What differs from a prediction without either being wrong: what somebody did once the machine had
// booted, and what its tracer lost.

import { EPROBE_DEFER } from '../../linux/index.ts';
import type { Capture, CapturedDevice, CapturedStep } from './capture.ts';
import type { Disagreement } from './verify.ts';
import { saysGivenUp } from './waiting.ts';

/** Why a difference is nobody's mistake. */
export type Aside = 'done by hand' | 'lost by the tracer';

/** Why one of a device's differences is no mistake; null where the capture does not show that. */
export function asideOf(
  row: Disagreement,
  rows: readonly Disagreement[],
  device: CapturedDevice,
  capture: Capture,
): Aside | null {
  const { field, predicted, observed } = row;
  const types = field === 'domain' && typeof predicted === 'string' && typeof observed === 'string';
  if (types && typeWritten(device, predicted, observed, capture)) return 'done by hand';
  if (field === 'calls' && returnLost(row, rows, device)) return 'lost by the tracer';
  return movedBy(row, capture) ? 'done by hand' : null;
}

/** What somebody does to a device in sysfs, and the driver core does again in the same way. */
const verbs =
  /\b(?:un)?bind\b|\bdriver_override\b|\bdrivers_probe\b|\bremove\b|\brescan\b|\bnew_id\b/;

/** Whether somebody had a hand in it: took a driver from the device, gave it one, took it away. */
function movedBy({ device, field, predicted, observed }: Disagreement, capture: Capture): boolean {
  // Nobody gives it another IOMMU or another ID, and nobody makes it.
  if (field === 'device' || field === 'ids') return false;
  const instead = predicted !== null && observed !== null;
  if (wasMoved(device, capture)) return !(instead && (field === 'iommu' || field === 'domain'));
  // Others only see in their group that it has come or gone.
  if (field !== 'group' || !Array.isArray(predicted) || !Array.isArray(observed)) return false;
  const [before, after] = [new Set<string>(predicted), new Set<string>(observed)];
  const moved = [...predicted, ...observed].filter((of) => before.has(of) !== after.has(of));
  return moved.every((of) => wasMoved(of, capture));
}

function wasMoved(name: string, { steps, log }: Capture): boolean {
  const byStep = steps.some((step, at) => {
    const { what } = step;
    const told = !what.startsWith('step ') && verbs.test(what);
    return told && wordsOf(step).includes(name) && !failed(steps, at);
  });
  if (byStep) return true;
  // Who works without an IOMMU, given up, is not asked again before somebody unbinds it.
  const told = log.filter((line) => line.includes(` ${name}: `));
  const givenUp = told.findIndex((line) => saysGivenUp([line]));
  return givenUp >= 0 && told.slice(givenUp).some((line) => added.test(line));
}

const added = /: Adding to iommu group \d/;

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
  step: CapturedStep,
  names: readonly (string | null | undefined)[],
  observed: string,
): boolean {
  const { what } = step;
  const [, type] = types.exec(what) ?? [];
  if (what.startsWith('step ') || type === undefined || (type !== observed && type !== 'auto'))
    return false;
  return wordsOf(step).some((word) => names.includes(word));
}

/** The names in a step: `unbind=0000:00:03.0`, `echo 0000:00:03.0 > /sys/bus/pci/drivers/nvme/unbind`. */
function wordsOf({ what }: CapturedStep): string[] {
  return what.split(/[\s=@,>"'/]+/).filter((word) => word !== '');
}

function failed(steps: readonly CapturedStep[], at: number): boolean {
  const step = steps[at]?.what ?? '';
  return steps[at + 1]?.what.startsWith(`step ${step} failed`) === true;
}

/**
 * A driver does not come to a device that was told to wait: another answer must have followed. Where
 * it also lacks its IOMMU that may have been -ENODEV, which traces leave out.
 */
function returnLost(
  { observed }: Disagreement,
  rows: readonly Disagreement[],
  device: CapturedDevice,
): boolean {
  const waits = String(observed).endsWith(` returns ${-EPROBE_DEFER}`);
  const others = rows.every(({ field, observed: lost }) => field === 'calls' || lost !== null);
  return waits && others && isThere(device.driver) && device.deferred !== true;
}

function isThere(value: string | null | undefined): value is string {
  return typeof value === 'string';
}
