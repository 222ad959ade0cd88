// Nodes that examples of rules are put together from.

import type { TreeExample } from '../example.ts';

/** A node of a source: what opens it, and its lines. */
export function block(head: string, ...lines: readonly string[]): string {
  return [`${head} {`, ...lines.map((line) => `\t${line}`), '};', ''].join('\n');
}

/** An SMMUv3 with a label; lines come behind its registers. */
export function smmu3(label = 'smmu', ...lines: readonly string[]): string {
  const at = placeOf(label);
  const cells = lines.some((line) => line.startsWith('#iommu-cells'))
    ? []
    : ['#iommu-cells = <1>;'];
  return block(
    `${label}: iommu@${at}`,
    'compatible = "arm,smmu-v3";',
    ...(lines.some((line) => line.startsWith('reg =')) ? [] : [`reg = <0 0x${at} 0 0x20000>;`]),
    ...cells,
    ...lines,
  );
}

/** An SMMUv2, with the interrupt controller that its interrupts are of. */
export function smmu2(...lines: readonly string[]): string {
  return gic + smmu2Alone(...lines);
}

export const gic: string = block(
  'gic: interrupt-controller@8000000',
  'compatible = "arm,gic-v3";',
  'reg = <0 0x8000000 0 0x10000>, <0 0x8100000 0 0x100000>;',
  'interrupt-controller;',
  '#interrupt-cells = <3>;',
);

export const twoInterrupts: string = 'interrupts = <0 32 4>, <0 33 4>;';

/** An SMMUv2 with one interrupt of its own, and one for a context bank. */
export function smmu2Alone(...lines: readonly string[]): string {
  return bareSmmu2('#global-interrupts = <1>;', twoInterrupts, ...lines);
}

export function bareSmmu2(...lines: readonly string[]): string {
  return block(
    'smmu: iommu@10000000',
    'compatible = "arm,smmu-v2";',
    'reg = <0 0x10000000 0 0x10000>;',
    'interrupt-parent = <&gic>;',
    ...lines,
  );
}

/** A device with its list of IOMMUs. */
export function master(name: string, iommus: string, ...lines: readonly string[]): string {
  return block(
    `${name}@${placeOf(name)}`,
    'compatible = "vendor,dma";',
    `reg = <0 0x${placeOf(name)} 0 0x1000>;`,
    `iommus = ${iommus};`,
    ...lines,
  );
}

/** A PCI host bridge with a map. */
export function host(name: string, map: string, ...lines: readonly string[]): string {
  return bridge(name, `iommu-map = ${map};`, ...lines);
}

/** A PCI host bridge. */
export function bridge(name: string, ...lines: readonly string[]): string {
  const at = placeOf(name);
  return block(
    `${name}@${at}`,
    'compatible = "pci-host-ecam-generic";',
    'device_type = "pci";',
    `reg = <0 0x${at} 0 0x10000000>;`,
    '#address-cells = <3>;',
    '#size-cells = <2>;',
    'bus-range = <0 0xff>;',
    'ranges = <0x2000000 0 0x60000000 0 0x60000000 0 0x10000000>;',
    ...lines,
  );
}

/** Host bridges that differ in those properties, with the nodes that they name. */
export function bridges(named: string, bad: string, good: string): TreeExample {
  const withNamed = (properties: string): string =>
    `${named}${bridge('pcie', ...properties.split('\n'))}`;
  return { bad: withNamed(bad), good: withNamed(good) };
}

/** A controller for MSIs. */
export function its(...lines: readonly string[]): string {
  return block(
    'its: msi-controller@8200000',
    'compatible = "arm,gic-v3-its";',
    'reg = <0 0x8200000 0 0x20000>;',
    'msi-controller;',
    ...lines,
  );
}

/** Where each stands. */
const places: Readonly<Record<string, string>> = {
  smmu: '10000000',
  smmu_b: '10100000',
  dma: '20000000',
  usb: '20010000',
  pcie: '40000000',
  pci: '50000000',
};

function placeOf(name: string): string {
  return places[name] ?? '30000000';
}
