// The race of the cover letter in Linux's own C (6.1.192, arm64; tools/linux-ir.sh compiles it), against what
// the model of v6.1 and of v6.7-rc1 says.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type Bug, explore, type Outcome } from '../../src/explore/index.ts';
import { defaultKconfig } from '../../src/linux/index.ts';
import { type LinuxScenario, linuxScenarios } from '../../src/linux-c/index.ts';
import { Module } from '../../src/llvm/index.ts';
import { builtinShape, programOf, scenarioOf } from '../../src/scenarios/index.ts';
import { designOf } from '../../src/series/index.ts';

const folderOf = (version: string): string =>
  fileURLToPath(new URL(`../../.cache/linux-${version}/ir/`, import.meta.url));
const isThere = existsSync(`${folderOf('6.1')}done`);

function inC(version: string, ...files: readonly string[]): Outcome {
  const modules = files.map(
    (file) => new Module(readFileSync(folderOf(version) + file, 'latin1'), file),
  );
  return explore((linuxScenarios.get('cover-letter') as LinuxScenario).program(modules));
}

function inModel(kernel: string): Outcome {
  const scenario = scenarioOf('cover-letter');
  const shape = builtinShape(scenario, null);
  return explore(programOf(scenario, designOf(kernel), defaultKconfig, shape));
}

/** Kinds with the fewest preemptions that each needs; races apart. */
function kindsOf({ bugs }: Outcome): Record<string, number> {
  const kinds: Record<string, number> = {};
  for (const { kind, preemptions } of bugs)
    if (kind !== 'data-race') kinds[kind] = Math.min(kinds[kind] ?? preemptions, preemptions);
  return kinds;
}

const places = ({ bugs }: Outcome, kind: Bug['kind']): string[] =>
  bugs.filter((bug) => bug.kind === kind).map((bug) => bug.function);

test(isThere ? 'the IR is there' : 'not compared: tools/linux-ir.sh has not run', () => {
  expect(existsSync(`${folderOf('6.1')}iommu.ll`)).toBe(isThere);
});

describe.skipIf(!isThere)('of_iommu_configure() beside iommu_device_register()', () => {
  test('as Linux 6.1.192 has it: what the model of v6.1 says, and nothing else', () => {
    const real = inC('6.1', 'iommu.ll', 'of_iommu.ll');
    const model = inModel('v6.1');
    expect([real.complete, model.complete]).toEqual([true, true]);
    expect(real.bugs).toHaveLength(2);
    expect(kindsOf(real)).toEqual({ property: 1 });
    expect(kindsOf(real)).toEqual(kindsOf(model));
    expect(real.bugs[1]).toMatchObject({
      kind: 'data-race',
      object: expect.stringMatching(/platform_bus_type.iommu_ops$/),
    });
  });

  test('an error of ours ends the search instead of being a bug of the kernel', () => {
    const module = new Module(readFileSync(`${folderOf('6.1')}iommu.ll`, 'latin1'), 'iommu.ll');
    const { program } = linuxScenarios.get('cover-letter') as LinuxScenario;
    expect(program([module]).interprets).toBe(true);
  });

  test('without the probe lock: the crashes that the model of v6.7-rc1 has', () => {
    const real = inC('6.1', 'iommu.ll', 'of_iommu-unlocked.ll');
    const model = inModel('v6.7-rc1');
    expect([real.complete, model.complete]).toEqual([true, true]);
    expect(kindsOf(real)).toEqual({
      'null-deref': 1,
      'use-after-free': 1,
      leak: 1,
      property: 1,
    });
    expect(kindsOf(real)).toEqual(kindsOf(model));
    // The crash of the cover letter: dev->iommu is NULL where the fwspec is stored.
    expect(real.bugs[0]).toMatchObject({
      kind: 'null-deref',
      function: 'iommu_fwspec_init',
      object: 'dev->iommu',
      preemptions: 1,
    });
    expect(real.bugs[0]?.message).toMatch(/include\/linux\/iommu\.h:\d+$/);
    expect(places(real, 'leak').sort()).toEqual(['dev_iommu_get', 'iommu_fwspec_init']);
    // C reads dev->iommu twice in dev_iommu_fwspec_get(), the model once, as a compiler does.
    const nulls = places(real, 'null-deref').filter((where) => where !== 'iommu_fwspec_add_ids');
    expect(places(model, 'null-deref')).toEqual(expect.arrayContaining(nulls));
  });
});

// Debian's bookworm has no linux-source-6.12: who has it runs tools/linux-ir.sh 6.12.
describe.skipIf(!existsSync(`${folderOf('6.12')}done`))('the same in Linux 6.12', () => {
  test('is what the model of v6.12 says, without a data race', () => {
    const real = inC('6.12', 'iommu.ll', 'of_iommu.ll');
    const model = inModel('v6.12');
    expect([real.complete, model.complete]).toEqual([true, true]);
    expect([kindsOf(real), real.bugs.length]).toEqual([{ property: 1 }, 1]);
    expect([kindsOf(model), model.bugs.length]).toEqual([{ property: 1 }, 1]);
  });
});
