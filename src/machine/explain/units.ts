// From a device to a unit of DMAR or IVRS: IOMMUs that no device of a bus stands for.

import { dmaAliases } from '../../linux/index.ts';
import type { Boot } from '../boot/boot.ts';
import { ivrsReason } from '../inspect/ivrs-reasons.ts';
import type { InspectedIommu } from '../inspection.ts';
import type { Units } from '../machine.ts';
import type { Described } from './devicetree.ts';
import { addDmar } from './dmar.ts';
import type { Chain } from './explanation.ts';
import { addIvrs } from './ivrs.ts';
import { addAlias } from './pci.ts';

/** Where nothing says what is behind which IOMMU. */
export function addAssumed(chain: Chain, { dev, devices }: Described, boot: Boot): void {
  chain.add('description', 'assumed: one IOMMU has every function; no firmware is known');
  if (dev.pci !== null)
    for (const alias of dmaAliases(dev.pci)) addAlias(chain, devices, dev.pci, alias);
  if (boot.k.acpi?.ivrs && dev.iommu_group.value === null) chain.fail('map', ivrsReason(boot, dev));
}

/** What the table says of the device, and its unit, or the test that failed. */
export function addUnits(
  chain: Chain,
  { table }: Units,
  described: Described,
  boot: Boot,
  iommus: readonly InspectedIommu[],
): void {
  const { dev, devices } = described;
  if (table === 'ivrs') addIvrs(chain, described);
  if (dev.pci !== null)
    for (const alias of dmaAliases(dev.pci)) addAlias(chain, devices, dev.pci, alias);
  if (table === 'dmar') addDmar(chain, described);
  const name = dev.iommu.value?.iommu_dev.value?.dev.name;
  const iommu = iommus.find((of) => of.name === name);
  if (iommu !== undefined) {
    chain.add('driver', `${iommu.driver} drives ${iommu.name}, which has registered`);
    return;
  }
  if (table === 'ivrs') chain.fail('map', ivrsReason(boot, dev));
  else if (table !== 'dmar') chain.fail('map', 'no unit has it');
}
