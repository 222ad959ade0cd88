// Scenarios on Linux 6.1.192's own C, its driver core and its arm-smmu-v3 included, against what the model says.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { explore, type Outcome } from '../../src/explore/index.ts';
import { defaultKconfig } from '../../src/linux/index.ts';
import { driverCoreFiles, type LinuxScenario, linuxScenarios } from '../../src/linux-c/index.ts';
import { Module } from '../../src/llvm/index.ts';
import { builtinShape, programOf, scenarioOf } from '../../src/scenarios/index.ts';
import { designOf } from '../../src/series/index.ts';

const folder = fileURLToPath(new URL('../../.cache/linux-6.1/ir/', import.meta.url));
const isThere = existsSync(`${folder}klist.ll`) && existsSync(`${folder}rbtree.ll`);
const driver = 'arm-smmu-v3';

const modules = new Map<string, Module>();
function moduleOf(file: string): Module {
  const name = file.replace(/^.*\/(.*)\.c$/, '$1.ll');
  const known = modules.get(name) ?? new Module(readFileSync(folder + name, 'latin1'), name);
  modules.set(name, known);
  return known;
}

function inC(name: string): Outcome {
  const { files, drivers, program } = linuxScenarios.get(name) as LinuxScenario;
  const all = new Set([...files, ...driverCoreFiles, ...(drivers?.get(driver) ?? [])]);
  return explore(program([...all].map(moduleOf), { driver }), { maxExecutions: 5_000 });
}

function inModel(name: string): Outcome {
  const scenario = scenarioOf(name);
  const shape = builtinShape(scenario, null);
  return explore(programOf(scenario, designOf('v6.1'), defaultKconfig, shape));
}

/** Kinds and broken properties, each with its fewest preemptions; races apart. */
function foundIn({ bugs }: Outcome): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { kind, title, preemptions } of bugs) {
    const name = kind === 'property' ? title : kind;
    if (kind !== 'data-race') found[name] = Math.min(found[name] ?? preemptions, preemptions);
  }
  return found;
}

test(isThere ? 'the IR is there' : 'not compared: tools/linux-ir.sh has not run', () => {
  expect(existsSync(`${folder}done`) || !isThere).toBe(true);
});

/** What both do is the same, and so are the classes of executions. */
const alike: readonly string[] = ['cover-letter', 'two-clients', 'rebind'];

describe.skipIf(!isThere)('both drivers bind in Linux 6.1.192 as in the model of v6.1', () => {
  test.each(['cover-letter', 'two-clients', 'hotplug', 'rebind'])(
    '%s shows the same, with as few preemptions',
    (name) => {
      const [real, model] = [inC(name), inModel(name)];
      expect([real.complete, model.complete]).toEqual([true, true]);
      expect(foundIn(real)).toEqual(foundIn(model));
      // Elsewhere C takes a lock besides: docs/reference/model-vs-source.md says which.
      if (alike.includes(name)) expect(real.executions).toBe(model.executions);
    },
  );

  // The group is got when its last reference has gone and it is not freed yet: its count is wrong from then on, and
  // lib/refcount.c sees to it that it is not released twice.
  test('remove-device shows the same, a count of references that is wrong among it', () => {
    const real = foundIn(inC('remove-device'));
    expect(real).toEqual(foundIn(inModel('remove-device')));
    expect(real).toMatchObject({ refcount: 2, 'double-free': 3 });
  });

  // remove_iommu_group() reads dev->iommu twice in C, to test it and to follow it; once in the model.
  test('failed-registration shows the same, and NULL where C reads a pointer twice', () => {
    const { 'null-deref': twice, ...real } = foundIn(inC('failed-registration'));
    expect(real).toEqual(foundIn(inModel('failed-registration')));
    expect(twice).toBe(3);
  });
});
