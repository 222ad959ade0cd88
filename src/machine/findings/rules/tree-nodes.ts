// Nodes that examples have in common.

import type { TreeExample } from './example.ts';

const gic = `gic: interrupt-controller@8000000 {
	compatible = "arm,gic-v3";
	reg = <0x0 0x8000000 0x0 0x10000>, <0x0 0x80a0000 0x0 0xf60000>;
	interrupt-controller;
	#interrupt-cells = <3>;
};
`;

/** An SMMUv3, which wants one cell. */
export const smmu3: string = `smmu: iommu@5000000 {
	compatible = "arm,smmu-v3";
	reg = <0x0 0x5000000 0x0 0x20000>;
	#iommu-cells = <1>;
};
`;

/** An MMU-500 that wants an ID and a mask. */
export const smmu2: string = `${gic}
smmu: iommu@5000000 {
	compatible = "arm,mmu-500";
	reg = <0x0 0x5000000 0x0 0x20000>;
	#iommu-cells = <2>;
	#global-interrupts = <1>;
	interrupt-parent = <&gic>;
	interrupts = <0 74 4>, <0 75 4>;
};
`;

/** A controller for MSIs. */
export function its(cells: string): string {
  return `its: msi-controller@8080000 {
	compatible = "arm,gic-v3-its";
	reg = <0x0 0x8080000 0x0 0x20000>;
	msi-controller;
${cells}};
`;
}

/** A host bridge with those properties, and nodes. */
export function hostBridge(properties: string): string {
  return `pcie@40000000 {
	compatible = "pci-host-ecam-generic";
	device_type = "pci";
	reg = <0x0 0x40000000 0x0 0x10000000>;
	bus-range = <0x0 0xff>;
	#address-cells = <3>;
	#size-cells = <2>;
	ranges = <0x2000000 0x0 0x50000000 0x0 0x50000000 0x0 0x10000000>;
${properties.replace(/^(?=.)/gm, '\t')}};
`;
}

/** Host bridges that differ in those properties, with the nodes that they name. */
export function hostExample(named: string, bad: string, good: string): TreeExample {
  return {
    bad: `${named}\n${hostBridge(`${bad}\n`)}`,
    good: `${named}\n${hostBridge(`${good}\n`)}`,
  };
}
