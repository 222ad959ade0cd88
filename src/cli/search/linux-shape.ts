import { type DriverName, iommuDrivers } from '../../linux/index.ts';
import { type LinuxShape, lacks, linuxFirmwares } from '../../linux-c/index.ts';
import type { Shape } from '../../machine/index.ts';
import { UsageError } from '../../util/index.ts';

/**
 * The shape of a device as a kernel's own C can have it: with the bus, the IDs, the cells and the firmware, not with
 * neighbours and bridges.
 *
 * @throws UsageError for one that it cannot have
 */
export function linuxShapeOf(shape: Shape): LinuxShape {
  const { bus, firmware = 'devicetree', functions = 1, bridge, binding, iommus } = shape;
  if (functions > 1)
    throw refused(`several ${bus === 'pci' ? 'functions' : 'devices'} in one group`);
  for (const what of [bridge, binding]) if (what !== undefined) throw refused(what);
  const described = linuxFirmwares.find((known) => known === firmware);
  if (described === undefined) throw refused(firmware);
  if (bus === 'fsl-mc' || bus === 'cdx') throw refused(`the ${bus} bus`);
  const { specifiers } = shape;
  const made = { bus, firmware: described, cells: iommus.map((of) => of.cells), specifiers };
  const lacking = lacks(made) ?? severalDrivers(shape);
  if (lacking !== null) throw refused(lacking);
  return made;
}

function refused(what: string): UsageError {
  return new UsageError(
    'cli/not-in-c',
    `${what} cannot be had with --linux`,
    'the model has it: the same without --linux',
  );
}

function severalDrivers({ iommus }: Shape): string | null {
  const [first, other] = new Set(iommus.map(({ compatible }) => driverOf(compatible)));
  return other === undefined ? null : `IOMMUs of several drivers, ${first} and ${other},`;
}

function driverOf(compatible: string): DriverName | null {
  return iommuDrivers.find((driver) => driver.compatible.includes(compatible))?.name ?? null;
}

/** The driver that Linux has for the IOMMUs of a shape. */
export function driverBehind({ iommus: [first] }: Shape): DriverName | null {
  return driverOf(first?.compatible ?? '');
}
