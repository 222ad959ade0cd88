import type { Program } from '../../explore/index.ts';
import {
  driverCoreFiles,
  type LinuxScenario,
  linuxScenarios,
  type ReplayableLinux,
} from '../../linux-c/index.ts';
import { type LinuxSource, linuxText } from '../../report/index.ts';
import { hintFor, UsageError } from '../../util/index.ts';
import {
  type Architecture,
  architectures,
  compileLinux,
  type Level,
  type LinuxBuild,
} from '../input/linux-tree.ts';

/** What is to be run of a tree of Linux. */
export type LinuxAsked = Pick<
  ReplayableLinux,
  'scenario' | 'arch' | 'files' | 'driver' | 'shape'
> & {
  readonly tree: string;
  /** The version of clang; null for the newest that fits. */
  readonly llvm: number | null;
  readonly level: Level;
  readonly overlay?: string | null;
  /** Told what takes long. */
  readonly note?: (text: string) => void;
  /** What ends it early. */
  readonly interruption?: LinuxBuild['interruption'];
};

/** A scenario of a tree's own C, ready to be explored. */
export interface LinuxProgram {
  readonly program: Program;
  readonly scenario: LinuxScenario;
  readonly source: LinuxSource;
  /** What people call the kernel: `Linux 6.1.192 (arm64, clang 14, source)`. */
  readonly kernel: string;
  /** Where its sources are. */
  readonly folder: string;
}

/** Stands for the files of the driver core, which the machine is made for. */
const driverCore = 'driver-core';

/** What is to be said of further files that the machine is not made for. */
export function furtherNotes(asked: readonly string[]): string[] {
  const files = asked.filter((file) => file !== driverCore && !driverCoreFiles.includes(file));
  if (files.length === 0) return [];
  const what = `What ${files.join(', ')} ${files.length === 1 ? 'defines' : 'define'} is called as C.`;
  return [`${what} The machine is by hand and may lack what that looks at.`];
}

/** What is not looked at, whatever the verdict. */
export const notLookedAt =
  'Not looked at: weak memory (accesses take effect in the order of the source), interrupts, RCU, what hardware does (MMIO), and any other configuration than this one. Locks, memory, kobjects, the firmware and what drivers do to hardware are by hand.';

/** @throws UsageError where there is no C for it */
export function scenarioInC(name: string): LinuxScenario {
  const found = linuxScenarios.get(name);
  if (found !== undefined) return found;
  throw new UsageError(
    'cli/unknown-scenario',
    `${name} cannot be run with --linux`,
    hintFor(name, [...linuxScenarios.keys()], 'those that can'),
  );
}

/** @throws UsageError where it cannot be made */
export async function linuxProgram(asked: LinuxAsked): Promise<LinuxProgram> {
  const { tree, arch, driver } = asked;
  const further = asked.files.flatMap((file) => (file === driverCore ? driverCoreFiles : [file]));
  const usual = scenarioInC(asked.scenario);
  const scenario = asked.shape === null ? usual : usual.of(asked.shape);
  const files = [...new Set([...filesBehind(scenario, driver), ...further])];
  const compiled = await compileLinux(tree, files, { ...asked, arch: built(arch) });
  const { modules, release, compiler, digest, folder } = compiled;
  const source = { release, arch, compiler, level: asked.level, files, digest };
  const program = scenario.program(modules, {
    driver,
    // Of the driver core the world by hand takes what it needs.
    further: modules.filter((_, i) => {
      const file = files[i] as string;
      return further.includes(file) && !driverCoreFiles.includes(file);
    }),
  });
  return { program, scenario, source, kernel: linuxText(source), folder };
}

/**
 * What is linked behind an IOMMU driver of the kernel, or behind one by hand.
 *
 * @throws UsageError where the scenario does not run behind it
 */
export function filesBehind(scenario: LinuxScenario, driver: string | null): readonly string[] {
  if (driver === null) return scenario.files;
  const drivers = scenario.drivers ?? new Map<string, readonly string[]>();
  const files = drivers.get(driver);
  if (files !== undefined) return [...scenario.files, ...files];
  const others = drivers.size === 0 ? '' : `it does behind ${[...drivers.keys()].join(', ')}, and `;
  throw new UsageError(
    'cli/bad-option',
    `${scenario.name} does not run behind ${driver} with --linux`,
    `${others}without --driver behind one by hand`,
  );
}

function built(arch: string): Architecture {
  const known = architectures.find((one) => one === arch);
  if (known !== undefined) return known;
  throw new UsageError('cli/bad-option', `--arch takes ${architectures.join(', ')}, not "${arch}"`);
}
