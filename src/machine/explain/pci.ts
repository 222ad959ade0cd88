// What a PCI function is, and by which requester IDs its transactions come to the IOMMU.

import type { PciConfig } from '../../firmware/index.ts';
import {
  aliasDevfns,
  type DmaAlias,
  type device,
  isTranslationRoot,
  type pci_dev,
  usesPcieBridgeAlias,
} from '../../linux/index.ts';
import { hex, present } from '../../util/index.ts';
import type { MachineDevice } from '../machine.ts';
import { atConfig, atNode, type Chain, type Place } from './explanation.ts';

const types: ReadonlyMap<number | null, string> = new Map([
  [null, 'conventional PCI'],
  [0, 'PCI Express endpoint'],
  [1, 'legacy PCI Express endpoint'],
  [4, 'root port'],
  [5, 'upstream port of a switch'],
  [6, 'downstream port of a switch'],
  [7, 'PCIe-to-PCI bridge'],
  [8, 'PCI-to-PCIe bridge'],
  [9, 'endpoint of the root complex'],
  [10, 'event collector of the root complex'],
]);

/** Whether what is known of its space ends before its capabilities: it may be PCI Express. */
export function isCut(config: PciConfig | null): boolean {
  return config?.notes.some(({ code }) => code === 'pci/short-dump') === true;
}

/** What a function is, in words. */
export function kindOf(
  config: PciConfig | null,
  pcie_type: number | null,
  isBridge: boolean,
): string {
  if (pcie_type === null && isCut(config))
    return `${isBridge ? 'bridge' : 'function'} whose capabilities are not known`;
  if (pcie_type === null && isBridge) return 'conventional PCI bridge';
  return types.get(pcie_type) ?? `PCI Express function of type ${pcie_type}`;
}

/** The function's own name, or how a bridge is called that no device stands for. */
export function nameOf(pdev: pci_dev): string {
  return pdev.dev?.name ?? `a bridge to bus ${hex(pdev.subordinate?.number ?? 0)}`;
}

/** Where configuration space says what kind of function it is. */
export function atKind(of: MachineDevice): Place | null {
  const config = of.pci?.config ?? null;
  if (config === null) return null;
  if (config.pci_express !== null) {
    const { offset } = config.pci_express;
    return atConfig(of.name, 'PCI Express capabilities', offset + 2, 2);
  }
  return atHeader(of);
}

export function atHeader({ name }: MachineDevice): Place {
  return atConfig(name, 'header type', 0x0e, 1);
}

export function atIds({ name }: MachineDevice): Place {
  return atConfig(name, 'vendor and device ID', 0, 4);
}

/** The function, and each bridge between it and the root bus. */
export function addFunction(chain: Chain, of: MachineDevice): void {
  const pci = present(of.pci, 'a PCI function');
  const { config, bus, segment } = pci;
  if (config === null) {
    const np = of.of_node;
    const shown = np === null ? 'the input does not show it' : `by its node ${np.path} alone`;
    const why = of.assumed ? `assumed, ${shown}` : 'its space could not be read';
    const text = `PCI function on bus ${hex(bus)} of segment ${segment} (${why})`;
    chain.add('device', text, np && atNode(np));
  } else {
    const ids = [config.vendor_id, config.device_id].map(fourDigits).join(':');
    const kind = kindOf(config, config.pci_express?.type ?? null, config.header_type === 1);
    const what =
      pci.physfn === undefined ? `function ${ids}` : `virtual function of ${pci.physfn.name}`;
    const text = `PCI ${what}, ${kind}, on bus ${hex(bus)} of segment ${segment}`;
    chain.add('device', text, atIds(of));
  }
  for (let bridge = pci.bridge; bridge !== null; bridge = bridge.pci?.bridge ?? null) {
    const space = bridge.pci?.config ?? null;
    const kind = kindOf(space, space?.pci_express?.type ?? null, true);
    chain.add('device', `below ${bridge.name}, ${kind}`, atKind(bridge));
  }
}

function fourDigits(value: number): string {
  return value.toString(16).padStart(4, '0');
}

/** Where a requester ID comes from. */
export function addAlias(
  chain: Chain,
  devices: ReadonlyMap<device, MachineDevice>,
  own: pci_dev,
  { pdev, alias }: DmaAlias,
): void {
  const of = pdev.dev === null ? undefined : devices.get(pdev.dev);
  if (pdev !== own && pdev === own.real_dma_dev) {
    const place = of === undefined ? null : atIds(of);
    chain.add('alias', `${hex(alias)}: ${nameOf(pdev)} made its domain, and does its DMA`, place);
  } else if (pdev !== own) {
    const place = of === undefined ? null : atKind(of);
    const text = bridgeText(pdev, of?.pci?.config ?? null, alias);
    chain.add('alias', `${hex(alias)}: ${text}`, place);
  } else if (pdev.dma_aliases.has(alias & 0xff)) {
    chain.add(
      'alias',
      `${hex(alias)}: the table of IOMMUs says that it sends as ${placeText(alias)}, too`,
    );
  } else if (aliasDevfns(pdev).includes(alias & 0xff)) {
    const what = `${fourDigits(pdev.vendor)}:${fourDigits(pdev.device)}`;
    const text = `${hex(alias)}: ${what} is known to send as function ${placeText(alias)}, too`;
    const place = of === undefined ? null : atIds(of);
    chain.add('alias', text, place);
  } else {
    chain.add('alias', `${hex(alias)}: its own requester ID, ${placeText(alias)}`);
  }
}

function bridgeText(bridge: pci_dev, config: PciConfig | null, alias: number): string {
  const name = nameOf(bridge);
  const own = alias === ((bridge.bus.number << 8) | bridge.devfn);
  const kind = kindOf(config, bridge.pcie_type, true);
  const takes = own ? 'its own ID' : `ID ${placeText(alias)}, of the bus below it`;
  const known = usesPcieBridgeAlias(bridge) ? ', which is known to be a PCIe-to-PCI bridge,' : '';
  return `${name}, a ${kind}${known} gives what comes from below ${takes}`;
}

/** Where IDs stop to change below the root: the IOMMU sits there. */
export function translationRootAbove(own: pci_dev): pci_dev | null {
  for (let bridge = own.bus.self; bridge !== null; bridge = bridge.bus.self)
    if (isTranslationRoot(bridge)) return bridge;
  return null;
}

/** Bus, device and function of a requester ID: `01:00.0`. */
export function placeText(id: number): string {
  const [bus, slot] = [(id >> 8) & 0xff, (id >> 3) & 0x1f].map((n) =>
    n.toString(16).padStart(2, '0'),
  );
  return `${bus}:${slot}.${id & 7}`;
}
