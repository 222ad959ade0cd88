// Machines of any size that have something of everything: several SMMUs, host bridges behind them with ports and
// functions of which some share groups, devices of the platform that share IDs, and devices that nothing translates.

import { be32, cells, type Node, node, prop } from '../../firmware/fdt-builder.ts';
import { filesOf, hex, times } from '../../growth/growing.ts';
import { client, smmu, tree } from '../../growth/trees.ts';
import { configSpace } from '../../machine/pci/config-space.ts';
import { compatible, host, interrupts, phandle, reg64 } from '../../machine/trees.ts';

/** A port, and the functions below it. */
const perPort = 5;
const portsPerHost = 24;
/** Devices of the platform behind one SMMUv2, which has no more than 128 entries for them. */
const perSmmu = 100;
/** The phandle of the first of those. */
const firstOld = 0x1000;

/** The files of a machine with about so many devices. */
export function largeMachine(devices: number): Map<string, Uint8Array> {
  const ports = Math.max(1, Math.floor((devices * 0.7) / perPort));
  const hosts = Math.ceil(ports / portsPerHost);
  const clients = Math.floor(devices * 0.15);
  const old = Math.ceil(clients / perSmmu);
  const plain = Math.max(0, devices - ports * perPort - clients - 2 * hosts - old);
  const children = [
    ...times(hosts, smmu),
    ...times(old, oldSmmu),
    ...times(hosts, hostOf),
    // Every fourth has the ID of the one before it, and shares its group.
    ...times(clients, (i) =>
      client(i, firstOld + Math.floor(i / perSmmu), 0x100 + i - (i % 4 === 3 ? 1 : 0)),
    ),
    ...times(plain, plainOf),
  ];
  const dtb = tree(children, [prop('#interrupt-cells', be32(1))]);
  const pci = times(ports, functionsOf).flat();
  return filesOf({ dtb, files: Object.fromEntries(pci) });
}

function oldSmmu(i: number): Node {
  const at = 0x0f00_0000 + i * 0x1_0000;
  return node(`iommu@${hex(at)}`, [
    compatible('arm,mmu-500'),
    reg64(at),
    prop('#iommu-cells', be32(1)),
    ...interrupts(4),
    phandle(firstOld + i),
  ]);
}

function hostOf(i: number): Node {
  return host(0x40_0000_0000 + i * 0x1000_0000, [
    prop('linux,pci-domain', be32(i)),
    prop('bus-range', be32(0, 255)),
    prop('iommu-map', cells([0, i + 1, 0x1_0000, 0x1_0000])),
  ]);
}

function plainOf(i: number): Node {
  const at = 0x9000_0000 + i * 0x1000;
  return node(`serial@${hex(at)}`, [compatible('ns16550a'), reg64(at)]);
}

/** Of every third port the functions have nothing that keeps them apart. */
function functionsOf(i: number): [string, Uint8Array][] {
  const segment = hex(Math.floor(i / portsPerHost), 4);
  const slot = (i % portsPerHost) + 1;
  const apart = { acs: [0x1d, 0x1d] } as const;
  const bytes = (name: string, config: Parameters<typeof configSpace>[0]): [string, Uint8Array] => [
    `pci/${segment}:${name}.bin`,
    configSpace(config).subarray(0, 0x110),
  ];
  return [
    bytes(`00:${hex(slot, 2)}.0`, { type: 4, secondary: slot, ...apart }),
    ...times(perPort - 1, (f) =>
      bytes(`${hex(slot, 2)}:00.${f}`, {
        type: 0,
        multifunction: true,
        ids: [0x8086, 0x10d3],
        code: 0x020000,
        ...(i % 3 === 2 ? {} : apart),
      }),
    ),
  ];
}
