import type { TreeExample } from '../example.ts';
import type { Rule } from '../rule.ts';
import { smmu3 } from './trees.ts';

/** A display controller behind an SMMU, and a frame buffer that firmware has left it. */
function frameBuffer(addresses: string, regions = '<&fb>'): TreeExample['bad'] {
  return `${smmu3()}
reserved-memory {
	#address-cells = <2>;
	#size-cells = <2>;
	ranges;

	fb: framebuffer@80000000 {
		reg = <0x0 0x80000000 0x0 0x800000>;
		iommu-addresses = ${addresses};
	};
};

display: display@9000000 {
	compatible = "arm,mali-dp500";
	reg = <0x0 0x9000000 0x0 0x1000>;
	iommus = <&smmu 0x10>;
	memory-region = ${regions};
};

camera: camera@9100000 {
	compatible = "vendor,camera";
	reg = <0x0 0x9100000 0x0 0x1000>;
	iommus = <&smmu 0x11>;
};
`;
}

const asItIs = '<&display 0x0 0x80000000 0x0 0x800000>';

/** A bus with those ranges. */
function bus(ranges: string): string {
  return `soc@0 {
	compatible = "simple-bus";
	#address-cells = <2>;
	#size-cells = <2>;
	ranges;
	dma-ranges = ${ranges};

	dma@9000000 {
		compatible = "arm,pl330";
		reg = <0x0 0x9000000 0x0 0x1000>;
	};
};
`;
}

/** A device, and a pool for its DMA. */
function pool(iommus: string): string {
  return `${smmu3()}
reserved-memory {
	#address-cells = <2>;
	#size-cells = <2>;
	ranges;

	pool: pool@80000000 {
		compatible = "restricted-dma-pool";
		reg = <0x0 0x80000000 0x0 0x800000>;
	};
};

wifi@9000000 {
	compatible = "vendor,wifi";
	reg = <0x0 0x9000000 0x0 0x1000>;
	memory-region = <&pool>;
${iommus}};
`;
}

/** Rules about reserved memory and `dma-ranges`. */
export const regionRules: readonly Rule[] = [
  {
    name: 'dma-ranges',
    severity: 'warning',
    about: 'dma-ranges is a whole number of ranges that have a size',
    linux:
      'Linux reads up to the range that is cut, and takes one without size for one that ends before it begins. Where no range is left, devices on the bus have no bound but that of their driver, mostly 32 bits.',
    fix: 'Write the address on the bus, the address on the bus above and the size, in the cells that these buses count.',
    example: {
      bad: bus('<0x0 0x0 0x0 0x80000000>'),
      good: bus('<0x0 0x0 0x0 0x80000000 0x0 0x40000000>'),
    },
  },
  {
    name: 'restricted-pool',
    severity: 'note',
    about: 'a restricted DMA pool is for a device without IOMMU',
    linux:
      'Linux looks for a pool only where no IOMMU took the device: this one sets the memory aside, and the device does its DMA through the IOMMU.',
    fix: 'Leave the pool out of memory-region, or the IOMMU out of the description, whichever is not meant.',
    example: { bad: pool('\tiommus = <&smmu 0x10>;\n'), good: pool('') },
  },
  {
    name: 'resv-length',
    severity: 'error',
    about: 'iommu-addresses is a whole number of entries',
    linux:
      'From v6.3 on, Linux takes phandle, address and size without looking where the property ends: what stands behind it becomes address or size.',
    fix: 'Write as many cells as #address-cells and #size-cells of the bus of the device say.',
    example: { bad: frameBuffer('<&display 0x80000000 0x800000>'), good: frameBuffer(asItIs) },
  },
  {
    name: 'resv-not-identity',
    severity: 'warning',
    about: 'a device sees reserved memory where it is',
    linux:
      'From v6.3 on: “treating non-direct mapping [mem 0x80000000-0x807fffff] -> [0x90000000-0x907fffff] as reservation”. Those addresses are kept free and nothing is mapped, so that the device faults on what it reads from before its driver comes. Older kernels do not know iommu-addresses.',
    fix: 'Write address and size of reg, or leave reg out where nothing is to be mapped.',
    example: {
      bad: frameBuffer('<&display 0x0 0x90000000 0x0 0x800000>'),
      good: frameBuffer(asItIs),
    },
  },
  {
    name: 'resv-wrong-dev',
    severity: 'warning',
    about: 'iommu-addresses names a device that has the region in memory-region',
    linux:
      'Linux comes from memory-region of a device and skips entries of others, one cell at a time: address and size of such an entry are taken for phandles, too. What is not found is neither mapped nor kept free.',
    fix: 'Name the device in iommu-addresses that has the region in memory-region.',
    example: {
      bad: frameBuffer('<&camera 0x0 0x80000000 0x0 0x800000>'),
      good: frameBuffer(asItIs),
    },
  },
  {
    name: 'resv-zero',
    severity: 'warning',
    about: 'a range in iommu-addresses has a size',
    linux: 'From v6.3 on: “Cannot reserve IOVA region of 0 size”, and the entry is skipped.',
    fix: 'Write the size of the range.',
    example: { bad: frameBuffer('<&display 0x0 0x80000000 0x0 0x0>'), good: frameBuffer(asItIs) },
  },
];
