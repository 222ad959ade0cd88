// Volume Management Devices of Intel: functions that have PCI domains of their own below them, and send
// what comes from there under their own requester ID (drivers/pci/controller/vmd.c).

import { assume } from '../assumptions.ts';
import type { MachineDevice, PciRoot } from '../machine.ts';

/** Numbers of firmware end before this one; from here on Linux gives them. */
const firstEmulated = 0x1_0000;

const devices: readonly number[] = [
  ...[0x201d, 0x28c0, 0x28c1, 0x467f, 0x4c3d, 0x7d0b, 0x9a0b],
  ...[0xa77f, 0xad0b, 0xb06f, 0xb07f, 0xb60b, 0xd70b, 0xd73b],
];

/** What a domain that a driver made hangs below. */
export interface Emulated {
  /** Null where the input shows nothing that could have made it. */
  readonly root: PciRoot | null;
  readonly real_dma_dev?: MachineDevice;
  readonly assumes?: readonly string[];
}

/** Whether no firmware can describe the domain. */
export function isEmulated(segment: number): boolean {
  return segment >= firstEmulated;
}

/**
 * The domains that drivers made, each with its VMD: they are numbered as they come, and VMDs are probed
 * in the order in which their functions were found.
 *
 * @param shown in that order
 * @param ordered whether it is known in which order the root buses were scanned
 * @linux drivers/pci/controller/vmd.c vmd_find_free_domain
 */
export function emulatedDomains(
  segments: readonly number[],
  shown: Iterable<MachineDevice>,
  ordered: boolean,
): ReadonlyMap<number, Emulated> {
  const vmds = [...shown].filter(isVmd);
  const made = segments.filter(isEmulated).sort((a, b) => a - b);
  // One that has no domain, because it is empty or has no driver, may be any of them.
  const all = vmds.length === (made.at(-1) ?? 0) - firstEmulated + 1;
  const roots = new Set(vmds.map(rootBusOf));
  const certain = all && (ordered || roots.size === 1);
  const assumes = vmds.length > 1 && !certain ? { assumes: [assume('vmd-order')] } : {};
  return new Map(
    made.map((segment): [number, Emulated] => {
      const vmd = vmds[segment - firstEmulated];
      if (vmd === undefined) return [segment, { root: null, assumes: [assume('vmd-unknown')] }];
      const root: PciRoot = { segment, bus_range: [0, 0xff], of_node: null, path: vmd.path };
      return [segment, { root, real_dma_dev: vmd, ...assumes }];
    }),
  );
}

/** `pci0000:00` */
function rootBusOf({ path }: MachineDevice): string {
  return path.split('/').find((part) => /^pci[\da-f]+:[\da-f]+$/.test(part)) ?? '';
}

function isVmd({ pci }: MachineDevice): boolean {
  const config = pci?.config ?? null;
  return config?.vendor_id === 0x8086 && devices.includes(config.device_id);
}
