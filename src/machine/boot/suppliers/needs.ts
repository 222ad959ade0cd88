// What a probe asks for by itself, whatever `fw_devlink` says: pin control, clocks to be set, a power
// domain, and what the driver of an IOMMU gets before it looks at the registers.

import {
  type FdtNode,
  isAvailable,
  propertyOf,
  specifiers,
  stringsOf,
  wholeCells,
} from '../../../firmware/fdt/index.ts';
import {
  EINVAL,
  ENOENT,
  type errno,
  firstCell,
  iommuDrivers,
  type Release,
} from '../../../linux/index.ts';
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
  /** What its driver gets. */
  readonly own: readonly Needed[];
}

/** Null for a device that needs nothing. */
export function needsOf(
  fdt: Tree,
  providers: Providers,
  of: MachineDevice,
  node: FdtNode,
  release: Release,
): Needs | null {
  const pins = [...pinsOf(fdt, node)].flatMap((config) => {
    if (config === null) return -EINVAL;
    if (config.parent === null) return null;
    const found = providers.of(config.parent);
    // A controller's own pins are no reason to wait for it.
    if (found.what === 'device') return found.device === of ? [] : found.device;
    return found.what === 'early' ? [] : null;
  });
  if (of.bus === 'pci') return pins.length === 0 ? null : { pins, assigned_clocks: [], own: [] };
  const power_domain = powerDomainOf(fdt, providers, node);
  const provided = (by: FdtNode | errno, clock = true): Needed[] => {
    if (typeof by === 'number') return [by];
    if (clock && !isAvailable(by)) return [-ENOENT];
    const found = providers.of(by);
    if (found.what === 'device') return [found.device];
    return found.what === 'early' ? [] : [null];
  };
  const assigned_clocks = [...clocksOf(fdt, node)].flatMap((by) => provided(by));
  const own = gotByDriver(fdt, of, node, release, provided);
  const none = pins.length + assigned_clocks.length + own.length === 0;
  if (none && power_domain === undefined) return null;
  const needs = { pins, assigned_clocks, own };
  return power_domain === undefined ? needs : { ...needs, power_domain };
}

/** What no boot brings; null when that is nothing. */
export function neverBrought({ pins, assigned_clocks, power_domain, own }: Needs): Needs | null {
  const isNever = (needed: Needed): boolean => needed === null || typeof needed === 'number';
  const never = {
    pins: pins.filter(isNever),
    assigned_clocks: assigned_clocks.filter(isNever),
    own: own.filter(isNever),
  };
  if (power_domain === null) return { ...never, power_domain };
  const count = never.pins.length + never.assigned_clocks.length + never.own.length;
  return count === 0 ? null : never;
}

/** The devices among what is needed. */
export function providersAmong({
  pins,
  assigned_clocks,
  power_domain,
  own,
}: Needs): MachineDevice[] {
  return [...pins, ...assigned_clocks, ...own, power_domain].filter(
    (needed) => typeof needed === 'object' && needed !== null,
  );
}

/** The nodes that pin control is configured by, state after state; null for what is no node. */
function* pinsOf(fdt: Tree, node: FdtNode): Generator<FdtNode | null> {
  for (let state = 0; ; state++) {
    const list = node.properties.get(`pinctrl-${state}`);
    if (list === undefined) return;
    for (const phandle of wholeCells(propertyOf(node, `pinctrl-${state}`))) {
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

/** What the driver of an IOMMU gets, in order; of a list that cannot be read, nothing. */
function gotByDriver(
  fdt: Tree,
  of: MachineDevice,
  node: FdtNode,
  release: Release,
  provided: (by: FdtNode | errno, clock: boolean) => Needed[],
): Needed[] {
  const driver = iommuDrivers.find(({ compatible }) =>
    compatible.some((name) => of.compatible.includes(name)),
  );
  const gets = driver && (release.gets[driver.name] ?? driver.gets);
  if (gets === undefined) return [];
  const lists = [clocksIn(fdt, node, 'clocks')];
  if (gets.resets === 'all') lists.push(clocksIn(fdt, node, 'resets', '#reset-cells'));
  const names = stringsOf(node, 'clock-names');
  if (lists.some((list) => list.includes('unreadable'))) return [];
  const got = lists.flatMap((list, i) =>
    list
      .filter((_, at) => i > 0 || gets.clocks === 'all' || gets.clocks.includes(names[at] ?? ''))
      .flatMap((entry) => provided(typeof entry === 'string' ? -ENOENT : entry, i === 0)),
  );
  if (gets.optional === 'each') return got.filter((needed) => needed !== -ENOENT);
  const missing = gets.optional === 'all' ? got.indexOf(-ENOENT) : -1;
  return missing < 0 ? got : got.slice(0, missing);
}

/** Entries of a list, some of which name nothing; it ends where it cannot be read. */
function clocksIn(
  fdt: Tree,
  node: FdtNode,
  name: string,
  cellsName = '#clock-cells',
): (FdtNode | 'none' | 'unreadable')[] {
  const words = wholeCells(propertyOf(node, name));
  const found: (FdtNode | 'none' | 'unreadable')[] = [];
  for (let at = 0; at < words.length; ) {
    const phandle = words[at++] ?? 0;
    if (phandle === 0) {
      found.push('none');
      continue;
    }
    const clock = fdt.phandles.get(phandle);
    const count = clock === undefined ? null : firstCell(clock, cellsName);
    if (clock === undefined || count === null || at + count > words.length)
      return [...found, 'unreadable'];
    found.push(clock);
    at += count;
  }
  return found;
}

/** Words of zero where nothing is to be set. Since 6.12 they may have 64 bits. */
function ratesOf(node: FdtNode): readonly number[] {
  const wide = wholeCells(propertyOf(node, 'assigned-clock-rates-u64'));
  if (wide.length < 2) return wholeCells(propertyOf(node, 'assigned-clock-rates'));
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
