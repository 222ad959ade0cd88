// Configuration spaces of PCI functions that share a group by where they are.

import { type PciConfig, parsePciConfig } from '../../firmware/index.ts';

/** One of several functions of a slot that does not keep them apart. */
export const oneOfSeveral: PciConfig = parsePciConfig(space({ 14: 0x80 }));

/** A bridge from PCI Express to conventional PCI, which takes what is below it for itself. */
export function aliasBridge(primary_bus: number, secondary_bus: number): PciConfig {
  const list = 0x10; // bit 4 of the status: there are capabilities
  const express = 0x10;
  const type = 7 << 4;
  return parsePciConfig(
    space({
      6: list,
      10: 0x04,
      11: 0x06,
      14: 0x01,
      24: primary_bus,
      25: secondary_bus,
      26: secondary_bus,
      52: 0x40,
      64: express,
      66: type | 2,
    }),
  );
}

function space(bytes: Readonly<Record<number, number>>): Uint8Array {
  const filled = new Uint8Array(0x100);
  filled[0] = 1; // a vendor
  for (const [offset, byte] of Object.entries(bytes)) filled[Number(offset)] = byte;
  return filled;
}
