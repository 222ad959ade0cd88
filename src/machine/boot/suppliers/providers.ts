// Which device stands for what a node of a devicetree provides.

import { compatibleOf, type FdtNode, isAvailable } from '../../../firmware/fdt/index.ts';
import { isTakenEarly } from '../../firmware/tables.ts';
import type { MachineDevice } from '../../machine.ts';

type Provider =
  | { readonly what: 'device'; readonly device: MachineDevice }
  /** Set up by the kernel itself, long before there are devices. */
  | { readonly what: 'early' }
  | { readonly what: 'disabled' }
  /** No device, nor is there one above it. */
  | { readonly what: 'nothing' };

/** The devices of nodes. */
export class Providers {
  readonly #devices = new Map<FdtNode, MachineDevice>();

  constructor(devices: readonly MachineDevice[]) {
    for (const of of devices) if (of.of_node !== null) this.#devices.set(of.of_node, of);
  }

  /** The nearest device above a node. */
  above(node: FdtNode | null): MachineDevice | null {
    for (let at = node?.parent ?? null; at !== null; at = at.parent) {
      const found = this.#devices.get(at);
      if (found !== undefined) return found;
    }
    return null;
  }

  /**
   * What stands for a node: its device, or the nearest above it. What says what it is, and is no
   * device, counts as set up early where nothing above it is one.
   */
  of(node: FdtNode): Provider {
    let known = false;
    for (let at: FdtNode | null = node; at !== null; at = at.parent) {
      const device = this.#devices.get(at);
      if (device !== undefined) return { what: 'device', device };
      if (!isAvailable(at)) return { what: 'disabled' };
      if (isTakenEarly(at)) return { what: 'early' };
      known ||= at.parent !== null && compatibleOf(at).length > 0;
    }
    return known ? { what: 'early' } : { what: 'nothing' };
  }
}
