import { lists, nvmem, type Patch, phandles, pinctrl, release } from '../linux/index.ts';

// What other kernels than v6.7-rc1 go by. Between those whose sources were read, 6.1.192, 6.12.118 and
// 7.3.4, v6.7 and v6.8 count as the first one, v6.15 and v6.16 as the second one.

export const oldRelease: Patch = {
  subject: 'of: property: cells of nvmem have no arguments yet', // before v6.3
  release: {
    suppliers: [
      ...release.suppliers.filter((known) => known !== nvmem),
      ...phandles('nvmem-cells'),
    ],
  },
};

const suppliers = [
  ...release.suppliers,
  ...lists('io-backends', 'access-controllers', 'pses'),
  { name: 'msi-parent', cells: '#msi-cells' },
  ...phandles('power-supplies'),
];

export const moreSuppliers: Patch = {
  subject: 'of: property: more suppliers, and those that a device can do without at first',
  release: {
    initcalls: {
      ...release.initcalls,
      arm_smmu_driver_init: ['CONFIG_ARM_SMMU_V3'],
      arm_smmu_init: ['CONFIG_ARM_SMMU'],
    },
    suppliers,
    cellsDefault: 0,
    interruptMaps: true,
    postInitProviders: true,
  },
};

export const laterSuppliers: Patch = {
  subject: 'of: property: every state of pin control; kstrtox: enabled and disabled',
  release: {
    kstrtobool: { yes: /^(?:[1ety]|on)/i, no: /^(?:[0dnf]|of)/i },
    suppliers: [
      ...suppliers.filter(({ name }) => name !== pinctrl),
      ...phandles(/^pinctrl-\d/, 'mmc-pwrseq'),
    ],
  },
};
