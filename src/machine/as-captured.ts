import type { Kconfig } from '../linux/index.ts';
import type { BootOptions } from './boot.ts';
import type { Capture } from './capture.ts';
import { type KernelOptions, kconfigFor } from './kconfig.ts';
import type { Machine } from './machine.ts';

/** What to boot, and how. */
export interface CapturedBoot {
  readonly machine: Machine;
  readonly config: Kconfig;
  readonly options: BootOptions;
}

/** The machine and its kernel with all that a capture knows, short of what the kernel decided. */
export function asCaptured(
  machine: Machine,
  { hardware, kconfig, cmdline, timeoutExpired }: Capture,
  asked: KernelOptions,
): CapturedBoot {
  const config = kconfigFor(machine, {
    kconfig: { ...kconfig, ...asked.kconfig },
    cmdline: `${cmdline} ${asked.cmdline}`,
  });
  return {
    machine: { ...machine, hardware },
    config,
    options: { deferredProbeTimeoutExpired: timeoutExpired },
  };
}
