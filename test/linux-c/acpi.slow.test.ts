// The race of the cover letter where ACPI names the IOMMU, in Linux's own C (tools/linux-ir.sh compiles it) with
// its driver core, against what the model of that kernel says.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { explore, type Outcome } from '../../src/explore/index.ts';
import { defaultKconfig } from '../../src/linux/index.ts';
import { driverCoreFiles, type LinuxScenario, linuxScenarios } from '../../src/linux-c/index.ts';
import { Module } from '../../src/llvm/index.ts';
import { builtinShape, programOf, scenarioOf } from '../../src/scenarios/index.ts';
import { designOf } from '../../src/series/index.ts';

const folderOf = (version: string): string =>
  fileURLToPath(new URL(`../../.cache/linux-${version}/ir/`, import.meta.url));
const isThere = (version: string): boolean => existsSync(`${folderOf(version)}viot.ll`);

const modules = new Map<string, Module>();
function moduleOf(version: string, file: string): Module {
  const at = folderOf(version) + file;
  const known = modules.get(at) ?? new Module(readFileSync(at, 'latin1'), file);
  modules.set(at, known);
  return known;
}

function inC(version: string, name: string, leftOut: readonly string[] = [], lock = ''): Outcome {
  const { files, program } = linuxScenarios.get(name) as LinuxScenario;
  const linked = files
    .filter((path) => !leftOut.includes(path))
    .map((path) => path.replace(/^.*\/(.*)\.c$/, '$1'))
    .map((base) => moduleOf(version, `${base}${base === 'scan' ? lock : ''}.ll`));
  return explore(program(linked), { maxExecutions: 1000 });
}

function inModel(kernel: string, name: string): Outcome {
  const scenario = scenarioOf(name);
  const shape = builtinShape(scenario, null);
  return explore(programOf(scenario, designOf(kernel), defaultKconfig, shape));
}

/** Kinds and titles with the fewest preemptions that each needs; of crashes, in which function. */
function found({ bugs }: Outcome): string[] {
  const fewest = new Map<string, number>();
  for (const { kind, title, function: where, preemptions } of bugs) {
    const key = kind === 'property' ? title : kind === 'warn' ? `warning in ${where}()` : kind;
    fewest.set(key, Math.min(fewest.get(key) ?? preemptions, preemptions));
  }
  return [...fewest].map(([key, preemptions]) => `${key} (${preemptions})`).sort();
}

const kernels: readonly (readonly [version: string, kernel: string, bugs: readonly string[]])[] = [
  ['6.1', 'v6.1', ['data-race (1)', 'device works without its IOMMU (1)']],
  ['6.12', 'v6.12', ['device works without its IOMMU (1)']],
  [
    '7.3',
    'v7.3',
    [
      'data-race (0)',
      'device works without its IOMMU (1)',
      'driver works in a group it never claimed (1)',
      'warning in __iommu_probe_device() (1)',
    ],
  ],
];
const there = kernels.filter(([version]) => isThere(version));

test(there.length > 0 ? 'the IR is there' : 'not compared: tools/linux-ir.sh has not run', () => {
  expect(there.length === 0).toBe(!['6.1', '6.12', '7.3'].some(isThere));
});

describe.skipIf(there.length === 0).each(['bind-iort', 'bind-viot'])('%s', (name) => {
  test.each(there)('in Linux %s with its driver core is what the model of %s says', (...row) => {
    const [version, kernel, bugs] = row;
    const real = inC(version, name);
    const model = inModel(kernel, name);
    expect([real.complete, found(real)]).toEqual([true, bugs]);
    expect([model.complete, found(model)]).toEqual([true, bugs]);
    // What C does besides makes no more classes of executions.
    expect(real.executions).toBe(model.executions);
  });

  test.skipIf(!isThere('6.1'))(
    'without the probe lock crashes as the model of v6.7-rc1 does',
    () => {
      const real = inC('6.1', name, driverCoreFiles, '-unlocked');
      const bugs = [
        'data-race (0)',
        'device works without its IOMMU (1)',
        'leak (1)',
        'null-deref (2)',
        'use-after-free (2)',
      ];
      expect([real.complete, found(real)]).toEqual([true, bugs]);
      expect(found(inModel('v6.7-rc1', name))).toEqual(bugs);
      // The crash of the cover letter, one preemption later than through a devicetree.
      const crash = real.bugs
        .filter(({ kind }) => kind === 'null-deref')
        .map((bug) => bug.function);
      expect(crash).toContain('iommu_fwspec_init');
    },
  );
});
