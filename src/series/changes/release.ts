import {
  lists,
  msiParent,
  nvmem,
  type Patch,
  phandles,
  pinctrl,
  release,
} from '../../linux/index.ts';

// What other kernels than v6.7-rc1 go by. The sources of 6.1.192, 6.12.118 and 7.3.4 were read; what
// came to the releases between is told from when it was posted and to which tree it was applied.

export const oldRelease: Patch = {
  subject:
    'of: property: no msi-parent yet (v6.7), no arguments of nvmem cells (v6.3); PCI: disabled nodes',
  release: {
    suppliers: [
      ...release.suppliers.filter((known) => known !== nvmem && known !== msiParent),
      ...phandles('nvmem-cells'),
    ],
    cellsDefault: null, // before v6.3
    deviceIdFlag: false, // before v6.2
    disabledFunctions: false, // before 1a8c251cff20, v6.5
  },
};

const suppliers = [
  // A controller that only the parents of a node name is no supplier (v6.13, and 6.12.118).
  ...release.suppliers.filter(({ name }) => name !== 'interrupt-parent'),
  ...lists('io-backends', 'access-controllers', 'pses'),
  ...phandles('power-supplies'),
];

export const windows2022: Patch = {
  subject: 'ACPICA: _OSI knows Windows 11 22H2', // v6.10
  release: { newestWindows: 'Windows 2022' },
};

export const moreSuppliers: Patch = {
  subject: 'of: property: more suppliers, and those that a device can do without at first',
  release: {
    initcalls: {
      ...release.initcalls,
      arm_smmu_driver_init: ['CONFIG_ARM_SMMU_V3'],
      arm_smmu_init: ['CONFIG_ARM_SMMU'],
    },
    suppliers,
    interruptMaps: true,
    postInitProviders: true,
  },
};

export const laterSuppliers: Patch = {
  subject: 'of: property: every state of pin control; kstrtox: enabled and disabled',
  release: {
    gets: { 'rockchip-iommu': { clocks: 'all', optional: 'all' } },
    kstrtobool: { yes: /^(?:[1ety]|on)/i, no: /^(?:[0dnf]|of)/i },
    suppliers: [
      ...suppliers.filter(({ name }) => name !== pinctrl),
      ...phandles(/^pinctrl-\d/, 'mmc-pwrseq'),
    ],
  },
};
