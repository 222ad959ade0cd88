// Which functions scopes of DMAR name.

import type { DmarScope } from '../../../firmware/index.ts';
import type { MachineDevice } from '../../machine.ts';
import { pciName } from '../pci-names.ts';

/** Each step of the path but the last leads through a bridge. */
export function functionInScope(
  functions: ReadonlyMap<string, MachineDevice>,
  segment: number,
  { start_bus, path }: DmarScope,
): MachineDevice | null {
  let bus: number | null = start_bus;
  let found: MachineDevice | null = null;
  for (const step of path) {
    if (bus === null || step.device > 31 || step.function > 7) return null;
    const devfn = (step.device << 3) | step.function;
    found = functions.get(pciName({ segment, bus, devfn })) ?? null;
    bus = found?.pci?.config?.secondary_bus ?? null;
  }
  return found;
}

/** Linux lets USB controllers and displays leave their reserved memory. @linux drivers/iommu/intel/iommu.c device_rmrr_is_relaxable */
export function leavesReservedMemory(class_code: number): boolean {
  return class_code >> 16 === 0x03 || class_code >> 8 === 0x0c03;
}
