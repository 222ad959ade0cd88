// The prediction for a captured machine against what its kernel decided.

import { type Design, ENODEV } from '../linux/index.ts';
import { asCaptured } from './as-captured.ts';
import type { Capture, CapturedDevice } from './capture.ts';
import { inspect } from './inspect.ts';
import type { InspectedDevice, Inspection } from './inspection.ts';
import type { KernelOptions } from './kconfig.ts';
import type { Machine } from './machine.ts';

/** What is compared of a device. `device` is whether it is there at all. */
export const verifyFields = [
  'device',
  'deferred',
  'iommu',
  'ids',
  'group',
  'domain',
  'errno',
] as const;
export type VerifyField = (typeof verifyFields)[number];

type Value = string | number | boolean | null | readonly string[];

export interface Disagreement {
  readonly device: string;
  readonly field: VerifyField;
  readonly predicted: Value;
  readonly observed: Value;
}

export interface Verification {
  /** How many devices were compared, and how many of them agree in every field. */
  readonly devices: number;
  readonly agree: number;
  readonly disagree: readonly Disagreement[];
}

/** Inspect the machine as the captured kernel saw it, and compare. */
export function verify(
  machine: Machine,
  capture: Capture,
  design: Design,
  asked: KernelOptions,
): Verification {
  const boot = asCaptured(machine, capture, asked);
  return compareWith(inspect(boot.machine, design, boot.config, boot.options), capture);
}

/** Compare a prediction with what was observed. */
export function compareWith(inspection: Inspection, capture: Capture): Verification {
  const predicted = new Map(inspection.devices.map((device) => [device.name, device]));
  const compared = capture.devices.filter((of) => isComparable(of, predicted.has(of.name)));
  const names = new Set(compared.map(({ name }) => name));
  const observedPeers = peersOf(compared, names);
  const predictedPeers = peersOf(inspection.devices, names);
  const disagree: Disagreement[] = [];
  let agree = 0;
  for (const observed of compared) {
    const before = disagree.length;
    const found = predicted.get(observed.name);
    const peers = [predictedPeers, observedPeers].map((of) => of.get(observed.name) ?? null);
    for (const [field, ours, theirs] of rowsOf(observed, found, peers)) {
      if (JSON.stringify(ours) === JSON.stringify(theirs)) continue;
      disagree.push({ device: observed.name, field, predicted: ours, observed: theirs });
    }
    if (disagree.length === before) agree++;
  }
  return { devices: compared.length, agree, disagree };
}

/**
 * Devices that the kernel decided something about. One that no driver was offered to has had nothing
 * decided, while the model has a driver for every device; and Linux makes devices in code, too, which
 * firmware says nothing about.
 */
function isComparable({ driver, deferred, group }: CapturedDevice, known: boolean): boolean {
  return group !== null || deferred === true || (driver !== null && known);
}

/** The devices that share a group with each device, among those with these names. */
function peersOf(
  devices: readonly { readonly name: string; readonly group: string | number | null }[],
  names: ReadonlySet<string>,
): Map<string, readonly string[]> {
  const groups = new Map<string | number, string[]>();
  for (const { name, group } of devices) {
    if (group === null || !names.has(name)) continue;
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
): Generator<[field: VerifyField, predicted: Value, observed: Value]> {
  if (predicted === undefined) {
    yield ['device', 'absent', 'present'];
    return;
  }
  if (observed.deferred !== undefined)
    yield ['deferred', predicted.outcome === 'deferred', observed.deferred];
  // sysfs names one IOMMU, the one that the driver chose.
  yield ['iommu', predicted.iommus[0]?.iommu ?? null, observed.iommu];
  yield ['group', ours, theirs];
  if (observed.domain !== undefined) yield ['domain', predicted.domain, observed.domain];
  if (predicted.group !== null && observed.group !== null && observed.ids !== null)
    yield ['ids', predicted.iommus.flatMap(({ ids }) => ids.map(hexId)), observed.ids];
  const direct = predicted.outcome === 'direct' && observed.group === null && !observed.deferred;
  if (direct && observed.errno !== undefined)
    yield ['errno', traced(predicted.errno), observed.errno];
}

/** -ENODEV is what a device gets that firmware puts behind nothing: traces leave it out. */
function traced(errno: number | null): number | null {
  return errno === -ENODEV ? null : errno;
}

/** ID and mask in one word, as the SMMU driver keeps them. */
function hexId({ id, mask }: { readonly id: number; readonly mask: number }): string {
  return `0x${(mask * 0x10000 + id).toString(16)}`;
}
