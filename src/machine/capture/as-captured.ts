import type { Design, Kconfig } from '../../linux/index.ts';
import { assume } from '../assumptions.ts';
import type { BootOptions } from '../boot/boot.ts';
import { assumedKernel, asTold, type KernelOptions, kconfigFor } from '../boot/kconfig.ts';
import type { Machine } from '../machine.ts';
import type { Capture } from './capture.ts';
import { planOf } from './plan.ts';

/** What to boot, and how. */
export interface CapturedBoot {
  readonly machine: Machine;
  readonly config: Kconfig;
  readonly options: BootOptions;
}

/** The order in which modules came is known, when they did is not. */
function assumedTimes({ modules, steps }: Capture): string[] {
  return modules.length > 0 && steps.length === 0 ? [assume('module-times')] : [];
}

/** The machine and its kernel with all that a capture knows, short of what the kernel decided. */
export function asCaptured(
  machine: Machine,
  capture: Capture,
  design: Design,
  asked: KernelOptions,
): CapturedBoot {
  const cmdline = asked.cmdline ?? capture.cmdline;
  const told = { kconfig: { ...capture.kconfig, ...asked.kconfig }, cmdline };
  const config = kconfigFor(machine, told, design);
  const known = {
    ...asTold(machine, cmdline, config, design),
    hardware: new Map([...(machine.hardware ?? []), ...capture.hardware]),
  };
  return {
    machine: known,
    config,
    options: {
      ...(capture.partial ? {} : { plan: planOf(known, capture, config, design.release) }),
      assumes: [...assumedKernel(machine, told, config), ...assumedTimes(capture)],
    },
  };
}

/** The machine as somebody asks about it, with what a capture knows where there is one. */
export function asAsked(
  machine: Machine,
  capture: Capture | null,
  design: Design,
  asked: KernelOptions,
): CapturedBoot {
  if (capture !== null) return asCaptured(machine, capture, design, asked);
  const config = kconfigFor(machine, asked, design);
  const told = asTold(machine, asked.cmdline, config, design);
  return { machine: told, config, options: { assumes: assumedKernel(machine, asked, config) } };
}
