// What came when in a captured boot: the order in which modules were loaded, and when.

import { base, type IommuDriver, type Kconfig, type Release } from '../../linux/index.ts';
import {
  type ClientDriver,
  clientDrivers,
  isVirtioMmio,
  linkOrder,
  moduleName,
  moduleOf,
  refusedModules,
} from '../boot/plan/client-drivers.ts';
import { isEarlyMaker } from '../boot/plan/makers.ts';
import { type BootEvent, type BootPlan, builtIn, type Offer } from '../boot/plan/plan.ts';
import { providersAmong } from '../boot/suppliers/needs.ts';
import { type Suppliers, suppliersIn } from '../boot/suppliers/suppliers.ts';
import type { Machine, MachineDevice } from '../machine.ts';
import type { Capture } from './capture.ts';
import { deferralTimeout, ranOutAt, saysGivenUp } from './waiting.ts';

/** The boot of a captured machine. */
export function planOf(
  machine: Machine,
  capture: Capture,
  config: Kconfig,
  release: Release = base.release,
): BootPlan {
  const suppliers = suppliersIn(machine, config, release);
  const drivers = new CapturedDrivers(machine, capture, suppliers, config);
  return {
    offerOf: (of) => drivers.offerOf(of),
    iommuOfferOf: (driver, of) => drivers.iommuOfferOf(driver, of),
    suppliers,
    events: eventsOf(capture, config),
  };
}

/** Drivers that hand a device on to somebody else, and are bound to it by hand. */
const borrowing = ['vfio-pci', 'vfio-platform', 'vfio-amba', 'pci-stub', 'uio_pci_generic'];

/** Seconds in which the drivers of a machine come, where nobody wrote down when they did. */
const usualBoot = 60;

/** Seconds after which a module has been loaded, where nothing was that could not have been done before. */
const loading = 3;

/**
 * Each driver that registers gives those who wait the whole time again, but once it has run out it
 * does not begin again. Where no line of the log tells when that was: modules register their drivers
 * when they have been loaded, before the next thing is done.
 */
function eventsOf({ modules, steps, uptime, log }: Capture, config: Kconfig): BootEvent[] {
  const timeout = deferralTimeout(config);
  const loaded = modulesLoaded({ modules: [], steps });
  const events: BootEvent[] = modules
    .filter((module) => !loaded.includes(module))
    .map((module) => ({ what: 'load', module }));
  let since = steps[0]?.time ?? usualBoot;
  let waits = timeout > 0;
  const told = ranOutAt(log);
  const pass = (time: number): void => {
    if (!waits || (told === undefined ? time - since <= timeout : time < told)) return;
    waits = false;
    events.push({ what: 'timeout' });
  };
  steps.forEach(({ time, what }, at) => {
    pass(time);
    const event = eventOf(what, modules);
    const next = steps[at + 1];
    if (event === null || next?.what.startsWith(`step ${what} failed`) === true) return;
    events.push(event);
    if (event.what !== 'load') return;
    since = next?.time ?? time;
    if (next?.what.startsWith('load ') === false) since = Math.min(since, time + loading);
  });
  // Where nobody wrote down when what came, the kernel log shows that it ran out.
  pass(steps.length === 0 && saysGivenUp(log) ? Number.POSITIVE_INFINITY : uptime);
  return events;
}

/** All that somebody loaded, or tried to. */
function modulesLoaded({ modules, steps }: Pick<Capture, 'modules' | 'steps'>): string[] {
  const loads = steps.flatMap(({ what }) => what.match(/^load (\S+)$/)?.[1] ?? []);
  return [...modules, ...loads.map(moduleName)];
}

/** Null for what changes nothing, such as loading what is part of the kernel. */
function eventOf(step: string, modules: readonly string[]): BootEvent | null {
  const [, what = '', argument = ''] = step.match(/^(load |rmmod=|sriov=)([^\s@]+)/) ?? [];
  const module = moduleName(argument);
  if (what === 'load ') return modules.includes(module) ? { what: 'load', module } : null;
  if (what === 'rmmod=') return { what: 'unload', module };
  return what === 'sriov=' ? { what: 'sriov', physfn: argument } : null;
}

