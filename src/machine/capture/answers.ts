// Answers that are no capture: a kernel log, a listing of groups. They say some things, and only those
// are compared.

import { hardwareInLog } from '../firmware/kernel-log.ts';
import type { Machine } from '../machine.ts';
import type { Capture, CapturedDevice } from './capture.ts';
import { type GroupListing, groupsListed } from './listing.ts';
import { type KernelLog, readKernelLog } from './log.ts';

/** What a kernel log, a listing of groups or both of them say. */
export interface Answers {
  readonly log: KernelLog | null;
  readonly listing: GroupListing | null;
}

/** What some texts say; of two of a kind the later counts. Null for texts that say nothing. */
export function answersIn(texts: readonly string[]): Answers | null {
  let answers: Answers = { log: null, listing: null };
  for (const text of texts) {
    answers = {
      log: readKernelLog(text) ?? answers.log,
      listing: groupsListed(text) ?? answers.listing,
    };
  }
  return answers.log === null && answers.listing === null ? null : answers;
}

/** As a capture in which the rest is not known. */
export function captureOf({ log, listing }: Answers, machine: Machine): Capture {
  const devices = new Map<string, CapturedDevice>();
  const busOf = new Map(machine.devices.map(({ name, bus }) => [name, bus]));
  const note = (name: string, told: Partial<CapturedDevice>): void => {
    const bus = busOf.get(name) ?? '';
    devices.set(name, { ...(devices.get(name) ?? { ...unknown, name, bus }), ...told });
  };
  for (const [name, told] of log?.devices ?? []) note(name, told);
  if (listing !== null) {
    // Who is not in a listing of all groups is in none.
    for (const { name, bus } of machine.devices)
      if (listing.all || bus === 'pci') note(name, { group: null });
    for (const [name, group] of listing.groups) note(name, { group });
  }
  const lines = log?.lines ?? [];
  return {
    partial: true,
    release: log?.release ?? null,
    arch: '',
    cmdline: log?.cmdline ?? null,
    kconfig: {},
    built: [],
    modules: [],
    steps: [],
    uptime: 0,
    devices: [...devices.values()],
    defaultDomain: log?.defaultDomain ?? null,
    iommus: null,
    drivers: [],
    hardware: hardwareInLog(lines),
    log: lines,
    trace: [],
    notCollected: [],
  };
}

const unknown = {
  driver: undefined,
  deferred: undefined,
  iommu: undefined,
  ids: null,
  group: undefined,
  domain: undefined,
  earlierDomains: [],
  earlierDrivers: [],
  calls: new Map(),
} as const;
