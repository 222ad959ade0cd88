import { compatibleOf, type FdtNode } from '../../../../../firmware/fdt/index.ts';
import type { device } from '../../../../include/linux/device.ts';
import { ENODEV, type errno } from '../../../../include/linux/errno.ts';
import type { kernel } from '../../../../kernel.ts';
import { firstCell } from '../../../of/base.ts';
import { interruptsOf } from '../../../of/irq.ts';

/** What the driver learns from firmware before it touches registers. */
export interface SmmuInterrupts {
  readonly global_irqs: number;
  readonly irqs: number;
  /** SMMUv2 has an interrupt for each context bank. */
  readonly isV2: boolean;
}

/** What an SMMU's interrupts make of its probe: nothing works without one for context faults. */
export function interruptsErrno(k: kernel, dev: device, contextBanks = 0): errno {
  const described = dev.of_node === null ? inTable(k, dev) : smmuInterruptsOf(k, dev.of_node);
  if (described === null) {
    k.dev_err(dev, 'missing #global-interrupts property');
    return -ENODEV;
  }
  const { global_irqs, irqs, isV2 } = described;
  const context_irqs = irqs - global_irqs;
  if (context_irqs <= 0) {
    k.dev_err(dev, `found ${irqs} interrupts but expected at least ${global_irqs + 1}`);
    return -ENODEV;
  }
  if (isV2 && contextBanks > context_irqs) {
    k.dev_err(dev, `found only ${context_irqs} context irqs but ${contextBanks} required`);
    return -ENODEV;
  }
  return 0;
}

const version1: readonly string[] = ['arm,smmu-v1', 'arm,mmu-400', 'arm,mmu-401'];

/** An SMMUv1 matches StreamIDs of 15 bits, whatever is said to it. */
export function isSmmuV1(np: FdtNode): boolean {
  return compatibleOf(np).some((name) => version1.includes(name));
}

/** `arm_smmu_device_dt_probe()`; null without `#global-interrupts`. */
export function smmuInterruptsOf(k: kernel, np: FdtNode): SmmuInterrupts | null {
  const global_irqs = firstCell(np, '#global-interrupts');
  if (global_irqs === null) return null;
  return { global_irqs, irqs: interruptsOf(k, np), isV2: !isSmmuV1(np) };
}

/** SMMUv1, MMU-400 and MMU-401. */
const version1Models = [0, 2, 4];

/** `arm_smmu_device_acpi_probe()`. The interrupt for configuration accesses is ignored. */
function inTable(k: kernel, dev: device): SmmuInterrupts | null {
  for (const [node, fwnode] of k.acpi?.fwnodes ?? []) {
    if (fwnode !== dev.fwnode || node.type !== 'smmu') continue;
    const irqs = 1 + node.context_interrupts.length;
    return { global_irqs: 1, irqs, isV2: !version1Models.includes(node.model) };
  }
  return null;
}
