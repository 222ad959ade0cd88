// Why a device that firmware or a bus describes is not there.

import { errnoName } from '../../linux/index.ts';
import type { Boot } from '../boot/boot.ts';
import { isWaiting, waitsAfterDma, waitsBeforeDma } from '../boot/end-state.ts';
import { hasMaker } from '../boot/plan/makers.ts';
import type { Machine, MachineDevice } from '../machine.ts';

/** Why there is no such device in the kernel. */
export function whyAbsent(machine: Machine, boot: Boot, of: MachineDevice): string {
  const bringer = bringerOf(machine, of);
  if (of.made === undefined) {
    const host = bringer === null ? '' : `: ${bringer.name} ${whyNotBound(boot, bringer)}`;
    return `not found: its host bridge is not scanned${host}`;
  }
  const { by, driver } = of.made;
  const { name } = boot.k.design;
  if (!hasMaker(boot.k.design, of.made))
    return of.map_id === undefined
      ? `not made: ${name} has no ${driver} for ${by.name}`
      : `not made: ${driver} of ${name} makes one for each row of the map`;
  if (boot.devices.get(by)?.driver.value != null)
    return `not made: ${driver} does without, as ${by.name} says`;
  return `not made: ${driver} makes it when ${by.name} is bound, and ${by.name} ${whyNotBound(boot, by)}`;
}

/** Whether what brings it, or what brings that, still waits. */
export function mayComeLater(machine: Machine, boot: Boot, of: MachineDevice): boolean {
  if (of.made !== undefined && !hasMaker(boot.k.design, of.made)) return false;
  const bringer = bringerOf(machine, of);
  const dev = bringer === null ? undefined : boot.devices.get(bringer);
  if (bringer === null || dev === undefined) return false;
  return boot.absent.has(dev) ? mayComeLater(machine, boot, bringer) : isWaiting(boot.k, dev);
}

/** The device whose driver has to be bound first. */
function bringerOf({ hostBridges }: Machine, { made, pci }: MachineDevice): MachineDevice | null {
  if (made !== undefined) return made.by;
  return hostBridges.find(({ segment }) => segment === pci?.segment)?.device ?? null;
}

function whyNotBound(boot: Boot, of: MachineDevice): string {
  const dev = boot.devices.get(of);
  if (dev === undefined || boot.absent.has(dev)) return 'is not there itself';
  if (isWaiting(boot.k, dev)) {
    const [held = 'waits for its IOMMU'] = [...waitsBeforeDma(dev), ...waitsAfterDma(dev)];
    return held;
  }
  const errno = boot.attempts.get(dev)?.errno;
  if (errno === undefined) return 'has no driver';
  return errno === 0 ? 'was let go of' : `cannot be probed: ${errnoName(-Math.abs(errno))}`;
}
