// Intel VT-d, AMD-Vi, s390: no fwspec, no firmware path; a walk over the bus is all there is.
import { describe, expect, test } from 'vitest';
import type { World } from '../../../src/explore/index.ts';
import { iommu_init_pci } from '../../../src/linux/drivers/iommu/amd/init.ts';
import { amd_iommu } from '../../../src/linux/drivers/iommu/amd/types.ts';
import { intel_iommu_init } from '../../../src/linux/drivers/iommu/intel/init.ts';
import { intel_iommu } from '../../../src/linux/drivers/iommu/intel/iommu.ts';
import { intel_statics } from '../../../src/linux/drivers/iommu/intel/locks.ts';
import { s390_iommu } from '../../../src/linux/drivers/iommu/s390-iommu.ts';
import { device, device_driver } from '../../../src/linux/include/linux/device.ts';
import { iommu_device as iommu_device_type } from '../../../src/linux/include/linux/iommu.ts';
import { ENODEV, type iommu_device } from '../../../src/linux/index.ts';
import { imbalances, inLab, type Lab } from '../lab.ts';

/** A unit on no bus, that firmware has no node for. */
function unit<T extends iommu_device>(
  { world, k, client }: Lab,
  type: new (world: World, label: string, dev: device) => T,
  name: string,
): T {
  const { bus } = client();
  const dev = new device(world, name, {
    name,
    bus,
    fwnode: null,
    dma_node: null,
    dma_companion: null,
    pci: null,
    matches: null,
  });
  const instance = new type(world, `${name} instance`, dev);
  k.instances.set(dev, instance);
  return instance;
}

interface Vendor {
  readonly register: (lab: Lab, ...units: iommu_device[]) => void;
  readonly make: (lab: Lab, name: string) => iommu_device;
  /** It does not ask whether a unit has registered: there is no device before that. */
  readonly trusts?: true;
  /** What is still allocated when a device was released. */
  readonly left: readonly string[];
}

const vendors: Readonly<Record<string, Vendor>> = {
  'intel-iommu': {
    register: ({ k, run }, ...units) => run(() => intel_iommu_init(k, units) as never),
    make(lab, name) {
      const driver = new device_driver(lab.world, 'driver', intel_iommu.probe, {});
      driver.statics = new intel_statics(lab.world, 'intel-iommu');
      lab.k.iommu_drivers.set('intel-iommu', driver);
      return unit(lab, iommu_device_type, name);
    },
    left: [],
  },
  'amd-iommu': {
    register: ({ k, run }, ...units) => {
      for (const one of units) run(() => iommu_init_pci(k, one.dev) as never);
    },
    make: (lab, name) => unit(lab, amd_iommu, name),
    left: ['iommu_dev_data'], // for a device that comes back
  },
  's390-iommu': {
    register: ({ k, run }, ...units) => {
      for (const one of units) run(() => s390_iommu.probe(k, one.dev) as never);
    },
    make: (lab, name) => unit(lab, iommu_device_type, name),
    trusts: true,
    left: [],
  },
};

function behind(body: (lab: Lab) => void): void {
  const config = { CONFIG_ARM64: false, CONFIG_ARCH_HAS_SETUP_DMA_OPS: false };
  inLab(
    { iommus: [], clients: [[], []] },
    (lab) => {
      lab.addAll();
      body(lab);
    },
    { config },
  );
}

describe.each(Object.entries(vendors))('%s', (_name, { register, make, trusts, left }) => {
  test('the walk takes the devices that a table names, and no other', () => {
    behind((lab) => {
      const one = make(lab, 'unit0');
      lab.k.scopes.set(lab.client(0), one);
      register(lab, one);
      expect(one.fwnode).toBeNull();
      expect(lab.client(0).iommu_group.value).not.toBeNull();
      expect(lab.client(0).dma_ops.value).toBe('iommu_dma_ops');
      expect(lab.client(0).iommu.value?.fwspec.value).toBeNull();
      expect(lab.client(1).iommu.value).toBeNull();
    });
  });

  // An s390 unit has one function, and takes whatever it is asked for.
  if (!trusts) {
    test('a device of the second unit is left alone until that registers', () => {
      behind((lab) => {
        const [one, other] = [make(lab, 'unit0'), make(lab, 'unit1')];
        lab.k.scopes.set(lab.client(1), other);
        register(lab, one);
        expect(lab.run(() => lab.k.iommu_probe_device(lab.client(1)))).toBe(-ENODEV);
        register(lab, other);
        expect(lab.client(1).iommu.value?.iommu_dev.value).toBe(other);
      });
    });
  }

  test('what is left of a device that was released is used when it comes back', () => {
    behind((lab) => {
      const { k, run, client, world } = lab;
      const one = make(lab, 'unit0');
      k.scopes.set(client(0), one);
      register(lab, one);
      run(() => k.iommu_release_device(client(0)));
      const now = () =>
        (world.heap as { freed: boolean; className: string }[]).flatMap(({ freed, className }) =>
          freed ? [] : [className],
        );
      expect(now()).toEqual(left);
      expect(imbalances(lab)).toEqual([]);
      expect(run(() => k.iommu_probe_device(client(0)))).toBe(0);
      expect(now().filter((name) => name === 'iommu_dev_data')).toEqual(left);
    });
  });
});
