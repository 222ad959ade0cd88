// The end of a real boot as a question to ask of every interleaving: does it come to this?

import type { Property } from '../../explore/index.ts';
import {
  type Capture,
  type CapturedDevice,
  type Disagreement,
  endStateOf,
} from '../../machine/index.ts';
import { hex } from '../../util/index.ts';
import { isDeferred } from '../properties.ts';
import type { Booted } from '../setup.ts';

/** What became of a device, as far as the order of events can decide it. */
export interface SeenAnswer {
  readonly bound: boolean;
  readonly deferred: boolean;
  readonly grouped: boolean;
  /** Undefined, and null below, when nothing shows it. */
  readonly iommu: string | null | undefined;
  readonly ids: readonly string[] | null;
  readonly hasDomain: boolean | null;
}

/** What sysfs calls a group without a default domain. */
const noDomain = 'unknown';

/**
 * What was seen of a device that has lost something: its IOMMU, some of its IDs, its domain, or the
 * one who would try again; or of one that was to be let go at the time-out, and has all it waited for.
 * Null for differences of any other kind, which no order brings about.
 */
export function seenAnswer(
  device: CapturedDevice,
  rows: readonly Disagreement[],
  { log, iommus }: Capture,
  behind: readonly string[],
  letGo: boolean,
): SeenAnswer | null {
  const { deferred = false, driver, group, ids, domain } = device;
  // Whoever has no driver is in no group for that reason, on most kernels.
  if (group === undefined || driver === undefined) return null;
  const seen = {
    bound: driver !== null,
    deferred,
    grouped: group !== null,
    iommu: device.iommu,
    ids: group === null ? null : ids,
    hasDomain: domain === undefined ? null : group !== null && domain !== noDomain,
  };
  const registered = behind.every((iommu) => iommus?.includes(iommu) ?? true);
  const explained = log.some((line) => line.includes(` ${device.name}: `) && refusal.test(line));
  const isRace = rows.every(isLoss) || (letGo && rows.every(isGain));
  return registered && !explained && isRace ? seen : null;
}

/** The log has a reason of its own. */
const refusal = /fail|error|unsupported|already|cannot|unable/i;

/** Less than predicted. What was seen beyond that, or instead, is no loss. */
function isLoss({ field, predicted, observed }: Disagreement): boolean {
  switch (field) {
    case 'deferred':
      return observed === true;
    case 'iommu':
    case 'group':
      return predicted !== null && observed === null;
    case 'domain':
      return predicted !== null && (observed === null || observed === noDomain);
    case 'ids':
      return fewer(observed, predicted);
    case 'calls':
      return true;
    case 'device':
      return false;
  }
}

/** What was predicted to be missing is there. */
export function isGain({ field, predicted, observed }: Disagreement): boolean {
  return field === 'calls' || (field !== 'device' && !isThere(predicted) && isThere(observed));
}

function isThere(value: Disagreement['observed']): boolean {
  return value !== null && value !== false;
}

function fewer(some: Disagreement['observed'], all: Disagreement['observed']): boolean {
  if (!Array.isArray(some) || !Array.isArray(all)) return false;
  return some.length < all.length && some.every((id) => all.includes(id));
}

/** Whether an execution has come to what was seen. */
export function endsAs(seen: SeenAnswer, { k, client }: Booted): boolean {
  const { bound, grouped, attachments, domain } = endStateOf(client);
  const iommu = grouped ? (attachments[0]?.instance.dev.name ?? null) : null;
  const ids = attachments.flatMap((attached) => attached.ids.map(hex));
  return (
    bound === seen.bound &&
    grouped === seen.grouped &&
    isDeferred(k, client) === seen.deferred &&
    (seen.iommu === undefined || iommu === seen.iommu) &&
    (seen.ids === null || ids.join() === seen.ids.join()) &&
    (seen.hasDomain === null || (domain !== null) === seen.hasDomain)
  );
}

/** How the properties are called that an execution breaks when it comes to what was seen. */
export const seenName = 'the answer that was seen does not come about';
export const seenAsTraced: string = `${seenName} as the trace has it`;

/** @param asTraced whether an execution that does so goes as the trace */
export function unlike(seen: SeenAnswer, booted: Booted, asTraced: () => boolean): Property[] {
  const property = (name: string, holds: () => boolean): Property => ({ kind: 'end', name, holds });
  return [
    property(seenName, () => !endsAs(seen, booted)),
    property(seenAsTraced, () => !(endsAs(seen, booted) && asTraced())),
  ];
}
