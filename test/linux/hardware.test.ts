// What registers and hypervisors say of an IOMMU, and what its driver makes of it.
import { describe, expect, test } from 'vitest';
import { type DriverName, ENOENT, type IommuHardware } from '../../src/linux/index.ts';
import { designOf } from '../../src/series/index.ts';
import { imbalances, inLab, type Lab, type Specifier } from './lab.ts';

/** An IOMMU bound, then every client in turn. */
function behind(
  kernel: string,
  driver: DriverName,
  hardware: IommuHardware,
  clients: readonly (readonly Specifier[])[],
  body: (lab: Lab) => void,
): void {
  inLab(
    { iommus: [driver], hardware, clients },
    (lab) => {
      lab.addAll();
      lab.bind(lab.iommu());
      clients.forEach((_, i) => {
        lab.bind(lab.client(i));
      });
      body(lab);
      expect(imbalances(lab)).toEqual([]);
    },
    { design: designOf(kernel) },
  );
}

/** Which clients have a group, and which ones are bound. */
function endOf({ client }: Lab, count: number): { groups: boolean[]; bound: boolean[] } {
  const clients = Array.from({ length: count }, (_, i) => client(i));
  return {
    groups: clients.map((dev) => dev.iommu_group.value !== null),
    bound: clients.map((dev) => dev.driver.value !== null),
  };
}

const three: readonly (readonly Specifier[])[] = [[[0, 1]], [[0, 2]], [[0, 3]]];

test.each(['arm-smmu', 'arm-smmu-v3'] as const)(
  '%s with registers that make no sense does not register, and its clients wait',
  (driver) => {
    behind('v6.12', driver, { probeErrno: -6 }, [[[0, 1]]], (lab) => {
      expect(lab.iommu().driver.value).toBeNull();
      expect([...lab.k.iommu_device_list.value]).toEqual([]);
      expect(endOf(lab, 1)).toEqual({ groups: [false], bound: [false] });
    });
  },
);

describe('an SMMUv2 without a context bank for everybody', () => {
  test('refuses the devices that come too late, up to v6.12', () => {
    behind('v6.12', 'arm-smmu', { contextBanks: 2 }, three, (lab) => {
      expect(endOf(lab, 3)).toEqual({ groups: [true, true, false], bound: [true, true, true] });
    });
  });

  test('does not register in v7.3, and all its clients wait', () => {
    behind('v7.3', 'arm-smmu', { contextBanks: 2 }, three, (lab) => {
      expect(lab.iommu().driver.value).toBeNull();
      expect(endOf(lab, 3)).toEqual({
        groups: [false, false, false],
        bound: [false, false, false],
      });
    });
  });

  test.each(['v6.12', 'v7.3'])('has enough of them for as many groups in %s', (kernel) => {
    behind(kernel, 'arm-smmu', { contextBanks: 3 }, three, (lab) => {
      expect(endOf(lab, 3).groups).toEqual([true, true, true]);
    });
  });

  test('needs none for a second device in a group', () => {
    behind('v6.12', 'arm-smmu', { contextBanks: 1 }, [[[0, 1]], [[0, 1]]], (lab) => {
      expect(endOf(lab, 2).groups).toEqual([true, true]);
    });
  });

  test('gets one back with the last device of a group', () => {
    behind('v6.12', 'arm-smmu', { contextBanks: 1 }, [[[0, 1]], [[0, 2]]], (lab) => {
      const { k, run, client } = lab;
      run(() => k.iommu_release_device(client(0)));
      run(() => k.of_iommu_configure(client(1), client(1).dma_node, null));
      expect(client(1).iommu_group.value).not.toBeNull();
    });
  });
});

test('an SMMUv2 has no more stream mapping entries than its registers say', () => {
  behind('v6.12', 'arm-smmu', { streamMappingEntries: 1 }, [[[0, 1]], [[0, 2]]], (lab) => {
    expect(endOf(lab, 2).groups).toEqual([true, false]);
  });
});

describe('a StreamID with more bits than an SMMUv3 has', () => {
  const clients: readonly (readonly Specifier[])[] = [[[0, 0xffff]], [[0, 0x1_0000]]];

  test('is refused by v6.12', () => {
    behind('v6.12', 'arm-smmu-v3', { streamIdBits: 16 }, clients, (lab) => {
      expect(endOf(lab, 2).groups).toEqual([true, false]);
    });
  });

  test('keeps the SMMUv3 from registering in v7.3', () => {
    behind('v7.3', 'arm-smmu-v3', { streamIdBits: 16 }, clients, (lab) => {
      expect(lab.iommu().driver.value).toBeNull();
      expect(endOf(lab, 2)).toEqual({ groups: [false, false], bound: [false, false] });
    });
  });
});

describe('an endpoint that a virtio-iommu does not manage', () => {
  const hardware = { endpoints: new Set([1]) };
  const clients: readonly (readonly Specifier[])[] = [[[0, 1]], [[0, 2]]];

  test('goes without in v6.12, with -ENOENT', () => {
    behind('v6.12', 'virtio-iommu', hardware, clients, (lab) => {
      expect(endOf(lab, 2)).toEqual({ groups: [true, false], bound: [true, true] });
      expect(lab.client(1).iommu.value).toBeNull();
      const { k, run, client } = lab;
      expect(run(() => k.of_iommu_configure(client(1), client(1).dma_node, null))).toBe(-ENOENT);
    });
  });

  test('keeps the virtio-iommu from registering in v7.3: its driver binds, and all clients wait', () => {
    behind('v7.3', 'virtio-iommu', hardware, clients, (lab) => {
      expect(lab.iommu().driver.value).not.toBeNull();
      expect([...lab.k.iommu_device_list.value]).toEqual([]);
      expect(endOf(lab, 2)).toEqual({ groups: [false, false], bound: [false, false] });
    });
  });
});
