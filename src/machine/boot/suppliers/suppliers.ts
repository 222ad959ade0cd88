// Which devices of a devicetree wait for which others: `fw_devlink` (drivers/of/property.c), and what a
// probe asks for by itself.

import type { FdtNode } from '../../../firmware/fdt/index.ts';
import { base, type Kconfig, type Release } from '../../../linux/index.ts';
import type { Machine, MachineDevice } from '../../machine.ts';
import { inCircles } from './circles.ts';
import { Interrupts } from './interrupts.ts';
import { type Needs, needsOf, neverBrought, providersAmong } from './needs.ts';
import { endpointsOf, suppliersOf } from './nodes.ts';
import { Providers } from './providers.ts';

type Tree = NonNullable<Machine['fdt']>;

/** A device, and one that it does not work without. */
export interface SupplierLink {
  readonly consumer: MachineDevice;
  readonly supplier: MachineDevice;
  /** What is named is a part of the supplier: the wait has no end but that the supplier is bound. */
  readonly part?: true;
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
  machine: Machine,
  config: Kconfig,
  release: Release = base.release,
): Suppliers {
  const providers = providersIn(machine);
  const { links, absent, needs } = namedIn(machine, providers, config, release);
  const circles = inCircles(links, ({ of_node }) => providers.above(of_node));
  return { links: links.filter((link) => !circles(link)), absent, needs };
}

/** The same of some devices, and of all that these wait for, by however many others. */
export function suppliersFrom(
  machine: Machine,
  starts: readonly MachineDevice[],
  config: Kconfig,
  release: Release,
): Suppliers {
  const providers = providersIn(machine);
  const asked = new Set<MachineDevice | null>(starts);
  for (const of of asked) {
    if (of === null) continue;
    const { links, needs } = namedIn({ ...machine, devices: [of] }, providers, config, release);
    for (const { supplier } of links) asked.add(supplier);
    for (const needed of needs.values())
      for (const provider of providersAmong(needed)) asked.add(provider);
    asked.add(providers.above(of.of_node));
  }
  const devices = machine.devices.filter((of) => asked.has(of));
  return suppliersIn({ ...machine, devices, others: machine.devices }, config, release);
}

/** Who waits for what no boot brings, whatever drivers there are. */
export function neverThereIn(machine: Machine, config: Kconfig, release: Release): Suppliers {
  const { absent, needs } = namedIn(machine, providersIn(machine), config, release);
  const known = [...needs].flatMap(([of, needed]): [MachineDevice, Needs][] => {
    const never = neverBrought(needed);
    return never === null ? [] : [[of, never]];
  });
  return { links: [], absent, needs: new Map(known) };
}

function providersIn({ devices, others = [] }: Machine): Providers {
  return new Providers([...devices, ...others]);
}

/** What nodes name, circles and all. */
function namedIn(
  { fdt, devices }: Machine,
  providers: Providers,
  config: Kconfig,
  release: Release,
): Suppliers {
  const needs = new Map<MachineDevice, Needs>();
  if (fdt === null) return { links: [], absent: new Map(), needs };
  for (const of of devices) {
    const needed = of.of_node === null ? null : needsOf(fdt, providers, of, of.of_node, release);
    if (needed !== null) needs.set(of, needed);
  }
  const off = config.fw_devlink === 'off' || config.fw_devlink === 'permissive';
  return { ...(off ? nobody : linksOf(fdt, devices, providers, config, release)), needs };
}

const nobody: Pick<Suppliers, 'links' | 'absent'> = { links: [], absent: new Map() };

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
  return { links, absent };
}
