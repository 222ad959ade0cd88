// The findings of a machine, without what else an inspection says.

import { type FdtNode, type FdtProperty, propertyOf } from '../../firmware/index.ts';
import { type Design, isOfIommu, type Kconfig } from '../../linux/index.ts';
import { type BootOptions, bootMachine } from '../boot/boot.ts';
import type { Finding } from '../inspection.ts';
import type { Machine, MachineDevice } from '../machine.ts';
import { findingsOf } from './findings.ts';
import { groupFindings } from './grouped.ts';

/**
 * What `inspect()` finds. Of a devicetree only those devices boot that have to do with an IOMMU: most have
 * not, and nothing is found about them. Where it is known what came when, the others are waited for.
 */
export function lint(
  machine: Machine,
  design: Design,
  config: Kconfig,
  options: BootOptions = {},
): Finding[] {
  return groupFindings(lintNodes(machine, design, config, options));
}

/** The same, node by node. */
export function lintNodes(
  machine: Machine,
  design: Design,
  config: Kconfig,
  options: BootOptions = {},
): Finding[] {
  const booted = options.plan === undefined ? concerned(machine) : machine;
  return findingsOf(machine, bootMachine(booted, design, config, options));
}

/** The machine with the devices that are IOMMUs or behind one, what these consist of, and who makes them. */
function concerned(machine: Machine): Machine {
  const { firmware, fdt, devices } = machine;
  if (firmware !== 'devicetree' || fdt === null) return machine;
  const kept = new Set<FdtNode>();
  const keep = (node: FdtNode | null): void => {
    for (let at = node; at !== null && !kept.has(at); at = at.parent) kept.add(at);
  };
  // A cell that only looks like a phandle keeps a device too many.
  const keepNamed = ({ value }: FdtProperty): void => {
    const cells = new DataView(value.buffer, value.byteOffset, value.length);
    for (let at = 0; at + 4 <= value.length; at += 4)
      keep(fdt.phandles.get(cells.getUint32(at)) ?? null);
  };
  // What an IOMMU is made of may be below it.
  const visit = (node: FdtNode, isBelow: boolean): void => {
    const isPart = isBelow || isOfIommu(node);
    const said = properties.flatMap((name) => propertyOf(node, name) ?? []);
    if (isPart || said.length > 0) keep(node);
    for (const prop of isPart ? node.properties.values() : said) keepNamed(prop);
    for (const child of node.children) visit(child, isPart);
  };
  visit(fdt.root, false);
  for (const { bus, dma_node } of devices) if (bus !== 'platform' && bus !== 'amba') keep(dma_node);
  const isKept = ({ of_node }: MachineDevice): boolean => of_node === null || kept.has(of_node);
  const others = devices.filter((of) => !isKept(of));
  return { ...machine, devices: devices.filter(isKept), others };
}

/** What says that a node has to do with an IOMMU. */
const properties = ['#iommu-cells', 'iommus', 'iommu-map', 'mmu-masters', 'iommu-addresses'];