/**
 * The driver of each device: the one that is bound to it, or for a device without one, which perhaps
 * waits, one that is there and matches.
 */
class CapturedDrivers {
  readonly #modules: readonly string[];
  readonly #built: readonly string[];
  readonly #bound: ReadonlyMap<string, string>;
  readonly #tried: ReadonlyMap<string, string>;
  readonly #waiting: ReadonlySet<string>;
  readonly #there: readonly ClientDriver[];
  readonly #hosts: ReadonlySet<MachineDevice>;
  readonly #suppliers: ReadonlySet<MachineDevice>;

  constructor(machine: Machine, capture: Capture, { links, needs }: Suppliers, config: Kconfig) {
    this.#modules = capture.modules;
    this.#built = capture.built;
    this.#bound = new Map(
      capture.devices.flatMap(({ name, driver, earlierDrivers }) => {
        if (typeof driver !== 'string') return [];
        // Nobody but a person binds these to a device that has had a driver of its own.
        const [own] = borrowing.includes(driver)
          ? earlierDrivers.filter((earlier) => !borrowing.includes(earlier))
          : [];
        return [[name, own ?? driver]];
      }),
    );
    this.#tried = new Map(
      capture.devices.flatMap(({ name, driver, earlierDrivers: [earlier] }) =>
        driver === null && earlier !== undefined ? [[name, earlier]] : [],
      ),
    );
    const names = new Set([...this.#bound.values(), ...capture.drivers]);
    this.#waiting = new Set(
      capture.devices.flatMap(({ name, deferred }) => (deferred === true ? [name] : [])),
    );
    // What cannot be loaded is taken to be part of the kernel, unless a list of drivers says that it is none.
    const tried = new Set(capture.drivers.length > 0 ? capture.modules : modulesLoaded(capture));
    const refused = refusedModules(config);
    this.#there = clientDrivers.filter(
      ({ name, module, builtIn, arch = capture.arch }) =>
        arch === capture.arch &&
        !refused.has(module) &&
        (builtIn || names.has(name) || tried.has(module)),
    );
    this.#hosts = new Set(machine.hostBridges.map(({ device }) => device));
    this.#suppliers = new Set([
      ...links.map(({ supplier }) => supplier),
      ...[...needs.values()].flatMap(providersAmong),
    ]);
  }

  offerOf(of: MachineDevice): Offer | null {
    const name = this.#bound.get(of.name);
    const known = this.#there.find((driver) =>
      name === undefined ? driver.matches(of) : driver.name === name,
    );
    // Of those that the model does not know, the one that came and went again, or went by hand.
    const came = name ?? (known === undefined ? this.#tried.get(of.name) : undefined);
    // Who waits has a driver, whatever its name.
    const none = came === undefined && !this.#waiting.has(of.name);
    if (known === undefined && none) return null;
    const module = known?.module ?? moduleOf(came ?? '');
    return {
      modules: this.#modules.includes(module) ? [module] : [],
      order: this.#orderOf(of, known),
      takes: name !== undefined || (known !== undefined && (known.takes?.(of) ?? true)),
    };
  }

  #orderOf(of: MachineDevice, known: ClientDriver | undefined): number {
    if (this.#hosts.has(of)) return linkOrder.hostBridges;
    if (this.#suppliers.has(of) || isEarlyMaker(of)) return linkOrder.suppliers;
    return known?.order ?? linkOrder.others;
  }

  /** A virtio-iommu that no module is there for has no driver; others may be part of the kernel. */
  iommuOfferOf(driver: IommuDriver, of: MachineDevice): Offer | null {
    const module = moduleName(driver.name);
    if (!this.#modules.includes(module)) {
      const never = driver.name === 'virtio-iommu' || this.#built.includes(module);
      return never ? null : builtIn(driver);
    }
    // An empty slot has no driver: that of virtio-mmio binds to what there is.
    if (driver.name === 'virtio-iommu' && isVirtioMmio(of) && !this.#bound.has(of.name))
      return null;
    // The virtio device is there when the device that carries it has a driver.
    const carrier = this.offerOf(of)?.modules ?? [];
    return { modules: [...carrier, module], order: linkOrder.others, takes: true };
  }
}
