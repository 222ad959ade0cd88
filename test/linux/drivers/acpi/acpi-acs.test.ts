// drivers/acpi: who asks for ACS before PCI is scanned.
import { expect, test } from 'vitest';
import type { Kconfig } from '../../../../src/linux/index.ts';
import {
  type AcpiPlan,
  inAcpiLab,
  itsGroup,
  range,
  rootComplex,
  smmu,
  smmuV3,
} from './acpi-lab.ts';

const its = itsGroup(0x100);
const smmu3 = smmuV3(0x200, { mappings: [range(0, 0x10000, 0, its)] });
const smmu2 = smmu(0x300);

test.each<[string, Omit<AcpiPlan, 'clients'>, Partial<Kconfig>, boolean]>([
  [
    'a root complex behind an SMMUv3',
    { iort: [its, smmu3, rootComplex(0, [range(0, 0x100, 0, its), range(0x100, 1, 0, smmu3)])] },
    {},
    true,
  ],
  ['one behind an SMMUv2', { iort: [smmu2, rootComplex(0, [range(0, 1, 0, smmu2)])] }, {}, true],
  [
    'one behind nothing but an ITS',
    { iort: [its, smmu3, rootComplex(0, [range(0, 0x10000, 0, its)])] },
    {},
    false,
  ],
  ['an SMMU without a root complex', { iort: [smmu2] }, {}, false],
  [
    'a kernel without IORT',
    { iort: [smmu2, rootComplex(0, [range(0, 1, 0, smmu2)])] },
    { CONFIG_ACPI_IORT: false },
    false,
  ],
  ['a VIOT, whatever is in it', { viot: [] }, {}, true],
  ['a kernel without VIOT', { viot: [] }, { CONFIG_ACPI_VIOT: false }, false],
  ['no table', {}, {}, false],
])('%s: ACS is asked for or not', (_what, tables, config, asked) => {
  inAcpiLab(
    { ...tables, clients: [] },
    ({ k, run }) => {
      run(function* () {
        yield* k.acpi_viot_early_init();
        yield* k.iort_enable_acs();
      });
      expect(k.pci_acs_enable).toBe(asked);
    },
    { config },
  );
});
