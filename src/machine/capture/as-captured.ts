import type { Kconfig } from '../../linux/index.ts';
import type { BootOptions } from '../boot/boot.ts';
import {
  assumedKernel,
  type KernelOptions,
  kconfigFor,
  withForeignOptions,
} from '../boot/kconfig.ts';
import type { Machine } from '../machine.ts';
import type { Capture } from './capture.ts';
import { planOf } from './plan.ts';

/** What to boot, and how. */
export interface CapturedBoot {
  readonly machine: Machine;
  readonly config: Kconfig;
  readonly options: BootOptions;
}

/** The machine and its kernel with all that a capture knows, short of what the kernel decided. */
export function asCaptured(machine: Machine, capture: Capture, asked: KernelOptions): CapturedBoot {
  const told = {
    kconfig: { ...capture.kconfig, ...asked.kconfig },
    cmdline: asked.cmdline ?? capture.cmdline,
  };
  const config = kconfigFor(machine, told);
  const known = {
    ...withForeignOptions(machine, asked.cmdline ?? capture.cmdline),
    hardware: new Map([...(machine.hardware ?? []), ...capture.hardware]),
  };
  return {
    machine: known,
    config,
    options: {
      plan: planOf(known, capture, config),
      assumes: assumedKernel(machine, told, config),
    },
  };
}
