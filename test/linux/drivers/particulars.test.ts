// What one IOMMU driver does and no other. The facts are those of v6.7-rc1.
import { describe, expect, test } from 'vitest';
import { Crash, sequentially } from '../../../src/explore/index.ts';
import {
  base,
  type DriverName,
  defaultKconfig,
  type device,
  EINVAL,
  ENODEV,
} from '../../../src/linux/index.ts';
import { buildKernel, type Machine } from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { be32, node, type Prop, prop } from '../../firmware/fdt-builder.ts';
import { compatible, machineOf, phandle, reg64 } from '../../machine/trees.ts';
import { inLab, type Lab, missing, type Plan } from '../lab.ts';

/** What parsing a client's `iommus` returns. */
function parse({ k, run, client }: Lab): number {
  return run(() => k.parseIommus(client(), client().dma_node ?? missing(), null));
}

/** Put the first instance on the list, and do nothing else that its probe does. */
function list({ k, run, iommu }: Lab, driver: DriverName): void {
  run(() => k.iommu_device_register(k.instanceOf(iommu()), k.opsOf(driver)));
}

/** Add and bind all devices of a machine: an IOMMU and clients of it. */
function boot(machine: Machine, body: (...clients: device[]) => void): void {
  sequentially((world) => {
    const { k, devices } = buildKernel(world, base, defaultKconfig, machine);
    const all = [...devices.values()];
    world.runAlone('test', function* () {
      for (const dev of all) yield* k.device_add(dev);
      for (const dev of all) if (dev.matches !== null) yield* k.__driver_attach(dev, dev.matches);
    });
    body(...all.slice(1));
  });
}

describe('a client that binds while its IOMMU is on the list and not set up', () => {
  test('rockchip-iommu allocates from a device that is not known yet', () => {
    inLab({ iommus: ['rockchip-iommu'], cells: 0, clients: [[[0]]] }, (lab) => {
      lab.addAll();
      list(lab, 'rockchip-iommu');
      expect(() => parse(lab)).toThrow(Crash);
    });
  });

  test('once one of two rockchip-iommus is set up, the other one may be late', () => {
    inLab({ iommus: ['rockchip-iommu', 'rockchip-iommu'], cells: 0, clients: [[[0]]] }, (lab) => {
      lab.addAll();
      lab.bind(lab.iommu(1));
      lab.iommu(0).drvdata.value = lab.k.instanceOf(lab.iommu(0)); // the first thing that probing does
      list(lab, 'rockchip-iommu');
      expect(parse(lab)).toBe(0);
    });
  });

  test('ipmmu-vmsa has no driver data: parsed, and refused', () => {
    inLab({ iommus: ['ipmmu-vmsa'], clients: [[[0, 1]]] }, (lab) => {
      lab.addAll();
      list(lab, 'ipmmu-vmsa');
      expect(parse(lab)).toBe(0);
      expect(lab.run(() => lab.k.iommu_probe_device(lab.client()))).toBe(-ENODEV);
    });
  });

  test('mtk_iommu has no list of instances to find the group by', () => {
    inLab({ iommus: ['mtk_iommu'], clients: [[[0, 1]]] }, (lab) => {
      lab.addAll();
      lab.iommu().drvdata.value = lab.k.instanceOf(lab.iommu());
      list(lab, 'mtk_iommu');
      expect(parse(lab)).toBe(0);
      expect(() => lab.run(() => lab.k.iommu_probe_device(lab.client()))).toThrow(
        'hw_list is NULL',
      );
    });
  });
});

test.each(['rockchip-iommu', 'mtk_iommu', 'ipmmu-vmsa'] as const)(
  'from v6.15 on %s is set up when it registers',
  (driver) => {
    const cells = driver === 'rockchip-iommu' ? 0 : 1;
    const plan: Plan = { iommus: [driver], cells, clients: [[cells === 0 ? [0] : [0, 1]]] };
    inLab(
      plan,
      (lab) => {
        lab.addAll();
        expect(lab.bind(lab.iommu())).toBe(true);
        expect(lab.client().iommu_group.value).not.toBeNull();
      },
      { design: designOf('v6.15') },
    );
  },
);

test('mtk_iommu follows the NULL pointer when dev->iommu goes before it groups the device', () => {
  inLab({ iommus: ['mtk_iommu'], clients: [[[0, 1]]] }, ({ k, run, addAll, client }) => {
    addAll();
    expect(() => run(() => k.opsOf('mtk_iommu').device_group(k, client()))).toThrow(Crash);
  });
});

