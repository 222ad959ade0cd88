// How the kernel of a machine is configured, where nobody says otherwise.

import {
  defaultKconfig,
  foreignOptions,
  type Kconfig,
  withCommandLine,
  x86Kconfig,
} from '../../linux/index.ts';
import type { Machine } from '../machine.ts';

/** What somebody says about the kernel. */
export interface KernelOptions {
  readonly kconfig: Partial<Kconfig>;
  /** Null for the one that firmware hands over. */
  readonly cmdline: string | null;
}

/** What distributions build for such machines, with these options in their place. */
export function kconfigFor(
  { architecture, bootargs = '' }: Pick<Machine, 'architecture' | 'bootargs'>,
  { kconfig, cmdline }: KernelOptions,
): Kconfig {
  const usual = architecture === 'x86' ? { ...defaultKconfig, ...x86Kconfig } : defaultKconfig;
  return withCommandLine(cmdline ?? bootargs, { ...usual, ...kconfig });
}

/** The machine, with what on its command line no release of Linux knows. */
export function withForeignOptions(machine: Machine, cmdline: string | null): Machine {
  const found = foreignOptions(cmdline ?? machine.bootargs ?? '');
  return found.length === 0 ? machine : { ...machine, foreignOptions: found };
}
