import { FormatError } from '../../util/index.ts';
import type { PciFunction } from '../machine.ts';

/** Where a function answers: segment, bus, and device and function number in one byte. */
export interface PciAddress {
  readonly segment: number;
  readonly bus: number;
  readonly devfn: number;
}

/** The kernel's name of a function: `0000:00:01.0`. */
export function pciName({ segment, bus, devfn }: PciAddress): string {
  return `${rootBusName(segment, bus)}:${digits(devfn >> 3, 2)}.${devfn & 7}`;
}

/** `0000:00`, which follows `pci` in the name of a root bus. */
export function rootBusName(segment: number, bus: number): string {
  return `${digits(segment, 4)}:${digits(bus, 2)}`;
}

/** The address in a name such as `0000:00:01.0`. */
export function parsePciName(name: string): PciAddress {
  const parts = /^([0-9a-f]{4,8}):([0-9a-f]{2}):([01][0-9a-f])\.([0-7])$/i.exec(name);
  if (parts === null) {
    throw new FormatError({
      code: 'machine/bad-pci-name',
      offset: null,
      field: 'name of a PCI function',
      expected: 'segment:bus:device.function, such as 0000:00:01.0',
      found: `"${name}"`,
    });
  }
  const [segment = 0, bus = 0, device = 0, fn = 0] = parts
    .slice(1)
    .map((part) => Number.parseInt(part, 16));
  return { segment, bus, devfn: (device << 3) | fn };
}

/** Segment, bus and function as one number that sorts like a scan of all buses. */
export function requesterId({ bus, devfn }: { bus: number; devfn: number }): number {
  return (bus << 8) | devfn;
}

function digits(value: number, count: number): string {
  return value.toString(16).padStart(count, '0');
}

/** Vendor and device of a function; null when its space is not known. */
export function idsOf({ config, physfn }: PciFunction): {
  readonly vendor_id: number;
  readonly device_id: number;
} | null {
  if (config === null) return null;
  // A virtual function's own are all ones.
  const physical = physfn?.pci?.config ?? null;
  return {
    vendor_id: physical?.vendor_id ?? config.vendor_id,
    device_id: physical?.sriov?.vf_device_id ?? config.device_id,
  };
}
