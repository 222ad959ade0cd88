import type { Program } from '../../explore/index.ts';
import type { Module } from '../../llvm/index.ts';
import type { Exploration } from '../../report/index.ts';
import type { LinuxBuild } from '../input/linux-tree.ts';
import type { Interruption } from '../search/request.ts';
import { livingOn, type Manner, searchProgram } from '../search/search.ts';

/** A scenario that a kernel's own C takes part in. */
export interface CScenario {
  readonly name: string;
  readonly title: string;
  /** The files that are linked. */
  readonly files: readonly string[];
  program(modules: readonly Module[]): Program;
}

/** What came of exploring a scenario in one of the trees. Plain data, but for what it is asked for. */
export interface Ran {
  readonly exploration: Exploration;
  /** For each module the functions that were called. */
  readonly called: readonly (readonly string[])[];
}

/** One exploration that can be handed to a thread: names and plain data only. */
export interface RunRequest {
  readonly tree: string;
  readonly build: Pick<LinuxBuild, 'arch' | 'llvm' | 'level'>;
  readonly overlay: string | null;
  readonly scenario: string;
  /** The IOMMU driver that is run as C; null for one by hand. */
  readonly driver: string | null;
  readonly manner: JudgeManner;
}

export type JudgeManner = Pick<Manner, 'maxExecutions' | 'maxSeconds' | 'ignore'>;

/** Explore a scenario; nothing else may explore these modules meanwhile. */
export async function run(
  scenario: CScenario,
  modules: readonly Module[],
  manner: JudgeManner,
  interruption: Interruption,
  progress: (text: string) => void,
): Promise<Ran> {
  for (const module of modules) module.called.clear();
  const program = livingOn(scenario.program(modules), interruption);
  const how = { histogram: false, crossCheck: false, random: null, cover: true } as const;
  const whole = { ...manner, ...how, explain: 'none', causes: true } as const;
  const found = await searchProgram(program, whole, interruption, progress, () => null);
  // Causes are looked for now: that calls functions, too, and only those that were called.
  const outcome = { ...found.outcome, causes: found.outcome.causes };
  return {
    exploration: { kernel: null, scenario: scenario.name, ...found, outcome },
    called: modules.map((module) => [...module.called]),
  };
}
