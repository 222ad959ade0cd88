import type { Design, Drivers } from './design.ts';
import { iommuDrivers } from './drivers/iommu/catalogue.ts';
import { functions } from './functions.ts';
import { inlines } from './inlines.ts';
import { release } from './release.ts';
import { stubs } from './stubs.ts';

/** v6.7-rc1 (b85ea95d0864), which the patch series starts from. */
export const base: Design = {
  name: 'v6.7-rc1',
  functions,
  inlines,
  stubs,
  drivers: Object.fromEntries(
    iommuDrivers.flatMap(({ name, ops, later }) => (later === true ? [] : [[name, ops]])),
  ) as unknown as Drivers,
  release,
};
