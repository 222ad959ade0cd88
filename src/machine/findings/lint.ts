// The findings of a machine, without what else an inspection says.

import { type FdtNode, propertyOf } from '../../firmware/index.ts';
import { type Design, isOfIommu, type Kconfig } from '../../linux/index.ts';
import { type BootOptions, bootMachine } from '../boot/boot.ts';
import type { Finding } from '../inspection.ts';
import type { Machine, MachineDevice } from '../machine.ts';
import { findingsOf } from './findings.ts';

/**
 * What `inspect()` finds. Of a devicetree only those devices boot that have to do with an IOMMU: most have
 * not, and nothing is found about them.
 */
export function lint(
  machine: Machine,
  design: Design,
  config: Kconfig,
  options: BootOptions = {},
): Finding[] {
  return findingsOf(machine, bootMachine(concerned(machine), design, config, options));
}

/** The machine with the devices that are IOMMUs or behind one, and all that these may wait for. */
function concerned(machine: Machine): Machine {
  const { firmware, fdt, devices } = machine;
  if (firmware !== 'devicetree' || fdt === null) return machine;
  const byNode = new Map<FdtNode, MachineDevice[]>();
  for (const of of devices)
    if (of.of_node !== null) byNode.set(of.of_node, [...(byNode.get(of.of_node) ?? []), of]);
  const kept = new Set<FdtNode>();
  const keep = (node: FdtNode | null): void => {
    for (let at = node; at !== null && !kept.has(at); at = at.parent) kept.add(at);
  };
  // What an IOMMU is made of may be below it.
  const visit = (node: FdtNode, isBelow: boolean): void => {
    const isPart = isBelow || isOfIommu(node);
    if (isPart || properties.some((name) => propertyOf(node, name) !== undefined)) keep(node);
    for (const child of node.children) visit(child, isPart);
  };
  visit(fdt.root, false);
  for (const { bus, dma_node } of devices) if (bus !== 'platform' && bus !== 'amba') keep(dma_node);
  // Whatever a node may refer to: a cell that only looks like a phandle keeps a device too many.
  for (const node of kept)
    for (const { value } of node.properties.values()) {
      if (value.length % 4 !== 0) continue;
      const cells = new DataView(value.buffer, value.byteOffset, value.length);
      for (let at = 0; at < value.length; at += 4) {
        const named = fdt.phandles.get(cells.getUint32(at));
        if (named !== undefined) keep(named);
      }
    }
  const left = devices.filter(({ of_node }) => of_node === null || kept.has(of_node));
  return { ...machine, devices: left };
}

/** What says that a node has to do with an IOMMU. */
const properties = ['#iommu-cells', 'iommus', 'iommu-map', 'mmu-masters', 'iommu-addresses'];
