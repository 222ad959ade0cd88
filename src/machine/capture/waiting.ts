// Which devices the kernel gave up waiting for, as far as a capture shows it.

import type { Kconfig } from '../../linux/index.ts';
import type { Capture } from './capture.ts';

/** Seconds for which devices wait after the last driver was registered, if drivers can come late. */
const defaultTimeout = 10;

/** How long devices wait, in seconds; below 0 for ever. */
export function deferralTimeout({ deferred_probe_timeout, CONFIG_MODULES }: Kconfig): number {
  return deferred_probe_timeout ?? (CONFIG_MODULES ? defaultTimeout : 0);
}

/** What the driver core prints of a device that it does not let wait any longer. */
const givenUp = /deferred probe timeout, ignoring dependency|ignoring dependency for device/;

/** Whether the kernel log says so of any device. */
export function saysGivenUp(log: readonly string[]): boolean {
  return log.some((line) => givenUp.test(line));
}

/** The same with its time, which it prints of each device that still waits, too. */
const ranOut = /^\[\s*(\d+\.\d+)\] .*: deferred probe (?:timeout, ignoring dependency|pending)/;

/** Seconds after the start of the machine; undefined where no line of the log has a time. */
export function ranOutAt(log: readonly string[]): number | undefined {
  return log.flatMap((line) => ranOut.exec(line)?.[1] ?? []).map(Number)[0];
}

/** Whether a device came to its group when the time had run out, as far as the log shows both. */
export function joinedAfterwards(name: string, log: readonly string[]): boolean {
  const ran = ranOutAt(log);
  const line = log.find((text) => text.includes(` ${name}: Adding to iommu group`));
  const joined = /^\[\s*(\d+\.\d+)\]/.exec(line ?? '')?.[1];
  return ran !== undefined && joined !== undefined && Number(joined) >= ran - moment;
}

/** Seconds for which those who wait are tried, one after the other. */
const moment = 1;

/** Of one device; where there is no whole log, whether it has been long enough. */
export function wasGivenUp(
  name: string,
  { log, notCollected, uptime }: Pick<Capture, 'log' | 'notCollected' | 'uptime'>,
  config: Kconfig,
): boolean {
  if (saysGivenUp(log.filter((line) => line.includes(` ${name}: `)))) return true;
  const whole = log.length > 0 && !notCollected.some((what) => what.startsWith('dmesg'));
  const timeout = deferralTimeout(config);
  return !whole && timeout > 0 && uptime > timeout;
}
