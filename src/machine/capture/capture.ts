// What the kernel of a captured machine decided. A capture is a directory: the firmware, `pci/`, and
// `expected.json`, in which sysfs, the kernel log and a trace of the boot are re-arranged.

import type { DomainType, IommuHardware, Kconfig } from '../../linux/index.ts';
import { moduleName } from '../boot/plan/client-drivers.ts';
import type { LastCalls } from '../boot/record/calls.ts';
import { hardwareInLog } from '../firmware/kernel-log.ts';
import {
  asList,
  asNumber,
  asObject,
  asOptionalText,
  asText,
  type JsonObject,
  objectIn,
  parseObject,
  wrong,
} from './json.ts';
import { parseKconfig } from './kconfig-file.ts';
import { lastCalls, type TracedCall, traceIn } from './trace.ts';

/** What became of one device. */
export interface CapturedDevice {
  readonly name: string;
  readonly bus: string;
  /** Undefined, here and below, when the answers cannot tell. */
  readonly driver: string | null | undefined;
  /** Whether it waits for a supplier. */
  readonly deferred: boolean | undefined;
  /** The device of the IOMMU that it is behind. */
  readonly iommu: string | null | undefined;
  /** The IDs that firmware gives it, in hexadecimal; null when the trace does not show them. */
  readonly ids: readonly string[] | null;
  /** A name of its group. It means nothing but that others with it are in the same one. */
  readonly group: string | null | undefined;
  /** The type of the group's default domain. */
  readonly domain: string | null | undefined;
  /** The types that its group had in snapshots that were taken before. */
  readonly earlierDomains: readonly string[];
  /** The drivers that it had in these, and those that the kernel log names as it came into a group. */
  readonly earlierDrivers: readonly string[];
  /** What the last call of each function returned, of those that the trace shows. */
  readonly calls: LastCalls;
}

/** Something that was done, such as `load e1000e`. */
export interface CapturedStep {
  /** Seconds since the machine was started. */
  readonly time: number;
  readonly what: string;
}

export interface Capture {
  /** Answers of another kind than a capture, which say some things only: nothing of how it booted. */
  readonly partial: boolean;
  /** As `uname -r` prints it; null where nothing tells. */
  readonly release: string | null;
  readonly arch: string;
  /** Null where nothing tells. */
  readonly cmdline: string | null;
  /** What it was built with, as far as that is known. */
  readonly kconfig: Partial<Kconfig>;
  /** Modules that were built, of the drivers of IOMMUs. */
  readonly built: readonly string[];
  /** Modules that were loaded. */
  readonly modules: readonly string[];
  /** What was done to the machine once it had booted, in order. */
  readonly steps: readonly CapturedStep[];
  /** Seconds since it was started, when the answers were taken. */
  readonly uptime: number;
  readonly devices: readonly CapturedDevice[];
  /** What the kernel says of domains in general; null where it does not. */
  readonly defaultDomain: DomainType | null;
  /** The devices of all IOMMUs that have registered; null where nothing tells. */
  readonly iommus: readonly string[] | null;
  /** Drivers that were there, with a device or without, as far as the capture shows them. */
  readonly drivers: readonly string[];
  /** What the kernel log says of IOMMUs' registers, by the names of their devices. */
  readonly hardware: ReadonlyMap<string, IommuHardware>;
  /** Lines of the kernel log. */
  readonly log: readonly string[];
  /** The configure path as it was traced, in order; empty where it was not. */
  readonly trace: readonly TracedCall[];
  /** What could not be read, as a rule because it takes root. */
  readonly notCollected: readonly string[];
}

/** All that there is to know of a boot. */
export interface WholeCapture extends Capture {
  readonly release: string;
}

/**
 * Read the kernel's answers.
 *
 * @param config what its build wrote, where the capture has that
 * @throws FormatError when they are not in the form of a capture
 */
export function parseCapture(text: string, config: string | null = null): WholeCapture {
  const root = parseObject(text, 'capture');
  const release = asText(root.kernel, 'kernel');
  if (!/^\d+\.\d+/.test(release))
    throw wrong('kernel', 'a release such as 6.12.1', JSON.stringify(release));
  const cmdline = asText(root.cmdline, 'cmdline');
  const modules = asList(root.modules_loaded, 'modules_loaded').map((line) =>
    moduleName(asText(line, 'modules_loaded').replace(/^ok /, '')),
  );
  const steps = stepsOf(root);
  const built = config === null ? null : parseKconfig(config);
  const trace = traceIn(root);
  const log = textsIn(root, 'iommu_dmesg');
  return {
    partial: false,
    defaultDomain: null,
    release,
    arch: asText(root.arch, 'arch'),
    cmdline,
    kconfig: { CONFIG_VIRTIO_IOMMU: hasVirtioIommu(release, modules, steps), ...built?.kconfig },
    built: built?.modules ?? [],
    modules,
    steps,
    uptime: asNumber(root.guest_uptime_at_final, 'guest_uptime_at_final'),
    devices: devicesOf(root, lastCalls(trace, root)),
    iommus: iommusOf(root),
    drivers: driversOf(root),
    hardware: hardwareInLog(log),
    log,
    trace,
    notCollected: textsIn(root, 'not_collected'),
  };
}

/** Distributions build it as a module, if at all: Debian has it since 6.12, not in 6.1. */
function hasVirtioIommu(
  release: string,
  modules: readonly string[],
  steps: readonly CapturedStep[],
): boolean {
  if (modules.includes('virtio_iommu')) return true;
  if (steps.some(({ what }) => what === 'load virtio_iommu')) return false;
  const [major = 0, minor = 0] = release.split('.').map(Number);
  return major > 6 || (major === 6 && minor >= 12);
}

