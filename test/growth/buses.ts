// PCI functions, by their names.

import { configSpace } from '../machine/pci/config-space.ts';
import { hex, times } from './growing.ts';

/** Functions of a bus, in slots of one function. */
export function onOneBus(n: number): Map<string, Uint8Array> {
  return new Map(
    times(n, (i) => [
      `${hex(i >> 16, 4)}:${hex((i >> 8) & 0xff, 2)}:${hex((i >> 3) & 0x1f, 2)}.${i & 7}`,
      configSpace({ type: 0, ids: [0x8086, 0x10d3], multifunction: true }),
    ]),
  );
}

/** Root ports, each with a bus of 8 functions below it, 31 ports to a segment. */
export function belowPorts(n: number): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  for (let i = 0; found.size < n; i++) {
    const segment = hex(Math.floor(i / 31), 4);
    const bus = (i % 31) + 1;
    found.set(
      `${segment}:00:${hex(bus, 2)}.0`,
      configSpace({ type: 4, secondary: bus, acs: [0x1d, 0] }),
    );
    for (let f = 0; f < 8; f++)
      found.set(`${segment}:${hex(bus, 2)}:00.${f}`, configSpace({ type: 0, multifunction: true }));
  }
  return found;
}

/** Bridges below one another. */
export function chain(n: number): Map<string, Uint8Array> {
  return new Map(
    times(n, (i) => [
      `${hex(Math.floor(i / 250), 4)}:${hex(i % 250, 2)}:00.0`,
      configSpace({
        type: i % 250 === 0 ? 4 : i % 2 === 1 ? 5 : 6,
        primary: i % 250,
        secondary: (i % 250) + 1,
        subordinate: 250,
      }),
    ]),
  );
}
