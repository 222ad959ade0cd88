// Devices that an IOMMU linked to itself when it took them, and that cannot go on without it.
import { describe, expect, test } from 'vitest';
import { defaultKconfig, withCommandLine } from '../../../src/linux/index.ts';
import { explain, inspect } from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { present } from '../../../src/util/index.ts';
import { be32, node, prop } from '../../firmware/fdt-builder.ts';
import { compatible, interrupts, machineOf, phandle, reg64 } from '../trees.ts';

const client = (address: number, id: number, mask: number) =>
  node(`a@${address.toString(16)}`, [
    compatible('a'),
    reg64(address),
    prop('iommus', be32(1, id, mask)),
  ]);

/** The second client's IDs overlap those of the first in part, which an SMMU refuses. */
const machine = machineOf([
  node('iommu@9000', [
    compatible('arm,mmu-500'),
    reg64(0x9000),
    phandle(1),
    prop('#iommu-cells', be32(2)),
    ...interrupts(4),
  ]),
  client(0x1000, 0x10, 0xf),
  client(0x2000, 0x12, 0x10),
]);

function inspected(kernel: string, commandLine: string) {
  const config = withCommandLine(commandLine, defaultKconfig);
  const { devices } = inspect(machine, designOf(kernel), config);
  return (name: string) =>
    present(
      devices.find((of) => of.name === name),
      name,
    );
}

describe('where the registration of an SMMU fails after it took a device', () => {
  test.each(['', 'fw_devlink=off', 'fw_devlink=permissive'])(
    'the device waits on v7.3: %j',
    (line) => {
      const found = inspected('v7.3', line);
      expect(found('9000.iommu').outcome).toBe('failed');
      expect(found('1000.a')).toMatchObject({ outcome: 'deferred' });
      expect(found('1000.a').reasons).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^waits for .*9000\.iommu/),
          'it goes on waiting when the deferral time-out has passed',
        ]),
      );
    },
  );

  test('explain says so', () => {
    const { steps } = explain(machine, '1000.a', designOf('v7.3'), defaultKconfig);
    expect(steps.map(({ text }) => text)).toContain(
      'its driver waits for 9000.iommu, which took it and linked it to itself, to be bound',
    );
  });

  test('the device that was refused does not', () => {
    const { reasons } = inspected('v7.3', 'fw_devlink=off')('2000.a');
    expect(reasons.join('; ')).not.toMatch(/goes on waiting/);
  });

  test.each(['v6.1', 'v6.12'])(
    'it does not fail on %s, which asks each device by itself',
    (kernel) => {
      const found = inspected(kernel, '');
      expect(found('9000.iommu').outcome).toBe('direct');
      expect(found('1000.a').outcome).toBe('translated');
    },
  );
});
