// How the kernel of a machine is configured, where nobody says otherwise.

import {
  defaultKconfig,
  foreignOptions,
  type Kconfig,
  withCommandLine,
  x86Kconfig,
} from '../../linux/index.ts';
import { assume } from '../assumptions.ts';
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

/** What is assumed of the kernel, because neither somebody nor its command line says it. */
export function assumedKernel(
  { bootargs }: Pick<Machine, 'bootargs'>,
  { kconfig, cmdline }: KernelOptions,
  { iommu_passthrough, iommu_strict }: Kconfig,
): string[] {
  const through = iommu_passthrough ?? kconfig.CONFIG_IOMMU_DEFAULT_PASSTHROUGH;
  const strict = through === true ? true : (iommu_strict ?? kconfig.CONFIG_IOMMU_DEFAULT_DMA_LAZY);
  return [
    ...(through === undefined || strict === undefined ? [assume('kernel-config')] : []),
    ...((cmdline ?? bootargs) === undefined ? [assume('command-line')] : []),
  ];
}
