// The prediction for a captured machine against what its kernel decided.

import { type Design, type DomainType, iommu_def_domain_type } from '../../linux/index.ts';
import { type Boot, bootMachine } from '../boot/boot.ts';
import { isWaiting } from '../boot/end-state.ts';
import type { KernelOptions } from '../boot/kconfig.ts';
import type { BootPlan } from '../boot/plan/plan.ts';
import type { LastCalls, Returned, TracedFunction } from '../boot/record/calls.ts';
import { killersIn } from '../explain/explain.ts';
import { inspectBoot } from '../inspect/inspect.ts';
import type { Finding, InspectedDevice, Inspection } from '../inspection.ts';
import type { Machine } from '../machine.ts';
import { type Aside, asideOf } from './afterwards.ts';
import { asCaptured } from './as-captured.ts';
import type { Capture, CapturedDevice } from './capture.ts';
import { saysGivenUp } from './waiting.ts';

/** What is compared of a device. `device` is whether it is there at all. */
export const verifyFields = [
  'device',
  'deferred',
  'iommu',
  'ids',
  'group',
  'domain',
  'calls',
] as const;
export type VerifyField = (typeof verifyFields)[number];

type Value = string | number | boolean | null | readonly string[];
type Row = readonly [field: VerifyField, predicted: Value, observed: Value];

export interface Disagreement {
  readonly device: string;
  readonly field: VerifyField;
  readonly predicted: Value;
  readonly observed: Value;
}

/** A difference that is nobody's mistake. */
export interface SetAside extends Disagreement {
  readonly why: Aside;
}

/** How often a field was compared. */
export interface FieldCount {
  readonly field: VerifyField;
  readonly compared: number;
  /** How often there was something: predicted, observed or both. */
  readonly present: number;
  readonly agree: number;
  /** How often it differs, and that is nobody's mistake. */
  readonly aside: number;
}

export interface Verification {
  /** How many devices were compared, and how many of them agree in every field. */
  readonly devices: number;
  readonly agree: number;
  readonly disagree: readonly Disagreement[];
  /** What was done by hand after the boot, or what its tracer lost. */
  readonly aside: readonly SetAside[];
  /** There was nothing to be wrong about: no IOMMU, neither in firmware nor in what was observed. */
  readonly vacuous: boolean;
  /** In the order of {@link verifyFields}, those that nothing says anything about among them. */
  readonly fields: readonly FieldCount[];
  /** Devices that are predicted to do without what they waited for, the time having run out. */
  readonly givenUp: readonly string[];
  /** What some kernels do not survive; absent when there is nothing. */
  readonly findings?: readonly Finding[];
}

/**
 * Inspect the machine as the captured kernel saw it, and compare.
 *
 * @param without devices that no driver came to
 */
export function verify(
  machine: Machine,
  capture: Capture,
  design: Design,
  asked: KernelOptions,
  without: ReadonlySet<string> = new Set(),
): Verification {
  const as = asCaptured(machine, capture, design, asked);
  const { plan, ...options } = as.options;
  const boot = bootMachine(as.machine, design, as.config, {
    ...options,
    ...(plan === undefined ? {} : { plan: planWithout(plan, without) }),
  });
  const calls = new Map([...boot.devices].map(([of, dev]) => [of.name, boot.calls.get(dev)]));
  const inspection = inspectBoot(as.machine, boot);
  const usual = iommu_def_domain_type(as.config);
  const compared = compareWith(inspection, calls, capture, waitingIn(boot), usual);
  return { ...compared, ...killersIn(inspection) };
}

function planWithout(plan: BootPlan, without: ReadonlySet<string>): BootPlan {
  return { ...plan, offerOf: (of) => (without.has(of.name) ? null : plan.offerOf(of)) };
}

/** The devices that get another try, those that have an IOMMU already among them. */
function waitingIn(boot: Boot): Set<string> {
  return new Set(
    [...boot.devices].flatMap(([of, dev]) => (isWaiting(boot.k, dev) ? [of.name] : [])),
  );
}

