import type { Program } from '../explore/index.ts';
import type { Module } from '../llvm/index.ts';
import { coverLetter } from './cover-letter.ts';

/** What can be asked of a scenario besides its kernel. */
export interface LinuxOptions {
  /** The IOMMU driver whose operations are called; null for one by hand. */
  readonly driver?: string | null;
}

/** A scenario that a kernel's own C takes part in. */
export interface LinuxScenario {
  readonly name: string;
  readonly title: string;
  /** The kernel's files that are linked: `drivers/iommu/iommu.c`. */
  readonly files: readonly string[];
  /** @throws ModelError where the modules or the options do not do */
  program(modules: readonly Module[], options?: LinuxOptions): Program;
}

const all: readonly LinuxScenario[] = [
  {
    name: 'cover-letter',
    title: 'a client is configured while its IOMMU registers',
    files: ['drivers/iommu/iommu.c', 'drivers/iommu/of_iommu.c'],
    program: (modules) => coverLetter(modules),
  },
];

export const linuxScenarios: ReadonlyMap<string, LinuxScenario> = new Map(
  all.map((scenario) => [scenario.name, scenario]),
);