function stepsOf(root: JsonObject): CapturedStep[] {
  return asList(root.steps ?? [], 'steps').map((step) => {
    const [, time, what = ''] = asText(step, 'steps').match(/^(\S+) (.*)$/) ?? [];
    return { time: asNumber(time ?? step, 'steps'), what };
  });
}

function iommusOf(root: JsonObject): string[] {
  const iommus = asObject(root.iommus, 'iommus');
  return Object.keys(iommus).map((name) => deviceOfIommu(name, objectIn(iommus, name, 'iommus')));
}

/** On all buses. */
function driversOf({ drivers = {} }: JsonObject): string[] {
  return Object.values(asObject(drivers, 'drivers')).flatMap((names) =>
    asList(names, 'drivers').map((name) => asText(name, 'drivers')),
  );
}

function textsIn(root: JsonObject, key: string): string[] {
  return asList(root[key] ?? [], key).map((text) => asText(text, key));
}

function devicesOf(root: JsonObject, calls: ReadonlyMap<string, LastCalls>): CapturedDevice[] {
  const groups = asObject(root.groups, 'groups');
  const iommus = asObject(root.iommus, 'iommus');
  const ids = root.fwspec_ids === undefined ? {} : asObject(root.fwspec_ids, 'fwspec_ids');
  const deferred = deferredOf(root);
  const domains = earlierDomains(root);
  const drivers = earlierDrivers(root);
  const seen = new Set<string>();
  return asList(root.devices, 'devices').map((value, i) => {
    const field = `devices[${i}]`;
    const device = asObject(value, field);
    const name = asText(device.name, `${field}.name`);
    const bus = asText(device.bus, `${field}.bus`);
    if (seen.has(`${bus}/${name}`))
      throw wrong('devices', 'each device once', `${JSON.stringify(name)} again`);
    seen.add(`${bus}/${name}`);
    const iommu = asOptionalText(device.iommu, 'iommu');
    const group = asOptionalText(device.group, 'group');
    return {
      name,
      bus,
      driver: asOptionalText(device.driver, 'driver'),
      deferred: deferred?.has(name),
      iommu: iommu === null ? null : deviceOfIommu(iommu, objectIn(iommus, iommu, 'iommus')),
      ids: idsOf(ids[name]),
      group,
      domain: group === null ? null : typeOf(objectIn(groups, group, 'groups')),
      earlierDomains: domains.get(name) ?? [],
      earlierDrivers: (drivers.get(name) ?? []).filter((of) => of !== bus),
      calls: calls.get(name) ?? new Map(),
    };
  });
}

/** The devices that wait; undefined when only root could see them. */
function deferredOf({ deferred }: JsonObject): ReadonlySet<string> | undefined {
  if (deferred === undefined) return undefined;
  const names = asList(deferred, 'deferred').map((waiting) =>
    asText(asObject(waiting, 'deferred').device, 'device'),
  );
  return new Set(names);
}

/** Kernels before 5.11 do not show the type of a group. */
function typeOf({ type }: JsonObject): string | undefined {
  return type === undefined ? undefined : asText(type, 'type');
}

/**
 * An IOMMU is below its device; a virtio device is below the one that firmware knows. Units of Intel
 * and AMD go by their own name.
 */
function deviceOfIommu(name: string, iommu: JsonObject): string {
  if (/^(?:dmar|ivhd)\d+$/.test(name)) return name;
  const [path = ''] = asText(iommu.path, 'path').split('/iommu/');
  const names = path.split('/');
  return names.findLast((part) => !/^virtio\d+$/.test(part)) ?? path;
}

/** A call with more than two IDs was traced with two of them: those are as good as not shown. */
function idsOf(value: unknown): readonly string[] | null {
  if (value === undefined) return null;
  const ids = asList(value, 'fwspec_ids').map((id) => asText(id, 'fwspec_ids'));
  return ids.every((id) => /^0x[\da-f]+$/.test(id)) ? ids : null;
}

/** The types of each device's group in all snapshots. */
function earlierDomains(root: JsonObject): Map<string, string[]> {
  const domains = new Map<string, string[]>();
  for (const { groups = {} } of snapshotsIn(root)) {
    for (const value of Object.values(asObject(groups, 'snapshots.groups'))) {
      const group = asObject(value, 'snapshots.groups');
      const type = typeOf(group);
      if (type === undefined) continue;
      for (const device of textsIn(group, 'devices'))
        domains.set(device, [...(domains.get(device) ?? []), type]);
    }
  }
  return domains;
}

/** A driver that has come, or a bus where none has. */
const added = /(?:^|\] )(\S+) (\S+): Adding to iommu group \d/;

function earlierDrivers(root: JsonObject): Map<string, string[]> {
  const drivers = new Map<string, string[]>();
  const note = (device: string, driver: string): void => {
    drivers.set(device, [...(drivers.get(device) ?? []), driver]);
  };
  for (const { devices = [] } of snapshotsIn(root)) {
    for (const value of asList(devices, 'snapshots.devices')) {
      const { name, driver } = asObject(value, 'snapshots.devices');
      if (typeof name === 'string' && typeof driver === 'string') note(name, driver);
    }
  }
  for (const line of textsIn(root, 'iommu_dmesg')) {
    const [, driver, device] = added.exec(line) ?? [];
    if (driver !== undefined && device !== undefined) note(device, driver);
  }
  return drivers;
}

function snapshotsIn({ snapshots = {} }: JsonObject): JsonObject[] {
  return Object.values(asObject(snapshots, 'snapshots')).map((of) => asObject(of, 'snapshots'));
}
