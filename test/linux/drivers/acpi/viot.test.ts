// drivers/acpi/viot.c
import { describe, expect, test } from 'vitest';
import type { ViotNode, ViotVirtioIommuMmio } from '../../../../src/firmware/index.ts';
import { EINVAL, ENODEV, EPROBE_DEFER } from '../../../../src/linux/index.ts';
import { idsOf, type LabOptions } from '../../lab.ts';
import { type AcpiClient, type AcpiPlan, inAcpiLab } from './acpi-lab.ts';

const A: ViotVirtioIommuMmio = { type: 'virtio-iommu-mmio', offset: 0x100, base_address: 0x1000n };
const B: ViotVirtioIommuMmio = { type: 'virtio-iommu-mmio', offset: 0x200, base_address: 0x2000n };

function mmio(base_address: bigint, endpoint: number, to: { readonly offset: number }): ViotNode {
  return { type: 'mmio-endpoint', offset: 0x300, endpoint, base_address, output_node: to.offset };
}

function pciRange(
  segments: readonly [number, number],
  bdfs: readonly [number, number],
  endpoint_start: number,
  to: { readonly offset: number },
): ViotNode {
  const [segment_start, segment_end] = segments;
  const [bdf_start, bdf_end] = bdfs;
  const limits = { segment_start, segment_end, bdf_start, bdf_end };
  return { type: 'pci-range', offset: 0x400, endpoint_start, ...limits, output_node: to.offset };
}

/** What becomes of the last client when the IOMMUs in `bound` have registered. */
function configured(plan: AcpiPlan, bound: readonly number[], options: LabOptions = {}) {
  return inAcpiLab(
    plan,
    ({ k, run, client, start }) => {
      start(...bound);
      const dev = client(plan.clients.length - 1);
      const err = run(() => k.viot_iommu_configure(dev));
      const fwspec = dev.iommu.value?.fwspec.value ?? null;
      return { err, ids: idsOf(dev), behind: fwspec?.iommu_fwnode.value?.path ?? null };
    },
    options,
  );
}

const nothing = { err: -ENODEV, ids: null, behind: null };

describe('a device of the namespace', () => {
  const device: AcpiClient = { memory: 0x9000n };

  test('is the endpoint whose address is that of its first registers', () => {
    const viot = [A, mmio(0x8000n, 4, A), mmio(0x9000n, 5, A)];
    const found = configured({ viot, clients: [device] }, [0]);
    expect(found).toEqual({ err: 0, ids: [5], behind: 'virtio-iommu-mmio at 256' });
    expect(configured({ viot, clients: [{ memory: 0x9004n }] }, [0])).toEqual(nothing);
    expect(configured({ viot, clients: [{}] }, [0])).toEqual(nothing);
  });

  test('is the last endpoint of two', () => {
    const viot = [A, mmio(0x9000n, 4, A), mmio(0x9000n, 5, A)];
    expect(configured({ viot, clients: [device] }, [0]).ids).toEqual([5]);
  });

  test('is the endpoint before when the IOMMU of the last could not be found', () => {
    const viot = [A, B, mmio(0x9000n, 4, A), mmio(0x9000n, 5, B)];
    expect(configured({ viot, broken: [B], clients: [device] }, [0]).ids).toEqual([4]);
  });

  test('is no endpoint on the AMBA bus', () => {
    const viot = [A, mmio(0x9000n, 4, A)];
    expect(configured({ viot, clients: [{ ...device, bus: 'amba' }] }, [0])).toEqual(nothing);
  });

  test('waits for an IOMMU that has not registered, and nothing is left behind', () => {
    const plan = { viot: [A, mmio(0x9000n, 4, A)], clients: [device] };
    expect(configured(plan, [])).toEqual({ ...nothing, err: -EPROBE_DEFER });
  });

  test('does not wait without the driver, and finds nothing without ACPI_VIOT', () => {
    const plan = { viot: [A, mmio(0x9000n, 4, A)], clients: [device] };
    expect(configured(plan, [], { config: { CONFIG_VIRTIO_IOMMU: false } })).toEqual(nothing);
    expect(configured(plan, [0], { config: { CONFIG_ACPI_VIOT: false } })).toEqual(nothing);
  });
});

describe('a PCI function', () => {
  const at = (segment: number, bus: number): AcpiClient => ({ pci: { segment, bus, devfn: 0 } });

  test('has an endpoint ID by its distance from the start of the range, segments 64 Ki apart', () => {
    const viot = [A, pciRange([2, 5], [0x100, 0x2ff], 0x50, A)];
    const idOf = (segment: number, bus: number) =>
      configured({ viot, clients: [at(segment, bus)] }, [0]).ids;
    expect(idOf(2, 1)).toEqual([0x50]);
    expect(idOf(2, 2)).toEqual([0x150]);
    expect(idOf(4, 2)).toEqual([0x20150]);
    expect(idOf(1, 2)).toBeNull();
    expect(idOf(6, 2)).toBeNull();
    expect(idOf(2, 3)).toBeNull();
  });

  test('is in the last range that covers it', () => {
    const all: [number, number] = [0, 0xffff];
    const viot = [A, pciRange([0, 0], all, 0, A), pciRange([0, 0], all, 0x10000, A)];
    expect(configured({ viot, clients: [at(0, 1)] }, [0]).ids).toEqual([0x10100]);
  });

  test('has an endpoint ID for each of its requester IDs', () => {
    const viot = [A, pciRange([0, 0], [0, 0xffff], 0, A)];
    const clients = [at(0, 1), { ...at(0, 2), bridge: 0 }];
    expect(configured({ viot, clients }, [0]).ids).toEqual([0x200, 0x100]);
  });
});

test('an IOMMU does not translate itself', () => {
  const viot = [A, pciRange([0, 0], [0, 0xffff], 0, A)];
  inAcpiLab({ viot, clients: [{ iommu: A }] }, ({ k, run, client, iommu, start }) => {
    start(0);
    expect(client().fwnode).toBe(iommu().fwnode);
    const viommu = k.acpi?.fwnodes.get(A);
    if (viommu === undefined) throw new Error('the IOMMU has a name');
    expect(run(() => k.viot_dev_iommu_init(client(), viommu, 1))).toBe(-EINVAL);
  });
});
