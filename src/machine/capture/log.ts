// What a kernel log says of devices and their groups.

import type { DomainType } from '../../linux/index.ts';

/** Of a device: only what some line tells. */
export interface LoggedDevice {
  readonly group?: string | null;
  readonly deferred?: boolean;
}

export interface KernelLog {
  /** As `uname -r` prints it; null where the log does not begin with the boot. */
  readonly release: string | null;
  readonly cmdline: string | null;
  readonly devices: ReadonlyMap<string, LoggedDevice>;
  /** The type of domain that devices get where nothing else is known of them. */
  readonly defaultDomain: DomainType | null;
  /** The lines, without what stands before the message. */
  readonly lines: readonly string[];
}

/** What may stand before a message, in any order: levels, times, the task, the host of a journal. */
const before = [
  /<\d{1,4}>/,
  /\d{1,4},\d+,\d+,[^;]{1,40};/, // as /dev/kmsg has it
  /kern {0,4}:\w{1,8} {0,4}: {0,4}/,
  /\[[^\]]{0,40}\d[.:]\d[^\]]{0,20}\]\s?/,
  /\[ {0,9}[TC]\d{1,9}\]\s?/,
  /(?:(?:\w{3} [ \d]\d [\d:.]{8,15}|\w{3} [\d-]{10} [\d:.]{8,15} \w+|[\d-]{10}T\S{8,30}|\d{9,12}\.\d+) )?[\w.-]{1,255} kernel: /,
];
const prefix = new RegExp(`^(?:${before.map(({ source }) => source).join('|')}){0,5}`);

/** Whether something stands before the message, as in a log. */
export function isLogLine(line: string): boolean {
  return prefix.exec(line)?.[0] !== '';
}

const release = /^Linux version (\d+\.\d+\S*)/;
const cmdline = /^(?:Kernel command line|Command line): (.*?)\s*$/;
const member = /^\S+ (\S+): (Adding to|Removing from|Failed to add to) iommu group (\d+)/;
const waits = /^\S+ (\S+): deferred probe pending/;
const type = /^iommu: Default domain type: (Translated|Passthrough)/;
const policy = /^iommu: DMA domain TLB invalidation policy: (lazy|strict) mode/;

/** Null for a text in which nothing of this is told. */
export function readKernelLog(text: string): KernelLog | null {
  const lines = text.split(/\r?\n/).map((line) => line.replace(prefix, ''));
  const devices = new Map<string, LoggedDevice>();
  let told: Pick<KernelLog, 'release' | 'cmdline'> = { release: null, cmdline: null };
  let translated: boolean | null = null;
  let lazy: boolean | null = null;
  for (const line of lines) {
    const [, version] = release.exec(line) ?? [];
    if (version !== undefined) told = { ...told, release: version };
    const [, options] = cmdline.exec(line) ?? [];
    if (options !== undefined) told = { ...told, cmdline: options };
    const [, name = '', what, group = null] = member.exec(line) ?? [];
    if (what !== undefined)
      devices.set(name, { ...devices.get(name), group: what === 'Adding to' ? group : null });
    const [, waiting] = waits.exec(line) ?? [];
    if (waiting !== undefined) devices.set(waiting, { ...devices.get(waiting), deferred: true });
    const [, domain] = type.exec(line) ?? [];
    if (domain !== undefined) translated = domain === 'Translated';
    const [, mode] = policy.exec(line) ?? [];
    if (mode !== undefined) lazy = mode === 'lazy';
  }
  const flushed = lazy === null ? null : lazy ? 'DMA-FQ' : 'DMA';
  const defaultDomain = translated === false ? 'identity' : translated === null ? null : flushed;
  const nothing = told.release === null && devices.size === 0 && defaultDomain === null;
  return nothing ? null : { ...told, devices, defaultDomain, lines };
}
