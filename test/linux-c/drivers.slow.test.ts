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

const alone = 'device works without its IOMMU';
const refused = 'IOMMU does not register because of a client';
const removed = 'remove_iommu_group() uses dev_iommu after it was freed (5)';
const removedNull = 'dev->iommu is NULL in remove_iommu_group() (5)';

const behind: readonly (readonly [version: string, driver: string, bugs: readonly string[]])[] = [
  ['6.1', 'arm-smmu-v3', [`${alone} (1)`]],
  ['6.1', 'virtio-iommu', [`${alone} (1)`]],
  ['6.1', 'arm-smmu', [`${refused} (1)`, removedNull, removed]],
  // It finds its instance in of_xlate(), so that the client waits for no registration.
  ['6.1', 'apple-dart', []],
  ['6.12', 'arm-smmu-v3', [`${alone} (1)`]],
  ['6.12', 'virtio-iommu', [`${alone} (1)`]],
  ['6.12', 'arm-smmu', [`${refused} (2)`]],
  ['6.12', 'apple-dart', []],
  // Since v6.14 they find what is not bound yet.
  ['7.3', 'arm-smmu-v3', []],
  ['7.3', 'virtio-iommu', []],
  ['7.3', 'arm-smmu', []],
];
const there = behind.filter(([version]) => isThere(version));

test(there.length > 0 ? 'the IR is there' : 'not compared: tools/linux-ir.sh has not run', () => {
  expect(there.length === 0).toBe(!['6.1', '6.12', '7.3'].some(isThere));
});

describe.skipIf(there.length === 0)('the race of the cover letter', () => {
  test.each(there)('in Linux %s behind %s', (version, driver, bugs) => {
    const real = inC(version, 'cover-letter', driver);
    expect([real.complete, found(real)]).toEqual([true, bugs]);
    // More of the kernel runs than with a driver by hand.
    const stub = inC(version, 'cover-letter', null);
    expect(real.transitions / real.executions).toBeGreaterThan(stub.transitions / stub.executions);
  });
});

describe.skipIf(!isThere('6.1'))(
  'what SMMUv2 of Linux 6.1.192 does to a registration (CVE-2024-56568)',
  () => {
    test('is what the model has, with as few preemptions', () => {
      const scenario = scenarioOf('cover-letter');
      const shape = builtinShape(scenario, 'arm-smmu');
      const model = explore(programOf(scenario, designOf('v6.1'), defaultKconfig, shape));
      const use = (outcome: Outcome): string[] => found(outcome).filter((bug) => bug === removed);
      expect(use(inC('6.1', 'cover-letter', 'arm-smmu'))).toEqual(use(model));
      expect(use(model)).toEqual([removed]);
      expect(found(model)).toContain(`${alone} (1)`);
    });
  },
);

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

    test('is refused by the driver by hand, too: it keeps what it knows of a device', () => {
      const byDriver = inC('6.1', 'partial-fwspec', 'arm-smmu-v3');
      const byHand = inC('6.1', 'partial-fwspec', null);
      expect(byHand.bugs.find(({ kind }) => kind === 'warn')).toMatchObject({
        function: 'stub_probe_device',
        preemptions: 1,
      });
      const core = (outcome: Outcome): string[] =>
        found(outcome).filter((title) => !/stub_|arm_smmu_/.test(title));
      expect([byHand.complete, core(byHand)]).toEqual([true, core(byDriver)]);
    });
  },
);
