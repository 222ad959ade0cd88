// What a check says of a cause is said of the device that it was found on.
import { expect, test } from 'vitest';
import { readOptions } from '../../src/cli/arguments/checked.ts';
import { judgeOf, searchesOf } from '../../src/cli/check/searches.ts';
import { defaultKconfig } from '../../src/linux/index.ts';
import type { MachineDevice, Shape } from '../../src/machine/index.ts';
import {
  type AskedShape,
  builtinShape,
  type ShapeFirmware,
  scenarioOf,
} from '../../src/scenarios/index.ts';
import { explorationOf } from '../report/small-check.ts';

/** What a check of these devices calls a cause of this bug, device by device. */
function namesOf(
  kernel: string,
  scenario: string,
  bug: string,
  shapes: readonly Shape[],
): (string | undefined)[] {
  const groups = shapes.map((shape) => ({
    shape,
    reason: null,
    devices: [{ name: shape.name } as MachineDevice],
  }));
  const searches = searchesOf(groups, kernel, readOptions(['check', 'x']), defaultKconfig).filter(
    (search) => search.scenario === scenario,
  );
  expect(searches).toHaveLength(shapes.length);
  const made = searches.map(({ devices, drivers }) => ({
    exploration: { ...explorationOf([], { scenario }), kernel },
    devices,
    drivers,
  }));
  const judge = judgeOf(searches, made);
  return made.map((search) => judge({ id: '', sites: [bug] }, search)?.name);
}

const part = 'property:a-device-gets-all-its-IOMMUs-and-IDs:end';
const wrong = 'property:a-device-gets-what-firmware-says:end';
const twice = 'null-deref:amba_dma_configure:drv';
const zeros = 'leak:iommu_fwspec_append_ids:fwspec_ids';

test.each<
  [
    what: string,
    kernel: string,
    scenario: string,
    bug: string,
    firmware: ShapeFirmware,
    asked: AskedShape,
  ]
>([
  ['ACPI', 'v7.3', 'two-iommus', part, 'iort', {}],
  ['a bus', 'v7.3', 'cover-letter', twice, 'devicetree', { bus: 'amba' }],
  ['a bridge', 'fwspec-v2', 'cover-letter', wrong, 'devicetree', { bridge: 'pcie-to-pci' }],
  ['a second ID', 'fwspec-v2', 'cover-letter', zeros, 'devicetree', { ids: [[1, 2]] }],
  ['a second IOMMU', 'v7.3', 'cover-letter', wrong, 'devicetree', { iommus: 2 }],
])('what comes of %s is said of no device without', (_what, kernel, name, bug, firmware, asked) => {
  const scenario = scenarioOf(name);
  const has = builtinShape(scenario, 'arm-smmu-v3', firmware, asked);
  const hasNot = builtinShape(scenario, 'arm-smmu-v3');
  expect(namesOf(kernel, name, bug, [has, hasNot])).toEqual([expect.any(String), undefined]);
});