describe('mtk_iommu', () => {
  const plan = (...ids: number[]): Plan => ({
    iommus: ['mtk_iommu'],
    clients: [ids.map((id) => [0, id] as const)],
  });

  function bound(of: Plan, body: (lab: Lab) => void): void {
    inLab(of, (lab) => {
      lab.addAll();
      expect(lab.bind(lab.iommu())).toBe(true);
      body(lab);
    });
  }

  test.each<[string, number[], number]>([
    ['ports of one arbiter', [0x20, 0x3f], 0],
    ['ports of two arbiters', [0x1f, 0x20], -EINVAL],
  ])('%s', (_what, ids, expected) => {
    bound(plan(...ids), (lab) => {
      parse(lab);
      expect(lab.run(() => lab.k.iommu_probe_device(lab.client()))).toBe(expected);
    });
  });

  test('the pointer to a group outlives the group: the next client uses it after it was freed', () => {
    bound(plan(1), (lab) => {
      lab.bind(lab.client());
      lab.run(() => lab.k.iommu_release_device(lab.client()));
      parse(lab);
      expect(() => lab.run(() => lab.k.iommu_probe_device(lab.client()))).toThrow('touched after');
    });
  });

  test.each<[string, number, number, boolean]>([
    ['two ports of PCIe are in one bank and one group', 16, 19, true],
    ['a port of PCIe and one of USB are not', 16, 20, false],
  ])('mt8195-infra: %s', (_what, one, other, same) => {
    grouped('mediatek,mt8195-iommu-infra', [one, other], same);
  });

  test('mt8173 has one bank: all ports are in one group', () => {
    grouped('mediatek,mt8173-m4u', [16, 20], true);
  });

  function grouped(part: string, ids: readonly [number, number], same: boolean): void {
    const machine = machineOf([
      iommuNode(part),
      ...ids.map((id, i) => clientNode(`dev@${10 + i}`, 0x10 + i, be32(1, id))),
    ]);
    boot(machine, (one, other) => {
      expect(one?.iommu_group.value).not.toBeNull();
      expect(one?.iommu_group.value === other?.iommu_group.value).toBe(same);
    });
  }
});

describe('ipmmu-vmsa takes devices that the SoC opts in', () => {
  test.each<[string, string, string, boolean]>([
    ['an SoC of R-Car Gen2: any device', 'renesas,r8a7791', 'usb@ee080000', true],
    ['an SoC of RZ/G1: any device', 'renesas,r8a77470', 'usb@ee080000', true],
    ['R-Car H3: an MMC that is listed', 'renesas,r8a7795', 'mmc@ee100000', true],
    ['R-Car H3: no other device', 'renesas,r8a7795', 'usb@ee080000', false],
    ['R-Car M3-W: no device at all', 'renesas,r8a7796', 'mmc@ee100000', false],
    ['R-Car M3-W+: an MMC that is listed', 'renesas,r8a77961', 'mmc@ee100000', true],
    ['RZ/G2M: no device at all', 'renesas,r8a774a1', 'mmc@ee100000', false],
    ['RZ/G2N: an MMC that is listed', 'renesas,r8a774b1', 'mmc@ee100000', true],
    ['R-Car V3U: no other device', 'renesas,r8a779a0', 'usb@ee080000', false],
  ])('%s', (_what, soc, name, taken) => {
    const address = Number.parseInt(name.split('@')[1] ?? '', 16);
    const machine = machineOf(
      [iommuNode('renesas,ipmmu-vmsa'), clientNode(name, address, be32(1, 3))],
      {},
      [compatible(soc)],
    );
    boot(machine, (client) => {
      expect(client?.driver.value).not.toBeNull();
      expect(client?.iommu_group.value !== null).toBe(taken);
    });
  });
});

function iommuNode(name: string): ReturnType<typeof node> {
  return node('iommu@1000', [
    compatible(name),
    reg64(0x1000),
    phandle(1),
    prop('#iommu-cells', be32(1)),
  ]);
}

function clientNode(name: string, address: number, iommus: Uint8Array): ReturnType<typeof node> {
  const props: Prop[] = [compatible('test,client'), reg64(address), prop('iommus', iommus)];
  return node(name, props);
}
