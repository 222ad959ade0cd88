// Which devices of a devicetree wait for which others: `fw_devlink` (drivers/of/property.c).

import {
  cells,
  compatibleOf,
  type Fdt,
  type FdtNode,
  type FdtProperty,
  isAvailable,
  specifiers,
} from '../../firmware/fdt/index.ts';
import type { Kconfig } from '../../linux/index.ts';
import type { Machine, MachineDevice } from '../machine.ts';

/** A device, and one that it does not work without. */
export interface SupplierLink {
  readonly consumer: MachineDevice;
  readonly supplier: MachineDevice;
}

/** Properties that list phandles, and what tells how many cells follow each; null for none. */
const lists: ReadonlyMap<string, string | null> = new Map([
  ['clocks', '#clock-cells'],
  ['interconnects', '#interconnect-cells'],
  ['mboxes', '#mbox-cells'],
  ['io-channels', '#io-channel-cells'],
  ['interrupt-parent', null],
  ['power-domains', '#power-domain-cells'],
  ['hwlocks', '#hwlock-cells'],
  ['extcon', null],
  ['nvmem-cells', '#nvmem-cell-cells'],
  ['phys', '#phy-cells'],
  ['wakeup-parent', null],
  ['pwms', '#pwm-cells'],
  ['resets', '#reset-cells'],
  ['leds', null],
  ['backlight', null],
  ['panel', null],
  ['interrupts-extended', '#interrupt-cells'],
]);

/** Suppliers that drivers can do without: waited for only when `fw_devlink` is strict. */
const optional: ReadonlyMap<string, string> = new Map([
  ['iommus', '#iommu-cells'],
  ['dmas', '#dma-cells'],
]);

/** Who waits for whom. Nobody does where the devicetree goes in a circle. */
export function supplierLinks(machine: Machine, config: Kconfig): SupplierLink[] {
  const { fdt } = machine;
  const off = config.fw_devlink === 'off' || config.fw_devlink === 'permissive';
  if (fdt === null || off) return [];
  const devices = new Map<FdtNode, MachineDevice>();
  for (const of of machine.devices) if (of.of_node !== null) devices.set(of.of_node, of);
  const links: SupplierLink[] = [];
  for (const [node, consumer] of devices) {
    const suppliers = new Set<MachineDevice>();
    for (const named of suppliersOf(fdt, node, config.fw_devlink_strict)) {
      const supplier = deviceOf(devices, named);
      if (supplier !== null && !isBelow(node, supplier.of_node)) suppliers.add(supplier);
    }
    for (const supplier of suppliers) links.push({ consumer, supplier });
  }
  return links.filter(({ consumer, supplier }) => !reaches(links, supplier, consumer));
}

function* suppliersOf(
  fdt: Pick<Fdt, 'phandles'>,
  node: FdtNode,
  strict: boolean,
): Generator<FdtNode> {
  for (const [name, prop] of node.properties) {
    const list = cellsNameOf(name, strict);
    if (list === undefined) {
      if (strict && name === 'iommu-map') yield* iommuMap(fdt, prop);
    } else if (list === null) yield* phandles(fdt, prop, 0, 1);
    else
      for (const entry of specifiers(fdt, prop, list)) {
        if (entry.ok) yield entry.node;
      }
  }
}

/** Undefined for a property that names no supplier. */
function cellsNameOf(name: string, strict: boolean): string | null | undefined {
  if (lists.has(name)) return lists.get(name);
  if (strict && optional.has(name)) return optional.get(name);
  if (name.endsWith('-supply') || /^pinctrl-[0-8]$/.test(name)) return null;
  if (/(?:^|-)gpios?$/.test(name)) return '#gpio-cells';
  return undefined;
}

function iommuMap(fdt: Pick<Fdt, 'phandles'>, prop: FdtProperty): Generator<FdtNode> {
  return phandles(fdt, prop, 1, 4);
}

function* phandles(
  fdt: Pick<Fdt, 'phandles'>,
  prop: FdtProperty,
  first: number,
  step: number,
): Generator<FdtNode> {
  if (prop.value.length % 4 !== 0) return;
  const words = cells(prop);
  for (let at = first; at < words.length; at += step) {
    const node = fdt.phandles.get(words[at] ?? 0);
    if (node !== undefined) yield node;
  }
}

/**
 * The device of a node, or of the nearest one above it that says what it is. What is no device was
 * set up by the kernel itself, long before.
 */
function deviceOf(
  devices: ReadonlyMap<FdtNode, MachineDevice>,
  node: FdtNode,
): MachineDevice | null {
  for (let at: FdtNode | null = node; at !== null; at = at.parent) {
    if (!isAvailable(at)) return null;
    if (compatibleOf(at).length > 0) return devices.get(at) ?? null;
  }
  return null;
}

function isBelow(node: FdtNode, above: FdtNode | null): boolean {
  for (let at: FdtNode | null = node; at !== null; at = at.parent) if (at === above) return true;
  return false;
}

function reaches(links: readonly SupplierLink[], from: MachineDevice, to: MachineDevice): boolean {
  const seen = new Set([from]);
  for (const at of seen) {
    if (at === to) return true;
    for (const { consumer, supplier } of links) if (consumer === at) seen.add(supplier);
  }
  return false;
}
