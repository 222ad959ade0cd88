// What IOMMUs wait for themselves: clocks, power, interrupts, and drivers that are behind them.

import { type FdtNode, propertyOf, specifiers } from '../../../firmware/index.ts';
import { EPROBE_DEFER } from '../../../linux/index.ts';
import { groupBy } from '../../../util/index.ts';
import { waitsAfterDma, waitsBeforeDma } from '../../boot/end-state.ts';
import { Interrupts } from '../../boot/suppliers/interrupts.ts';
import { providersAmong } from '../../boot/suppliers/needs.ts';
import { suppliersFrom } from '../../boot/suppliers/suppliers.ts';
import type { Finding } from '../../inspection.ts';
import type { MachineDevice } from '../../machine.ts';
import { type Judged, offsetOf } from '../judged.ts';

/** Rules about the suppliers of IOMMUs. */
export function supplierFindings(judged: Judged): Finding[] {
  const { machine, boot, enabled, driverOf } = judged;
  const circles = circlesIn(judged);
  const interrupts = new Interrupts(judged.fdt);
  return machine.devices.flatMap((of): Finding[] => {
    const node = of.of_node;
    const dev = boot.devices.get(of);
    if (node === null || dev === undefined || !boot.k.instances.has(dev)) return [];
    if (!enabled.has(node) || driverOf(node) === null) return [];
    const missing = missingSupplier(judged, interrupts, node);
    if (missing !== null) return [missing];
    const user = circles.get(node);
    if (user !== undefined) return [circle(node, user)];
    const errno = Math.abs(boot.attempts.get(dev)?.errno ?? 0);
    if (errno !== EPROBE_DEFER) return [];
    const [why] = [...waitsBeforeDma(dev), ...waitsAfterDma(dev)];
    return why === undefined ? [] : [waiting(node, why)];
  });
}

const lists = [
  ['clocks', '#clock-cells'],
  ['power-domains', '#power-domain-cells'],
  ['resets', '#reset-cells'],
  ['interrupts-extended', '#interrupt-cells'],
] as const;

/** A supplier that somebody has switched off, or that is not in the tree. */
function missingSupplier(
  { fdt, enabled }: Judged,
  interrupts: Interrupts,
  node: FdtNode,
): Finding | null {
  const named = (property: string, offset: number, what: string, help: string): Finding => ({
    rule: 'iommu-supplier',
    severity: 'warning',
    node: node.path,
    property,
    offset,
    message: `it names ${what}: the IOMMU, and who is behind it, may never come up`,
    help,
  });
  const disabled = (property: string, offset: number, { path }: FdtNode): Finding =>
    named(
      property,
      offset,
      `${path}, which is disabled`,
      `enable ${path}, or name what supplies the IOMMU on this board`,
    );
  for (const [property, cells] of lists) {
    const list = propertyOf(node, property);
    for (const entry of list === undefined ? [] : specifiers(fdt, list, cells)) {
      if (entry.ok && !enabled.has(entry.node)) return disabled(property, entry.offset, entry.node);
      if (entry.ok || entry.problem.code !== 'fdt/unknown-phandle') continue;
      const what = `a node that is not there, ${entry.problem.found}`;
      return named(property, entry.offset, what, 'name a node that is in the tree');
    }
  }
  for (const controller of interrupts.controllersOf(node)) {
    if (enabled.has(controller)) continue;
    const property = propertyOf(node, 'interrupts') ? 'interrupts' : 'interrupts-extended';
    return disabled(property, offsetOf(node, property), controller);
  }
  return null;
}

/** IOMMUs, and a device that each waits for, by however many others, and that is behind it. */
function circlesIn({ fdt, machine, boot }: Judged): ReadonlyMap<FdtNode, FdtNode> {
  const iommus = machine.devices.filter(
    ({ of_node }) => of_node !== null && propertyOf(of_node, '#iommu-cells') !== undefined,
  );
  const { config, design } = boot.k;
  const { links, needs } = suppliersFrom(machine, iommus, config, design.release);
  const suppliers = groupBy(links, ({ consumer }) => consumer);
  const suppliersOf = (of: MachineDevice): MachineDevice[] => {
    const needed = needs.get(of);
    const linked = suppliers.get(of)?.map(({ supplier }) => supplier) ?? [];
    return needed === undefined ? linked : [...linked, ...providersAmong(needed)];
  };
  const behind = new Map<MachineDevice, ReadonlySet<FdtNode>>();
  for (const of of new Set(machine.devices.flatMap(suppliersOf))) {
    const list = of.of_node === null ? undefined : propertyOf(of.of_node, 'iommus');
    const entries = list === undefined ? [] : specifiers(fdt, list, '#iommu-cells');
    if (entries.length > 0)
      behind.set(of, new Set(entries.flatMap((entry) => (entry.ok ? [entry.node] : []))));
  }
  const found = new Map<FdtNode, FdtNode>();
  // Suppliers are hardly ever behind an IOMMU.
  if (behind.size === 0) return found;
  for (const of of iommus) {
    const iommu = of.of_node;
    if (iommu === null) continue;
    const waitedFor = new Set(suppliersOf(of));
    for (const supplier of waitedFor) {
      if (behind.get(supplier)?.has(iommu) === true && supplier.of_node !== null)
        found.set(iommu, supplier.of_node);
      for (const further of suppliersOf(supplier)) waitedFor.add(further);
    }
  }
  return found;
}

function circle(node: FdtNode, { path }: FdtNode): Finding {
  return {
    ...at(node),
    rule: 'iommu-cycle',
    severity: 'warning',
    message: `it waits for ${path}, which is behind it and waits for it: neither comes up before the deferral time-out`,
    help: 'leave iommus out at what the IOMMU itself needs',
  };
}

function waiting(node: FdtNode, why: string): Finding {
  return {
    ...at(node),
    rule: 'iommu-supplier',
    severity: 'warning',
    message: `it does not come up: ${why}`,
    help: 'check that what supplies the IOMMU is enabled, and that the kernel has a driver for it',
  };
}

function at(node: FdtNode): Pick<Finding, 'node' | 'property' | 'offset'> {
  return { node: node.path, property: 'compatible', offset: offsetOf(node, 'compatible') };
}
