// What a probe asks for by itself, whatever `fw_devlink` says: pin control, clocks to be set, a power
// domain.

import { cells, type FdtNode, specifiers } from '../../../firmware/fdt/index.ts';
import { EINVAL, ENOENT, type errno, firstCell } from '../../../linux/index.ts';
import type { Machine, MachineDevice } from '../../machine.ts';
import type { Providers } from './providers.ts';

type Tree = NonNullable<Machine['fdt']>;

/** A device that has to be bound, null for what never comes, or the error that the probe ends in. */
export type Needed = MachineDevice | errno | null;

/** What a probe needs, in the order in which it asks. */
export interface Needs {
  readonly pins: readonly Needed[];
  readonly assigned_clocks: readonly Needed[];
  readonly power_domain?: MachineDevice | null;
}

/** Null for a device that needs nothing. */
export function needsOf(
  fdt: Tree,
  providers: Providers,
  of: MachineDevice,
  node: FdtNode,
): Needs | null {
  const pins = [...pinsOf(fdt, node)].flatMap((config) => {
    if (config === null) return -EINVAL;
    if (config.parent === null) return null;
    const found = providers.of(config.parent);
    // A controller's own pins are no reason to wait for it.
    if (found.what === 'device') return found.device === of ? [] : found.device;
    return found.what === 'early' ? [] : null;
  });
  if (of.bus === 'pci') return pins.length === 0 ? null : { pins, assigned_clocks: [] };
  const power_domain = powerDomainOf(fdt, providers, node);
  const assigned_clocks = [...clocksOf(fdt, node)].flatMap((clock): Needed[] => {
    if (typeof clock === 'number') return [clock];
    const found = providers.of(clock);
    if (found.what === 'device') return [found.device];
    return found.what === 'early' ? [] : [null];
  });
  if (pins.length === 0 && assigned_clocks.length === 0 && power_domain === undefined) return null;
  const needs = { pins, assigned_clocks };
  return power_domain === undefined ? needs : { ...needs, power_domain };
}

/** What no boot brings; null when that is nothing. */
export function neverBrought({ pins, assigned_clocks, power_domain }: Needs): Needs | null {
  const isNever = (needed: Needed): boolean => needed === null || typeof needed === 'number';
  const never = {
    pins: pins.filter(isNever),
    assigned_clocks: assigned_clocks.filter(isNever),
  };
  if (power_domain === null) return { ...never, power_domain };
  return never.pins.length + never.assigned_clocks.length === 0 ? null : never;
}

/** The devices among what is needed. */
export function providersAmong({ pins, assigned_clocks, power_domain }: Needs): MachineDevice[] {
  return [...pins, ...assigned_clocks, power_domain].filter(
    (needed) => typeof needed === 'object' && needed !== null,
  );
}

/** The nodes that pin control is configured by, state after state; null for what is no node. */
function* pinsOf(fdt: Tree, node: FdtNode): Generator<FdtNode | null> {
  for (let state = 0; ; state++) {
    const list = node.properties.get(`pinctrl-${state}`);
    if (list === undefined) return;
    for (const phandle of wholeCells(node, `pinctrl-${state}`)) {
      const config = fdt.phandles.get(phandle) ?? null;
      if (config === null || !canDoWithout(config)) yield config;
    }
  }
}

/** As the boot loader left the pins they are good enough. @linux drivers/pinctrl/devicetree.c dt_to_map_one_config */
function canDoWithout(config: FdtNode): boolean {
  for (let at: FdtNode | null = config; at?.parent != null; at = at.parent)
    if (at.properties.has('pinctrl-use-default')) return true;
  return false;
}

/**
 * What provides the clocks that are set before the driver is asked, in order; an error where a list has
 * no such entry. A device that is a provider itself ends the list.
 *
 * @linux drivers/clk/clk-conf.c of_clk_set_defaults
 */
function* clocksOf(fdt: Tree, node: FdtNode): Generator<FdtNode | errno> {
  const clocks = clocksIn(fdt, node, 'assigned-clocks');
  const parents = clocksIn(fdt, node, 'assigned-clock-parents');
  // Of a list of parents that cannot be read to its end nothing is used.
  for (const [i, parent] of parents.includes('unreadable') ? [] : parents.entries()) {
    if (parent === 'none') continue;
    if (parent === node || typeof parent === 'string') break;
    yield parent;
    const clock = clocks[i] ?? 'none';
    if (typeof clock === 'string') return yield clock === 'none' ? -ENOENT : -EINVAL;
    if (clock === node) break;
    yield clock;
  }
  for (const [i, rate] of ratesOf(node).entries()) {
    const clock = rate === 0 ? 'none' : (clocks[i] ?? 'none');
    if (clock === 'none') continue;
    if (clock === 'unreadable') return yield -EINVAL;
    if (clock === node) return;
    yield clock;
  }
}

/** Entries of a list, some of which name nothing; it ends where it cannot be read. */
function clocksIn(fdt: Tree, node: FdtNode, name: string): (FdtNode | 'none' | 'unreadable')[] {
  const words = wholeCells(node, name);
  const found: (FdtNode | 'none' | 'unreadable')[] = [];
  for (let at = 0; at < words.length; ) {
    const phandle = words[at++] ?? 0;
    if (phandle === 0) {
      found.push('none');
      continue;
    }
    const clock = fdt.phandles.get(phandle);
    const count = clock === undefined ? null : firstCell(clock, '#clock-cells');
    if (clock === undefined || count === null || at + count > words.length)
      return [...found, 'unreadable'];
    found.push(clock);
    at += count;
  }
  return found;
}

/** Words of zero where nothing is to be set. Since 6.12 they may have 64 bits. */
function ratesOf(node: FdtNode): readonly number[] {
  const wide = wholeCells(node, 'assigned-clock-rates-u64');
  if (wide.length < 2) return wholeCells(node, 'assigned-clock-rates');
  return wide.flatMap((word, i) => (i % 2 === 0 ? [word || (wide[i + 1] ?? 0)] : []));
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

/** As many as are whole. */
function wholeCells(node: FdtNode, name: string): readonly number[] {
  const prop = node.properties.get(name);
  if (prop === undefined) return [];
  return cells({ ...prop, value: prop.value.subarray(0, prop.value.length & ~3) });
}
