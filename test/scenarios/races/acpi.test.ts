// Every scenario where ACPI tables describe the device: IORT, VIOT, or both.
import { describe, expect, test } from 'vitest';
import { record } from '../../../src/explore/index.ts';
import { defaultKconfig } from '../../../src/linux/index.ts';
import type { Shape } from '../../../src/machine/index.ts';
import {
  builtinShape,
  decodeToken,
  encodeToken,
  scenarioOf,
  scenarios,
  type shapeFirmwares,
  unfit,
} from '../../../src/scenarios/index.ts';
import { explored, programFor, subject, summary } from './explored.ts';

const tables = ['iort', 'viot', 'iort+viot'] as const;

/** Why each scenario that does not take a table does not. */
function refusals(firmware: (typeof shapeFirmwares)[number]): Record<string, string> {
  return Object.fromEntries(
    scenarios.flatMap((scenario) => {
      const reason = unfit(scenario, builtinShape(scenario, null, firmware));
      return reason === null ? [] : [[scenario.name, reason]];
    }),
  );
}

describe('what does not take a table has a race there under another name, or none', () => {
  const named = 'no devicetree describes the device';
  const complex =
    'by ACPI only the driver of a management complex, which IORT describes, configures DMA itself';
  test.each([
    ['iort', { 'cover-letter': named, 'bind-viot': 'VIOT does not describe the device' }],
    [
      'viot',
      {
        'cover-letter': named,
        'bind-iort': 'IORT does not describe the device',
        'second-configure': complex,
      },
    ],
    ['iort+viot', { 'cover-letter': named, 'bind-viot': 'VIOT does not describe the device' }],
  ] as const)('%s', (firmware, expected) => {
    expect(refusals(firmware)).toEqual(expected);
  });
});

describe.each(tables)('%s', (firmware) => {
  const taken = scenarios.filter(
    (scenario) => unfit(scenario, builtinShape(scenario, null, firmware)) === null,
  );

  test.each(taken.map(({ name }) => name))('%s runs, and a token keeps its shape', (name) => {
    for (const kernel of ['v6.1', 'v6.7-rc1', 'fwspec-v2', 'v6.12', 'v7.3']) {
      const of = subject(name, kernel, null, firmware);
      const { steps, tasks } = record(programFor(of), []);
      expect(tasks.length).toBeGreaterThan(0);
      expect(steps.map(({ function: called }) => called)).not.toContain('of_iommu_configure');
      const { scenario, shape } = of;
      const what = { kernel, scenario: scenario.name, config: defaultKconfig, shape };
      const token = encodeToken({ ...what, schedule: [], bug: '#00000' }, tasks);
      expect(decodeToken(token).shape).toEqual(shape);
    }
  });
});

test('two SMMUs of one IORT describe one device by two mappings', () => {
  const { shape } = subject('two-iommus', 'v7.3', 'arm-smmu-v3', 'iort');
  expect(shape).toMatchObject({
    bus: 'platform',
    firmware: 'iort',
    iommus: [{ compatible: 'arm,smmu-v3' }, { compatible: 'arm,smmu-v3' }],
  });
});

test('VIOT gives a device outside PCI one ID, so whoever has two is a PCI function', () => {
  expect(subject('partial-fwspec', 'v7.3', null, 'viot').shape.bus).toBe('pci');
  expect(subject('two-iommus', 'v7.3', null, 'viot').shape.bus).toBe('pci');
  expect(subject('rebind', 'v7.3', null, 'viot').shape.bus).toBe('platform');
});

test('IORT is asked first, and the IOMMU that VIOT names does not get the device', () => {
  for (const kernel of ['v6.7-rc1', 'v7.3']) {
    const of = subject('rebind', kernel, null, 'iort+viot');
    const { iommus } = of.shape;
    expect(iommus.map(({ compatible }) => compatible)).toEqual(['arm,smmu-v3', 'virtio,mmio']);
    expect(explored(of).verdict).toBe('clean');
  }
});

test('from v6.15 on the walk leaves what IORT says of the IOMMUs that were there, for good', () => {
  const missing = 'property a device gets all its IOMMUs and IDs end';
  const at = (kernel: string, firmware: 'iort' | 'devicetree'): string[] =>
    summary(
      explored(subject('two-iommus', kernel, 'arm-smmu-v3', firmware), { maxExecutions: 200 }),
    );
  expect(at('v7.3', 'iort')).toContain(missing);
  expect(at('v7.3', 'devicetree')).not.toContain(missing);
});

test('a machine that has both tables is told from one that has one', () => {
  const shapes = tables.map((firmware) => subject('rebind', 'v7.3', null, firmware).shape);
  expect(new Set(shapes.map((shape: Shape) => shape.firmware)).size).toBe(3);
  expect(() => builtinShape(scenarioOf('rebind'), 'apple-dart', 'iort')).toThrow(
    'iort describes no IOMMU of apple-dart',
  );
  expect(() => programFor(subject('rebind', 'v7.3', null, 'iort+viot'))).not.toThrow();
});
