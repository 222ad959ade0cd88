// Linux's own IOMMU drivers in the place of one by hand (tools/linux-ir.sh compiles them): what is said of the
// core must not depend on who stands in for the driver, but for what only the driver can do wrong.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { explore, type Outcome } from '../../src/explore/index.ts';
import { defaultKconfig } from '../../src/linux/index.ts';
import { type LinuxScenario, linuxScenarios } from '../../src/linux-c/index.ts';
import { Module } from '../../src/llvm/index.ts';
import { builtinShape, programOf, scenarioOf } from '../../src/scenarios/index.ts';
import { designOf } from '../../src/series/index.ts';

const folderOf = (version: string): string =>
  fileURLToPath(new URL(`../../.cache/linux-${version}/ir/`, import.meta.url));
const isThere = (version: string): boolean => existsSync(`${folderOf(version)}done`);

const modules = new Map<string, Module>();
function moduleOf(version: string, path: string): Module {
  const file = `${(path.split('/').at(-1) as string).replace('.c', '')}.ll`;
  const at = folderOf(version) + file;
  const known = modules.get(at) ?? new Module(readFileSync(at, 'latin1'), file);
  modules.set(at, known);
  return known;
}

function inC(version: string, name: string, driver: string | null): Outcome {
  const scenario = linuxScenarios.get(name) as LinuxScenario;
  const files = [...scenario.files, ...((driver && scenario.drivers?.get(driver)) ?? [])];
  const linked = files.map((path) => moduleOf(version, path));
  return explore(scenario.program(linked, { driver }), { maxExecutions: 3000 });
}

const found = ({ bugs }: Outcome): string[] =>
  bugs
    .filter(({ kind }) => kind !== 'data-race')
    .map(({ title, preemptions }) => `${title} (${preemptions})`);

describe.each(['6.1', '6.12'])('Linux %s', (version) => {
  test.skipIf(!isThere(version))(
    'behind arm-smmu-v3: the race of the cover letter is the same',
    () => {
      const [real, stub] = ['arm-smmu-v3', null].map((driver) =>
        inC(version, 'cover-letter', driver),
      ) as [Outcome, Outcome];
      expect([real.complete, real.executions]).toEqual([true, stub.executions]);
      expect(found(real)).toEqual(['device works without its IOMMU (1)']);
      expect(found(stub)).toEqual(found(real));
      // More of the kernel runs.
      expect(real.transitions).toBeGreaterThan(stub.transitions);
    },
  );
});

describe.skipIf(!isThere('6.1'))(
  'a device that the walk of Linux 6.1.192 probes a second time',
  () => {
    const bug = 'arm_smmu_probe_device';

    test('is what arm-smmu-v3 warns of, and loses its dev->iommu: as in the model', () => {
      const real = inC('6.1', 'partial-fwspec', 'arm-smmu-v3');
      expect(real.complete).toBe(true);
      const warning = real.bugs.find(({ kind }) => kind === 'warn');
      expect(warning).toMatchObject({ function: bug, preemptions: 1 });
      expect(found(real)).toContain('device in a group loses its dev->iommu (1)');
      const scenario = scenarioOf('partial-fwspec');
      const model = programOf(
        scenario,
        designOf('v6.1'),
        defaultKconfig,
        builtinShape(scenario, null),
      );
      const inModel = explore(model, { maxExecutions: 300 });
      expect(inModel.bugs.find(({ kind }) => kind === 'warn')).toMatchObject({
        function: bug,
        preemptions: 1,
      });
    });

    test('is of no harm to a driver that does not mind', () => {
      const stub = inC('6.1', 'partial-fwspec', null);
      expect([stub.complete, found(stub)]).toEqual([true, []]);
    });
  },
);
