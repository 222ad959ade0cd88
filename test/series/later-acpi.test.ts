// The ACPI path in the kernels after v6.7.
import { describe, expect, test } from 'vitest';
import { apply, type Design, EINVAL, EPROBE_DEFER, type errno } from '../../src/linux/index.ts';
import { designOf } from '../../src/series/index.ts';
import { idsOf, inLab, type Lab, missing, type Plan } from '../linux/lab.ts';
import { explored, subject, summary } from '../scenarios/races/explored.ts';
import { list } from './listed.ts';

const one: Plan = { iommus: ['arm-smmu-v3'], clients: [[[0, 7]]] };

/** Tables that say what the devicetree says, and then end in an error. */
function withTables(kernel: string, error: errno = 0): Design {
  return apply('with tables', designOf(kernel), {
    subject: 'made-up tables',
    replaces: {
      *parseAcpiTables(k, dev) {
        const ret = yield* k.parseIommus(dev, dev.dma_node ?? missing(), null);
        return ret ? ret : error;
      },
    },
  });
}

/** Somebody who is not the IOMMU core asks for the device, whose IOMMU is ready. */
function asked(design: Design, body: (answer: unknown, lab: Lab) => void): void {
  inLab(
    one,
    (lab) => {
      const { k, run, addAll, client } = lab;
      addAll();
      list(lab, true);
      body(
        run<unknown>(() => k.acpi_iommu_configure_id(client(), null)),
        lab,
      );
      expect(k.iommu_probe_device_lock.holder).toBeNull();
    },
    { design },
  );
}

describe('acpi_iommu_configure_id()', () => {
  test.each([
    ['v6.8', 1],
    ['v6.12', 1],
    ['v6.15', 0],
    ['v7.3', 0],
  ])('in %s probes the device that it has built a fwspec for %i times', (kernel, times) => {
    const design = withTables(kernel);
    const probed: string[] = [];
    const spy = apply('spy', design, {
      subject: 'note the replay',
      replaces: {
        *iommu_probe_device(_k, dev) {
          probed.push(dev.name);
          return 0;
        },
      },
    });
    asked(spy, (answer, { client }) => {
      expect(answer).toBe(0);
      expect(idsOf(client())).toEqual([7]);
      // device_add() has told the core about both devices before.
      expect(probed.slice(2)).toEqual(Array(times).fill(client().name));
    });
  });

  test.each(['v6.12', 'v6.15', 'v7.3'])(
    'in %s keeps what it has built when the tables end in an error',
    (kernel) => {
      asked(withTables(kernel, -EINVAL), (answer, { client }) => {
        expect(answer).toBe(-EINVAL);
        expect(idsOf(client())).toEqual([7]);
      });
    },
  );

  test.each(['v6.8', 'v6.12', 'v6.15', 'v7.3'])('in %s hands deferral on', (kernel) => {
    asked(withTables(kernel, -EPROBE_DEFER), (answer) => {
      expect(answer).toBe(-EPROBE_DEFER);
    });
  });
});

describe('a client that binds while its IOMMU registers', () => {
  const found = (scenario: string, kernel: string, driver: 'arm-smmu-v3' | 'virtio-iommu') =>
    summary(explored(subject(scenario, kernel, driver)));
  const never = 'property the device ends behind its IOMMU sometimes';
  const without = 'property a device behind an IOMMU is not left without it end';

  // The walk does not find the instance, and since v6.15 nobody asks again.
  test.each([
    ['v6.12', false],
    ['v6.15', true],
    ['v6.16', true],
    ['v7.3', false],
  ])('never gets its virtio-iommu in %s: %s', (kernel, hopeless) => {
    expect(found('bind-viot', kernel, 'virtio-iommu').includes(never)).toBe(hopeless);
  });

  // dev->driver is set: the walk takes that for a device that has been through dma_configure.
  test('can be passed over by the walk, and not be probed again, in v7.3', () => {
    expect(found('bind-iort', 'v7.3', 'arm-smmu-v3')).toContain(without);
  });
});
