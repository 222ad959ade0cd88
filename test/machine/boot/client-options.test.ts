// Drivers of devices, as the options of a kernel build them.
import { describe, expect, test } from 'vitest';
import { defaultKconfig, type Kconfig } from '../../../src/linux/index.ts';
import { parseKconfig } from '../../../src/machine/capture/kconfig-file.ts';
import { inspect } from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { be32, node, prop } from '../../firmware/fdt-builder.ts';
import { configSpace } from '../pci/config-space.ts';
import { compatible, host, machineOf, phandle, reg64 } from '../trees.ts';

/** A disk, a network card and a controller of disks, for all of which there is one StreamID. */
const machine = machineOf(
  [
    node('smmu@50000', [
      compatible('arm,smmu-v3'),
      reg64(0x50000),
      phandle(1),
      prop('#iommu-cells', be32(1)),
    ]),
    host(0x10000, [prop('iommu-map', be32(0x08, 1, 5, 1, 0x10, 1, 5, 1, 0x18, 1, 5, 1))]),
  ],
  {
    '0000:00:01.0': configSpace({ code: 0x010802, type: 9 }),
    '0000:00:02.0': configSpace({ ids: [0x8086, 0x10d3], code: 0x020000, type: 9 }),
    '0000:00:03.0': configSpace({ code: 0x010601, type: 9 }),
  },
);

/** Who has it in the end. */
function owner(kernel: string, options: Partial<Kconfig>): string[] {
  const { devices } = inspect(machine, designOf(kernel), { ...defaultKconfig, ...options });
  return devices.filter(({ group }) => group !== null).map(({ name }) => name);
}

describe('before v6.15 who comes first gets it', () => {
  test.each<[what: string, options: Partial<Kconfig>, has: string]>([
    ['modules come in the order of devices', {}, '0000:00:01.0'],
    ['what is part of the kernel comes before modules', { CONFIG_SATA_AHCI: true }, '0000:00:03.0'],
    [
      'and by the place of its folder',
      { CONFIG_E1000E: true, CONFIG_SATA_AHCI: true },
      '0000:00:03.0',
    ],
    ['of a network card, too', { CONFIG_E1000E: true }, '0000:00:02.0'],
    ['without a driver nobody asks for it', { CONFIG_BLK_DEV_NVME: false }, '0000:00:02.0'],
    [
      'without modules all come by their place',
      { CONFIG_MODULES: false, CONFIG_BLK_DEV_NVME: false, CONFIG_SATA_AHCI: true },
      '0000:00:02.0',
    ],
  ])('%s', (_what, options, has) => {
    expect(owner('v6.12', options)).toEqual([has]);
  });
});

describe('a module', () => {
  const nvmeFirst = { CONFIG_BLK_DEV_NVME: true, CONFIG_SATA_AHCI: true };

  test('comes after all that is part of the kernel', () => {
    expect(owner('v6.12', nvmeFirst)).toEqual(['0000:00:01.0']);
    expect(owner('v6.12', { ...nvmeFirst, tristates: 'CONFIG_BLK_DEV_NVME' })).toEqual([
      '0000:00:03.0',
    ]);
  });

  test('is none in a kernel without modules', () => {
    const without = {
      CONFIG_MODULES: false,
      CONFIG_E1000E: false,
      tristates: 'CONFIG_BLK_DEV_NVME',
    };
    expect(owner('v6.12', { ...nvmeFirst, ...without })).toEqual(['0000:00:01.0']);
  });

  const client = node('serial@60000', [
    compatible('a,serial'),
    reg64(0x60000),
    prop('iommus', be32(1, 9)),
  ]);
  const smmu = node('smmu@50000', [
    compatible('arm,smmu-v3'),
    reg64(0x50000),
    phandle(1),
    prop('#iommu-cells', be32(1)),
  ]);
  const outcome = (kernel: string, options: Partial<Kconfig>): string | undefined => {
    const config = { ...defaultKconfig, ...options };
    const { devices } = inspect(machineOf([smmu, client]), designOf(kernel), config);
    return devices.find(({ name }) => name === '60000.serial')?.outcome;
  };
  const asModule = { tristates: 'CONFIG_ARM_SMMU_V3' };
  const kept = { module_blacklist: 'arm_smmu_v3' };

  test.each(['v6.1', 'v6.12', 'v7.3'])('of an IOMMU is loaded in time: %s', (kernel) => {
    expect(outcome(kernel, asModule)).toBe('translated');
    expect(outcome(kernel, { ...asModule, ...kept })).toBe('deferred');
    // What is part of the kernel cannot be kept out by the name of a module.
    expect(outcome(kernel, kept)).toBe('translated');
  });
});

test('from v6.15 on it is decided when they are added', () => {
  expect(owner('v7.3', { CONFIG_SATA_AHCI: true })).toEqual(['0000:00:01.0']);
});

test('a file of options says it, too: modules are there when they are needed', () => {
  const { kconfig, modules } = parseKconfig(
    'CONFIG_SATA_AHCI=y\nCONFIG_E1000E=m\n# CONFIG_IGB is not set\n',
  );
  expect(kconfig).toEqual({ CONFIG_SATA_AHCI: true, CONFIG_IGB: false });
  expect(modules).toEqual([]);
});
