// Devices of other shapes on Linux 6.1.192's own C (tools/linux-ir.sh compiles it), against what the model says.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { linuxShapeOf } from '../../src/cli/search/linux-shape.ts';
import {
  explore,
  fingerprint,
  type Outcome,
  type Program,
  replay,
} from '../../src/explore/index.ts';
import { defaultKconfig } from '../../src/linux/index.ts';
import {
  decodeTokenLinux,
  driverCoreFiles,
  encodeTokenLinux,
  type LinuxScenario,
  type LinuxShape,
  linuxScenarios,
} from '../../src/linux-c/index.ts';
import { Module } from '../../src/llvm/index.ts';
import { type Shape, shapesByDevice } from '../../src/machine/index.ts';
import { type AskedShape, builtinShape, programOf, scenarioOf } from '../../src/scenarios/index.ts';
import { designOf } from '../../src/series/index.ts';
import { machineOf } from '../machine/capture/packed-captures.ts';

const folder = fileURLToPath(new URL('../../.cache/linux-6.1/ir/', import.meta.url));
const isThere = existsSync(`${folder}klist.ll`) && existsSync(`${folder}rbtree.ll`);
const driver = 'arm-smmu-v3';
const tasks = ['CPU0  driver bind: really_probe()', 'CPU1  iommu_device_register()'];

const modules = new Map<string, Module>();
function moduleOf(file: string): Module {
  const name = file.replace(/^.*\/(.*)\.c$/, '$1.ll');
  const known = modules.get(name) ?? new Module(readFileSync(folder + name, 'latin1'), name);
  modules.set(name, known);
  return known;
}

function programIn(name: string, shape: LinuxShape | null): Program {
  const usual = linuxScenarios.get(name) as LinuxScenario;
  const { files, drivers, program } = shape === null ? usual : usual.of(shape);
  const all = new Set([...files, ...driverCoreFiles, ...(drivers?.get(driver) ?? [])]);
  return program([...all].map(moduleOf), { driver });
}

function inC(name: string, shape: Shape): Outcome {
  return explore(programIn(name, linuxShapeOf(shape)), { maxExecutions: 5_000 });
}

function inModel(name: string, shape: Shape): Outcome {
  return explore(programOf(scenarioOf(name), designOf('v6.1'), defaultKconfig, shape));
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

/** A device of a captured machine. */
function captured(capture: string, name: string): Shape {
  const machine = machineOf(capture);
  const shapes = shapesByDevice(machine, designOf('v6.1'), defaultKconfig);
  const [, shape] = [...shapes].find(([of]) => of.name === name) ?? [];
  if (shape === undefined || typeof shape === 'string') throw new Error(`${name}: ${shape}`);
  return shape;
}

const shapes: readonly (readonly [string, scenario: string, AskedShape])[] = [
  ['three IDs', 'cover-letter', { ids: [[1, 2, 3]] }],
  ['two IOMMUs', 'cover-letter', { iommus: 2 }],
  ['an IOMMU of two cells', 'cover-letter', { cells: 2 }],
  ['AMBA', 'cover-letter', { bus: 'amba' }],
  ['AMBA', 'rebind', { bus: 'amba' }],
  ['PCI', 'cover-letter', { bus: 'pci' }],
  ['PCI, by two requester IDs', 'cover-letter', { bus: 'pci', ids: [[1, 2]] }],
  ['PCI', 'two-clients', { bus: 'pci' }],
  ['PCI', 'hotplug', { bus: 'pci' }],
];

const devices: readonly (readonly [capture: string, name: string])[] = [
  ['dtb-plat-amba-k6.1', '9030000.pl061'],
  ['dtb-plat-two-k6.1', 'a000000.virtio_mmio'],
  ['dtb-map-offset-k6.1', '0000:00:02.0'],
];

test(isThere ? 'the IR is there' : 'not compared: tools/linux-ir.sh has not run', () => {
  expect(existsSync(`${folder}done`) || !isThere).toBe(true);
});

/** Both complete, with the same found but for what the model has a property of and C has not. */
function compared(name: string, shape: Shape): Outcome {
  const [real, model] = [inC(name, shape), inModel(name, shape)];
  expect([real.complete, model.complete]).toEqual([true, true]);
  const found = Object.entries(foundIn(model)).filter(([what]) => !what.endsWith(tooMuch));
  expect(foundIn(real)).toEqual(Object.fromEntries(found));
  return real;
}

/** Of IDs at several IOMMUs, which is at which: the C counts them. */
const tooMuch = '(the base does it too)';

describe.skipIf(!isThere)('a device of another shape in Linux 6.1.192 and in the model', () => {
  test.each(shapes)('%s, %s: the same, with as few preemptions', (_what, name, asked) => {
    compared(name, builtinShape(scenarioOf(name), driver, null, asked));
  });

  test.each(devices)(
    'of the capture %s, %s: the same, and a token of it replays',
    (capture, name) => {
      const shape = captured(capture, name);
      const { bugs } = compared('cover-letter', shape);
      expect(bugs.length).toBeGreaterThan(0);
      for (const { id, schedule } of bugs) {
        const what = {
          ...{ scenario: 'cover-letter', arch: 'arm64', llvm: '14', level: 'source', files: [] },
          ...{ driver, shape: linuxShapeOf(shape), digest: '0123abcd', schedule, bug: id },
        };
        const token = decodeTokenLinux(encodeTokenLinux(what, tasks));
        expect(token.shape).toEqual(what.shape);
        const { failures } = replay(programIn('cover-letter', token.shape), token.schedule);
        expect(failures.map(fingerprint)).toContain(id);
      }
    },
  );
});
