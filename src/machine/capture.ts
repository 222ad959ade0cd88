// What the kernel of a captured machine decided. A capture is a directory: the firmware, `pci/`, and
// `expected.json`, in which sysfs, the kernel log and a trace of the boot are re-arranged.

import { EPROBE_DEFER, type IommuHardware, type Kconfig } from '../linux/index.ts';
import { asList, asObject, asOptionalText, asText, type JsonObject, parseObject } from './json.ts';
import { parseKconfig } from './kconfig-file.ts';
import { hardwareInLog } from './kernel-log.ts';

/** What became of one device. */
export interface CapturedDevice {
  readonly name: string;
  readonly bus: string;
  readonly driver: string | null;
  /** Whether it waits for a supplier; undefined when the capture cannot tell. */
  readonly deferred: boolean | undefined;
  /** The device of the IOMMU that it is behind. */
  readonly iommu: string | null;
  /** The IDs that firmware gives it, in hexadecimal; null when the trace does not show them. */
  readonly ids: readonly string[] | null;
  /** A name of its group. It means nothing but that others with it are in the same one. */
  readonly group: string | null;
  /** The type of the group's default domain; undefined when the capture cannot tell. */
  readonly domain: string | null | undefined;
  /** The error that the configure path ended in; undefined when the capture cannot tell. */
  readonly errno: number | null | undefined;
}

export interface Capture {
  /** As `uname -r` prints it. */
  readonly release: string;
  readonly arch: string;
  readonly cmdline: string;
  /** What it was built with, as far as that is known. */
  readonly kconfig: Partial<Kconfig>;
  /** Modules that were loaded. */
  readonly modules: readonly string[];
  /** The time for which devices wait for suppliers had run out. */
  readonly timeoutExpired: boolean;
  readonly devices: readonly CapturedDevice[];
  /** What the kernel log says of IOMMUs' registers, by the names of their devices. */
  readonly hardware: ReadonlyMap<string, IommuHardware>;
  /** What could not be read, as a rule because it takes root. */
  readonly notCollected: readonly string[];
}

/**
 * Read the kernel's answers.
 *
 * @param config what its build wrote, where the capture has that
 * @throws FormatError when they are not in the form of a capture
 */
export function parseCapture(text: string, config: string | null = null): Capture {
  const root = parseObject(text, 'capture');
  const release = asText(root.kernel, 'kernel');
  const cmdline = asText(root.cmdline, 'cmdline');
  const modules = asList(root.modules_loaded, 'modules_loaded').map((line) =>
    asText(line, 'modules_loaded').replace(/^ok /, ''),
  );
  const kconfig = kconfigOf(config, modules);
  return {
    release,
    arch: asText(root.arch, 'arch'),
    cmdline,
    kconfig,
    modules,
    timeoutExpired: expired(root, cmdline, kconfig),
    devices: devicesOf(root, release),
    hardware: hardwareInLog(
      asList(root.iommu_dmesg ?? [], 'iommu_dmesg').map((line) => asText(line, 'iommu_dmesg')),
    ),
    notCollected: asList(root.not_collected ?? [], 'not_collected').map((what) =>
      asText(what, 'not_collected'),
    ),
  };
}

function kconfigOf(text: string | null, modules: readonly string[]): Partial<Kconfig> {
  // Distributions build it as a module, if at all.
  const CONFIG_VIRTIO_IOMMU = modules.includes('virtio_iommu');
  return { CONFIG_VIRTIO_IOMMU, ...(text === null ? {} : parseKconfig(text, modules)) };
}

/** Seconds for which devices wait after the last driver was registered, where drivers can come late. */
const defaultTimeout = 10;
/** Seconds in which the drivers of a machine come, where nobody wrote down when they did. */
const usualBoot = 60;

/** Whether so long a time passed without a new driver. Once it has, it does not begin again. */
function expired(
  root: JsonObject,
  cmdline: string,
  { CONFIG_MODULES = true }: Partial<Kconfig>,
): boolean {
  const option = [...cmdline.matchAll(/(?:^|\s)deferred_probe_timeout=(-?\d+)/g)].at(-1)?.[1];
  const timeout = Number(option ?? (CONFIG_MODULES ? defaultTimeout : 0));
  if (timeout <= 0) return timeout === 0;
  const final = Number(asText(root.guest_uptime_at_final, 'guest_uptime_at_final'));
  const times = [...loadsOf(root), final];
  return times.some((time, i) => time - (times[i - 1] ?? time) > timeout);
}

/** When modules were loaded. */
function loadsOf(root: JsonObject): number[] {
  if (root.steps === undefined) return [usualBoot];
  return asList(root.steps, 'steps')
    .map((step) => /^([\d.]+) load /.exec(asText(step, 'steps'))?.[1])
    .filter((time) => time !== undefined)
    .map(Number);
}

function devicesOf(root: JsonObject, release: string): CapturedDevice[] {
  const groups = asObject(root.groups, 'groups');
  const iommus = asObject(root.iommus, 'iommus');
  const ids = root.fwspec_ids === undefined ? {} : asObject(root.fwspec_ids, 'fwspec_ids');
  const errnos = errnosOf(root, release);
  const deferred = deferredOf(root);
  return asList(root.devices, 'devices').map((value) => {
    const device = asObject(value, 'devices');
    const name = asText(device.name, 'name');
    const iommu = asOptionalText(device.iommu, 'iommu');
    const group = asOptionalText(device.group, 'group');
    return {
      name,
      bus: asText(device.bus, 'bus'),
      driver: asOptionalText(device.driver, 'driver'),
      deferred: deferred?.has(name),
      iommu: iommu === null ? null : deviceOfIommu(iommu, asObject(iommus[iommu], iommu)),
      ids: idsOf(ids[name]),
      group,
      domain: group === null ? null : typeOf(asObject(groups[group], group)),
      errno: errnos === null ? undefined : (errnos.get(name) ?? null),
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

const configures = [
  'of_iommu_configure',
  'acpi_iommu_configure_id',
  'iort_iommu_configure_id',
  'viot_iommu_configure',
];

/** What the last call for each device returned, if that is an error. Null when that cannot be seen. */
function errnosOf(root: JsonObject, release: string): Map<string, number> | null {
  const [major = 0, minor = 0] = release.split('.').map(Number);
  // Before v6.8 of_iommu_configure() returns a pointer, and NULL for most errors.
  if (root.configure_calls === undefined || major < 6 || (major === 6 && minor < 8)) return null;
  const calls = asList(root.configure_calls, 'configure_calls').map((call) =>
    asObject(call, 'configure_calls'),
  );
  // What begins so late has lost what came before: PCI host bridges do not wait for modules.
  const [firstLoad = Number.POSITIVE_INFINITY] = loadsOf(root);
  if (calls.every(({ t }) => typeof t === 'number' && t > firstLoad)) return null;
  const errnos = new Map<string, number>();
  for (const { fn, dev, ret } of calls) {
    if (!configures.includes(asText(fn, 'fn')) || typeof dev !== 'string') continue;
    if (typeof ret !== 'number' || ret >= 0 || ret === -EPROBE_DEFER) errnos.delete(dev);
    else errnos.set(dev, ret);
  }
  return errnos;
}
