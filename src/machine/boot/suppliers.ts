// Which devices of a devicetree wait for which others: `fw_devlink` (drivers/of/property.c), and what a
// probe asks for by itself.

import { compatibleOf, type FdtNode, isAvailable, specifiers } from '../../firmware/fdt/index.ts';
import { base, EINVAL, type errno, type Kconfig, type Release } from '../../linux/index.ts';
import { isTakenEarly } from '../firmware/tables.ts';
import type { Machine, MachineDevice } from '../machine.ts';
import { inCircles } from './circles.ts';
import { Interrupts } from './interrupts.ts';
import { endpointsOf, suppliersOf } from './supplier-nodes.ts';

type Tree = NonNullable<Machine['fdt']>;

/** A device, and one that it does not work without. */
export interface SupplierLink {
  readonly consumer: MachineDevice;
  readonly supplier: MachineDevice;
  /** What is named is a part of the supplier: the wait has no end but that the supplier is bound. */
  readonly part?: true;
}

/** What a probe needs. Null is what never comes. */
export interface Needs {
  /** Pin controllers; an error for what is nothing at all. */
  readonly pins: readonly (MachineDevice | errno | null)[];
  readonly power_domain?: MachineDevice | null;
}

/** Whom devices wait for. */
export interface Suppliers {
  readonly links: readonly SupplierLink[];
  /** Whose supplier is no device and never will be: the path of its node. */
  readonly absent: ReadonlyMap<MachineDevice, string>;
  readonly needs: ReadonlyMap<MachineDevice, Needs>;
}

/** Who waits for whom. Nobody does where the devicetree goes in a circle. */
export function suppliersIn(
  { fdt, devices }: Machine,
  config: Kconfig,
  release: Release = base.release,
): Suppliers {
  const needs = new Map<MachineDevice, Needs>();
  if (fdt === null) return { links: [], absent: new Map(), needs };
  const providers = new Providers(devices);
  for (const of of devices) {
    const needed = of.of_node === null ? null : needsOf(fdt, providers, of, of.of_node);
    if (needed !== null) needs.set(of, needed);
  }
  const off = config.fw_devlink === 'off' || config.fw_devlink === 'permissive';
  return { ...(off ? nobody : linksOf(fdt, devices, providers, config, release)), needs };
}

const nobody: Pick<Suppliers, 'links' | 'absent'> = { links: [], absent: new Map() };

/** What no boot brings, whatever drivers there are. */
export function neverThere({ absent, needs }: Suppliers): Suppliers {
  const known = [...needs].flatMap(([of, { pins, power_domain }]): [MachineDevice, Needs][] => {
    const never = pins.filter((pin) => pin === null || typeof pin === 'number');
    if (power_domain === null) return [[of, { pins: never, power_domain }]];
    return never.length === 0 ? [] : [[of, { pins: never }]];
  });
  return { links: [], absent, needs: new Map(known) };
}

function linksOf(
  fdt: Tree,
  devices: readonly MachineDevice[],
  providers: Providers,
  { fw_devlink_strict }: Kconfig,
  release: Release,
): Pick<Suppliers, 'links' | 'absent'> {
  const links: SupplierLink[] = [];
  const absent = new Map<MachineDevice, string>();
  const interrupts = new Interrupts(fdt);
  const add = (consumer: MachineDevice, node: FdtNode): void => {
    const found = providers.of(node);
    if (found.what === 'device' && found.device !== consumer)
      links.push({
        consumer,
        supplier: found.device,
        ...(found.device.of_node === node ? {} : { part: true }),
      });
    if (found.what === 'nothing' && !absent.has(consumer)) absent.set(consumer, node.path);
  };
  for (const consumer of devices) {
    const node = consumer.of_node;
    if (node === null) continue;
    const named = suppliersOf(fdt, interrupts, node, fw_devlink_strict, release);
    const remote = endpointsOf(fdt, node);
    for (const supplier of new Set([...named, ...remote])) add(consumer, supplier);
  }
  const circles = inCircles(links, ({ of_node }) => providers.above(of_node));
  return { links: links.filter((link) => !circles(link)), absent };
}

function needsOf(fdt: Tree, providers: Providers, of: MachineDevice, node: FdtNode): Needs | null {
  const pins = [...pinsOf(fdt, node)].flatMap((config) => {
    if (config === null) return -EINVAL;
    if (config.parent === null) return null;
    const found = providers.of(config.parent);
    // A controller's own pins are no reason to wait for it.
    if (found.what === 'device') return found.device === of ? [] : found.device;
    return found.what === 'early' ? [] : null;
  });
  const power_domain = of.bus === 'pci' ? undefined : powerDomainOf(fdt, providers, node);
  if (pins.length === 0 && power_domain === undefined) return null;
  return power_domain === undefined ? { pins } : { pins, power_domain };
}

/** The nodes that pin control is configured by, state after state; null for what is no node. */
function* pinsOf(fdt: Tree, node: FdtNode): Generator<FdtNode | null> {
  for (let state = 0; ; state++) {
    const list = node.properties.get(`pinctrl-${state}`);
    if (list === undefined) return;
    for (const phandle of wordsOf(list.value)) yield fdt.phandles.get(phandle) ?? null;
  }
}

function wordsOf(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length >> 2 }, (_, at) => view.getUint32(at * 4));
}

/** A device in several domains attaches to each by its driver, which is not known. */
function powerDomainOf(
  fdt: Tree,
  providers: Providers,
  node: FdtNode,
): MachineDevice | null | undefined {
  const list = node.properties.get('power-domains');
  if (list === undefined) return undefined;
  const [domain, ...more] = specifiers(fdt, list, '#power-domain-cells');
  if (domain?.ok !== true || more.length > 0) return undefined;
  const found = providers.of(domain.node);
  if (found.what === 'device') return found.device;
  return found.what === 'early' ? undefined : null;
}

type Provider =
  | { readonly what: 'device'; readonly device: MachineDevice }
  /** Set up by the kernel itself, long before there are devices. */
  | { readonly what: 'early' }
  | { readonly what: 'disabled' }
  /** No device, nor is there one above it. */
  | { readonly what: 'nothing' };

/** The devices of nodes. */
class Providers {
  readonly #devices = new Map<FdtNode, MachineDevice>();

  constructor(devices: readonly MachineDevice[]) {
    for (const of of devices) if (of.of_node !== null) this.#devices.set(of.of_node, of);
  }

  /** The nearest device above a node. */
  above(node: FdtNode | null): MachineDevice | null {
    for (let at = node?.parent ?? null; at !== null; at = at.parent) {
      const found = this.#devices.get(at);
      if (found !== undefined) return found;
    }
    return null;
  }

  /**
   * What stands for a node: its device, or the nearest above it. What says what it is, and is no
   * device, counts as set up early where nothing above it is one.
   */
  of(node: FdtNode): Provider {
    let known = false;
    for (let at: FdtNode | null = node; at !== null; at = at.parent) {
      const device = this.#devices.get(at);
      if (device !== undefined) return { what: 'device', device };
      if (!isAvailable(at)) return { what: 'disabled' };
      if (isTakenEarly(at)) return { what: 'early' };
      known ||= at.parent !== null && compatibleOf(at).length > 0;
    }
    return known ? { what: 'early' } : { what: 'nothing' };
  }
}
