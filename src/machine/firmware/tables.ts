// Which nodes Linux treats specially when it makes devices of a devicetree (drivers/of/platform.c).

import { compatibleOf, type FdtNode, isAvailable } from '../../firmware/fdt/index.ts';

/** Nodes whose children become devices too. */
export const busNodes: readonly string[] = ['simple-bus', 'simple-mfd', 'isa', 'arm,amba-bus'];

/** Data in the shape of a device: never one. */
export const skippedNodes: readonly string[] = ['operating-points-v2'];

/** Memory regions with a driver, wherever they are in the tree; created before everything else. */
export const reservedMemoryNodes: readonly string[] = [
  'qcom,rmtfs-mem',
  'qcom,cmd-db',
  'qcom,smem',
  'ramoops',
  'nvmem-rmem',
  'google,open-dice',
];

/**
 * Interrupt controllers that are set up long before the driver core and marked as taken, so that
 * they never become devices. The kernel's list is as long as its configuration; these are the
 * ones of arm64 and RISC-V defaults. One that is missing here is shown as a device without DMA.
 */
const earlyInterruptControllers: readonly string[] = [
  'al,alpine-msix',
  'allwinner,sun50i-h6-r-intc',
  'allwinner,sun6i-a31-r-intc',
  'apple,aic',
  'apple,aic2',
  'arm,arm1176jzf-devchip-gic',
  'arm,arm11mp-gic',
  'arm,cortex-a15-gic',
  'arm,cortex-a7-gic',
  'arm,cortex-a9-gic',
  'arm,eb11mp-gic',
  'arm,gic-400',
  'arm,gic-v3',
  'arm,gic-v5',
  'arm,pl390',
  'brcm,bcm2835-armctrl-ic',
  'brcm,bcm2836-armctrl-ic',
  'brcm,bcm2836-l1-intc',
  'fsl,ls1021a-extirq',
  'fsl,ls1043a-extirq',
  'fsl,ls1088a-extirq',
  'marvell,mpic',
  'marvell,odmi-controller',
  'mediatek,mt6577-sysirq',
  'mediatek,mtk-cirq',
  'nvidia,tegra210-ictlr',
  'qcom,msm-8660-qgic',
  'qcom,msm-qgic2',
  'riscv,cpu-intc',
  'snps,dw-apb-ictl',
];

/** Clocks that are set up as early, of those that no vendor owns. */
const earlyClocks: readonly string[] = ['fixed-clock', 'fixed-factor-clock', 'fixed-mmio-clock'];

/** Whether one of the node's `compatible` strings is in the table; Linux ignores their case. */
export function matches(node: FdtNode, table: readonly string[]): boolean {
  return compatibleOf(node).some((compatible) => table.includes(compatible.toLowerCase()));
}

/** Whether the kernel has set the node up by itself before it creates devices. */
export function isTakenEarly(node: FdtNode): boolean {
  if (!isAvailable(node)) return false;
  if (matches(node, earlyClocks)) return true;
  return node.properties.has('interrupt-controller') && matches(node, earlyInterruptControllers);
}
