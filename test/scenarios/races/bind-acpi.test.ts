// The race of the cover letter where ACPI says which IOMMU a device sits behind.
import { describe, expect, test } from 'vitest';
import type { DriverName } from '../../../src/linux/index.ts';
import { machineOfShape, type Shape } from '../../../src/machine/index.ts';
import { builtinShape, scenarioOf, shapeDrivers } from '../../../src/scenarios/index.ts';
import { explored, type Subject, subject, summary } from './explored.ts';

const cases: readonly [string, DriverName][] = [
  ['bind-iort', 'arm-smmu'],
  ['bind-iort', 'arm-smmu-v3'],
  ['bind-viot', 'virtio-iommu'],
];

/** The same for a PCI function that a bridge gives a second requester ID. */
function pci(scenario: string, kernel: string, driver: DriverName): Subject {
  const of = subject(scenario, kernel, driver);
  const specifiers: Shape['specifiers'] = [
    { iommu: 0, args: [1] },
    { iommu: 0, args: [2] },
  ];
  return { ...of, shape: { ...of.shape, bus: 'pci', name: '0000:20:00.0', specifiers } };
}

test('each table describes the IOMMUs that it has nodes for, and no others', () => {
  const takenBy = (name: string) =>
    shapeDrivers.filter((driver) => {
      const scenario = scenarioOf(name);
      return scenario.unfit(builtinShape(scenario, driver)) === null;
    });
  expect(takenBy('bind-iort').toSorted()).toEqual(['arm-smmu', 'arm-smmu-v3']);
  expect(takenBy('bind-viot')).toEqual(['virtio-iommu']);
});

test('the driver that is taken when none is named fits', () => {
  for (const name of ['bind-iort', 'bind-viot', 'cover-letter']) {
    const scenario = scenarioOf(name);
    expect(scenario.unfit(builtinShape(scenario, null))).toBeNull();
  }
});

test.each([
  ['bind-viot', 'is a device of the namespace, whose own DMA is configured', true],
  ['bind-iort', 'is made of the table alone', false],
])('the IOMMU of %s %s', (name, _what, isDevice) => {
  const [iommu] = machineOfShape(builtinShape(scenarioOf(name), null)).iommus;
  const { fwnode = null, dma_companion = null } = iommu?.acpi ?? {};
  expect(fwnode).not.toBeNull();
  expect(dma_companion).toBe(isDevice ? fwnode : null);
});

describe.each(cases)('%s, %s', (name, driver) => {
  describe('v6.7-rc1', () => {
    const outcome = explored(subject(name, 'v6.7-rc1', driver));

    test('every execution is looked at, and there are bugs', () => {
      expect(outcome.complete).toBe(true);
      expect(outcome.verdict).toBe('bug');
    });

    test('dev->iommu is lost, and used after it was freed, as with a devicetree', () => {
      const found = summary(outcome);
      expect(found).toContain('use-after-free iommu_fwspec_init dev_iommu');
      expect(
        outcome.bugs.filter(({ kind }) => kind === 'leak').map(({ object }) => object),
      ).toEqual(expect.arrayContaining(['dev_iommu', 'iommu_fwspec']));
    });

    test('acpi_iommu_configure_id() looks at a dev->iommu that a bus walk has freed', () => {
      expect(summary(outcome)).toContain('use-after-free acpi_iommu_fwspec_ops dev_iommu');
    });
  });

  describe.each([
    ['a device of the namespace', subject(name, 'v6.7', driver)],
    ['a PCI function', pci(name, 'v6.7', driver)],
  ])('v6.7, %s', (_, of) => {
    const outcome = explored(of);

    test('every execution is looked at', () => {
      expect(outcome.complete).toBe(true);
    });

    test('what remains is that the walk meets an instance that is not bound', () => {
      expect(summary(outcome)).toEqual([
        driver === 'arm-smmu'
          ? 'null-deref arm_smmu_probe_device smmu'
          : 'property a device behind an IOMMU is not left without it end',
      ]);
    });
  });
});

describe('patch 10, which frees the fwspec after a successful probe', () => {
  /** With one ID: patch 5 loses those of a device that has two. */
  const rebound = (kernel: string) => {
    const { scenario, shape } = subject('rebind', kernel, 'arm-smmu-v3');
    const specifiers = shape.specifiers.slice(0, 1);
    return summary(
      explored({ scenario, kernel, shape: { ...shape, firmware: 'iort', specifiers } }),
    );
  };

  test('lets it be used when the device binds once more, and when another IOMMU registers', () => {
    expect(rebound('fwspec-v2/9')).toEqual([]);
    expect(rebound('fwspec-v2/10')).toEqual(
      expect.arrayContaining([
        'use-after-free __iommu_probe_device iommu_fwspec',
        'use-after-free iommu_fwspec_dealloc iommu_fwspec',
      ]),
    );
  });
});