/** Compare a prediction, and what its calls returned, with what was observed. */
export function compareWith(
  inspection: Inspection,
  calls: ReadonlyMap<string, LastCalls | undefined>,
  capture: Capture,
  waiting: ReadonlySet<string> = new Set(),
  usual: DomainType | null = null,
): Verification {
  const predicted = new Map(inspection.devices.map((device) => [device.name, device]));
  const compared = capture.devices.filter((of) => isComparable(of, predicted.has(of.name)));
  const told = compared.filter(({ group }) => group !== undefined);
  const names = new Set(told.map(({ name }) => name));
  const observedPeers = peersOf(told, names);
  const predictedPeers = peersOf(inspection.devices, names);
  const disagree: Disagreement[] = [];
  const aside: SetAside[] = [];
  const fields = verifyFields.map((field) => ({
    field,
    compared: 0,
    present: 0,
    agree: 0,
    aside: 0,
  }));
  const counts = Object.fromEntries(fields.map((of) => [of.field, of])) as Record<
    VerifyField,
    (typeof fields)[number]
  >;
  let agree = 0;
  const compare = (of: string, rows: Iterable<Row>, observed: CapturedDevice | null): void => {
    const differ: Disagreement[] = [];
    for (const [field, ours, theirs] of rows) {
      const same = JSON.stringify(ours) === JSON.stringify(theirs);
      const count = counts[field];
      count.compared++;
      if (isPresent(ours) || isPresent(theirs)) count.present++;
      if (same) count.agree++;
      else differ.push({ device: of, field, predicted: ours, observed: theirs });
    }
    for (const row of differ) {
      const why = observed === null ? null : asideOf(row, differ, observed, capture);
      if (why === null) disagree.push(row);
      else aside.push({ ...row, why });
      if (why !== null) counts[row.field].aside++;
    }
    if (differ.length === 0) agree++;
  };
  for (const observed of compared) {
    const { name } = observed;
    const peers = [predictedPeers, observedPeers].map((of) => of.get(name) ?? null);
    const rows = rowsOf(observed, predicted.get(name), peers, waiting.has(name));
    compare(name, [...rows, ...callRows(observed, calls.get(name))], observed);
  }
  const general = usual === null || capture.defaultDomain === null ? [] : [capture.defaultDomain];
  for (const domain of general) compare(anyDevice, [['domain', usual, domain]], null);
  const something = fields.some(({ field, present }) => field !== 'device' && present > 0);
  const without = inspection.iommus.length === 0 || capture.partial;
  const vacuous = !something && disagree.length === 0 && without;
  const devices = compared.length + general.length;
  const givenUp = inspection.devices.flatMap(({ name, reasons }) =>
    saysGivenUp(reasons) ? [name] : [],
  );
  return { devices, agree, disagree, aside, vacuous, fields, givenUp };
}

/** Whose domain a kernel tells of when it tells of none in particular. */
const anyDevice = 'default domain';

function isPresent(value: Value): boolean {
  return value !== null && value !== false;
}

/** Linux makes devices in code, too, which firmware says nothing about. */
function isComparable({ deferred, group }: CapturedDevice, known: boolean): boolean {
  return known || typeof group === 'string' || deferred === true;
}

/** The devices that share a group with each device, among those with these names. */
function peersOf(
  devices: readonly { readonly name: string; readonly group: string | number | null | undefined }[],
  names: ReadonlySet<string>,
): Map<string, readonly string[]> {
  const groups = new Map<string | number, string[]>();
  for (const { name, group } of devices) {
    if (group === null || group === undefined || !names.has(name)) continue;
    groups.set(group, [...(groups.get(group) ?? []), name]);
  }
  const peers = new Map<string, readonly string[]>();
  for (const members of groups.values()) {
    members.sort();
    for (const name of members) peers.set(name, members);
  }
  return peers;
}

/** Field by field: what is predicted, what was observed. What a capture cannot tell is left out. */
function* rowsOf(
  observed: CapturedDevice,
  predicted: InspectedDevice | undefined,
  [ours = null, theirs = null]: readonly (readonly string[] | null)[],
  waits: boolean,
): Generator<Row> {
  if (predicted === undefined || predicted.outcome === 'absent') {
    yield ['device', 'absent', 'present'];
    return;
  }
  yield ['device', 'present', 'present'];
  if (observed.deferred !== undefined)
    yield ['deferred', waits || predicted.outcome === 'deferred', observed.deferred];
  // sysfs names one IOMMU, the one that the driver chose.
  if (observed.iommu !== undefined)
    yield ['iommu', predicted.iommus[0]?.iommu ?? null, observed.iommu];
  if (observed.group !== undefined) yield ['group', ours, theirs];
  if (observed.domain !== undefined) yield ['domain', predicted.domain, observed.domain];
  if (predicted.group !== null && observed.group !== null && observed.ids !== null)
    yield ['ids', predicted.iommus.flatMap(({ ids }) => ids.map(hexId)), observed.ids];
}

/** Those calls that the trace shows. */
function* callRows(observed: CapturedDevice, predicted?: LastCalls): Generator<Row> {
  for (const [fn, returned] of observed.calls)
    yield ['calls', told(fn, predicted?.get(fn) ?? null), told(fn, returned)];
}

/** A call as text; null for a function that was not called. */
function told(fn: TracedFunction, returned: Returned | null): string | null {
  return returned === null ? null : `${fn}() returns ${returned}`;
}

/** ID and mask in one word, as the SMMU driver keeps them. */
function hexId({ id, mask }: { readonly id: number; readonly mask: number }): string {
  return `0x${(mask * 0x10000 + id).toString(16)}`;
}
