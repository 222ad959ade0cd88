// Why a device whose IOMMU has registered is not behind it.

import { type device, ETIMEDOUT, errnoName, IS_ERR, type LogLine } from '../../linux/index.ts';
import type { Boot } from '../boot/boot.ts';
import { forgotten, isForgotten, waitsBeforeDma } from '../boot/end-state.ts';
import type { RecordedCall, Recorder } from '../boot/record/recorder.ts';
import { tells } from '../inspect/reasons.ts';
import type { Booted } from './iommu.ts';

/**
 * Which function of the path refused, and what the kernel log says of it.
 *
 * @param errno what the path ended in, null where that is no error
 */
export function refusalOf({ boot, recorder }: Booted, dev: device, errno: number | null): string {
  const [held] = dev.driver.value === null ? waitsBeforeDma(dev) : [];
  if (held !== undefined) return `it ${held}`;
  const pins = dev.pins.find((pin) => typeof pin === 'number');
  if (pins !== undefined) return `pin control ends in ${errnoName(pins)}: a state of it is no node`;
  if (isForgotten(dev)) return forgotten;
  if (errno === -ETIMEDOUT)
    return 'the time for which devices wait had run out before its IOMMU registered';
  const refusals = [...refusalsOf(recorder, dev)];
  const refusal = refusals.findLast(({ result }) => errnoIn(result) === errno) ?? refusals.at(-1);
  if (refusal === undefined)
    return 'the kernel never asks firmware about it: no driver is offered the device';
  const said = lastWarning(boot, dev);
  const text = `${refusal.name}() returns ${errnoName(errnoIn(refusal.result) ?? 0)}`;
  return said === null ? text : `${text}: ${said}`;
}

/** The functions in which errors came up, from where firmware was first asked about the device. */
function* refusalsOf(recorder: Recorder, dev: device): Generator<RecordedCall> {
  let asked = false;
  for (const call of recorder.callsAbout(dev)) {
    asked ||= call.name.includes('_iommu_configure');
    if (!asked || !call.name.includes('_')) continue;
    const passedOn = call.steps.some(
      (step) => step.kind === 'call' && errnoIn(step.result) !== null,
    );
    if (errnoIn(call.result) !== null && !passedOn) yield call;
  }
}

/** What the log says of the device since a driver was last offered to it, or before that. */
function lastWarning({ k, attempts }: Boot, dev: device): string | null {
  const from = attempts.get(dev)?.logFrom ?? 0;
  const isAbout = (line: LogLine): boolean => line.device === dev.name && tells(line);
  return (k.log.slice(from).findLast(isAbout) ?? k.log.findLast(isAbout))?.text ?? null;
}

/** The error in what a function returned. */
function errnoIn(result: unknown): number | null {
  if (typeof result === 'number') return result < 0 ? result : null;
  return IS_ERR(result) ? result.error : null;
}
