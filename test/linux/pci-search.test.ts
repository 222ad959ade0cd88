// drivers/pci/search.c
import { expect, test } from 'vitest';
import { sequentially, type Task } from '../../src/explore/index.ts';
import { pci_for_each_dma_alias } from '../../src/linux/drivers/pci/search.ts';
import { dmaAliases, type pci_bus, pci_dev, unknownFunction } from '../../src/linux/index.ts';

const endpoint = 0;
const rootPort = 4;
const upstream = 5;
const downstream = 6;
const pcieToPci = 7;
const pciToPcie = 8;
const conventional = null;

/**
 * A path from the root down: type, bus, device and function, bus below, vendor and device ID; the last
 * one is the device itself.
 */
type Hop = readonly [
  type: number | null,
  bus: number,
  devfn: number,
  subordinate?: number | undefined,
  ids?: readonly [vendor: number, device: number],
];

function pathOf(...hops: readonly Hop[]): pci_dev {
  let bus: pci_bus = { number: 0, self: null, parent: null, devices: [] };
  let pdev: pci_dev | null = null;
  for (const [pcie_type, number, devfn, below, [vendor, device] = [0xffff, 0xffff]] of hops) {
    expect(bus.number).toBe(number);
    pdev = new pci_dev(0, bus, devfn, { ...unknownFunction, vendor, device, pcie_type });
    if (below !== undefined) bus = pdev.busBelow(below);
  }
  if (pdev === null) throw new Error('no hops');
  return pdev;
}

test.each<[string, Hop[], number[]]>([
  ['a device on the root bus has its own ID', [[endpoint, 0, 0x18]], [0x0018]],
  [
    'a root port changes nothing',
    [
      [rootPort, 0, 8, 1],
      [endpoint, 1, 0],
    ],
    [0x0100],
  ],
  [
    'neither does a switch',
    [
      [rootPort, 0, 8, 1],
      [upstream, 1, 0, 2],
      [downstream, 2, 8, 3],
      [endpoint, 3, 1],
    ],
    [0x0301],
  ],
  [
    'a PCIe-to-PCI bridge answers as function 0 of the bus below it',
    [
      [rootPort, 0, 8, 1],
      [pcieToPci, 1, 0, 2],
      [conventional, 2, 0x20],
    ],
    [0x0220, 0x0200],
  ],
  [
    'behind it a device that is function 0 itself has the same ID twice',
    [
      [rootPort, 0, 8, 1],
      [pcieToPci, 1, 0, 2],
      [conventional, 2, 0],
    ],
    [0x0200, 0x0200],
  ],
  [
    'a PCI-to-PCIe bridge answers by its own ID',
    [
      [pciToPcie, 0, 0x28, 1],
      [endpoint, 1, 0],
    ],
    [0x0100, 0x0028],
  ],
  [
    'so does a conventional bridge',
    [
      [conventional, 0, 0x28, 1],
      [conventional, 1, 8],
    ],
    [0x0108, 0x0028],
  ],
  [
    'bridges one below the other all answer, the nearest first',
    [
      [pcieToPci, 0, 8, 1],
      [conventional, 1, 0x10, 2],
      [conventional, 2, 0x18],
    ],
    [0x0218, 0x0110, 0x0100],
  ],
  [
    'a bridge that hides that it is PCIe-to-PCI answers as one',
    [
      [rootPort, 0, 8, 1],
      [conventional, 1, 0, 2, [0x1b21, 0x1080]],
      [conventional, 2, 0x20],
    ],
    [0x0220, 0x0200],
  ],
  [
    'but not where there is no PCI Express above it',
    [
      [conventional, 0, 0xf0, 1, [0x8086, 0x244e]],
      [conventional, 1, 0x20],
    ],
    [0x0120, 0x00f0],
  ],
  [
    'above a bridge that the IOMMU sits at nothing changes',
    [
      [conventional, 0, 8, 1],
      [rootPort, 1, 0, 2, [0x14e4, 0x9084]],
      [pcieToPci, 2, 0, 3],
      [conventional, 3, 0x20],
    ],
    [0x0320, 0x0300],
  ],
  [
    'a controller that does DMA as function 1 has both IDs',
    [
      [rootPort, 0, 8, 1],
      [endpoint, 1, 0, undefined, [0x1b4b, 0x9230]],
    ],
    [0x0100, 0x0101],
  ],
  [
    'one that does it as function 0 has both, unless it is function 0',
    [
      [rootPort, 0, 8, 1],
      [endpoint, 1, 4, undefined, [0x1180, 0xe832]],
    ],
    [0x0104, 0x0100],
  ],
  [
    'a coprocessor passes on the IDs behind it',
    [
      [rootPort, 0, 8, 1],
      [endpoint, 1, 0, undefined, [0x8086, 0x2264]],
    ],
    [0x0100, 0x0180, 0x0188, 0x0193],
  ],
])('%s', (_guarantee, hops, ids) => {
  expect(dmaAliases(pathOf(...hops)).map(({ alias }) => alias)).toEqual(ids);
});

test.each([
  ['every alias is visited when each answers 0', 0, [0x0218, 0x0110, 0x0100]],
  ['the first answer that is not 0 ends the walk and is its result', 7, [0x0218, 0x0110]],
])('%s', (_guarantee, answer, visits) => {
  const pdev = pathOf([pcieToPci, 0, 8, 1], [conventional, 1, 0x10, 2], [conventional, 2, 0x18]);
  const visited: number[] = [];
  const results: number[] = [];
  function* visit(_pdev: pci_dev, alias: number): Task<number> {
    visited.push(alias);
    return alias === 0x0110 ? answer : 0;
  }
  sequentially((world) => {
    world.runAlone('walk', function* () {
      results.push(yield* pci_for_each_dma_alias(pdev, visit));
    });
  });
  expect(visited).toEqual(visits);
  expect(results).toEqual([answer]);
});
