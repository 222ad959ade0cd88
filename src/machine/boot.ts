// One boot with nothing beside it: what happens to each device when no task is in another's way.

import { Crash, sequentially, type Task, type World, write } from '../explore/index.ts';
import {
  type AnyFunction,
  apply,
  type Design,
  device,
  type device_driver,
  ENODEV,
  type errno,
  iommuDrivers,
  type Kconfig,
  type kernel,
} from '../linux/index.ts';
import { assert } from '../util/index.ts';
import { buildKernel } from './build.ts';
import { type LastCalls, type Returned, recordCalls, type TracedFunction } from './calls.ts';
import type { HostBridge, Machine, MachineDevice } from './machine.ts';

export interface BootOptions {
  /** Let the time for which devices wait for suppliers run out; without it they wait for ever. */
  readonly deferredProbeTimeoutExpired?: boolean;
  /** Called with the world before anything happens in it. */
  readonly watch?: (world: World) => void;
}

/** The last go at binding a driver to a device. */
export interface Attempt {
  /** What `really_probe()` returned. */
  errno: errno;
  /** The error that the IOMMU path ended in, 0 when it had none. */
  iommuErrno: errno;
  /** Where the kernel log stood when it began. */
  readonly logFrom: number;
}

/** A kernel that has booted. */
export interface Boot {
  readonly k: kernel;
  /** In the machine's order. */
  readonly devices: ReadonlyMap<MachineDevice, device>;
  /** Of the devices that a driver was offered to. */
  readonly attempts: ReadonlyMap<device, Attempt>;
  /** What functions of the path returned, of the devices that they were called for. */
  readonly calls: ReadonlyMap<device, LastCalls>;
  /** Devices that nothing has found: their host bridge waits, and is not scanned. */
  readonly absent: ReadonlySet<device>;
  /** `WARN_ON()`s that were met. */
  readonly warnings: readonly string[];
  /** Why the boot stopped half-way. */
  readonly crash: string | null;
}

/** Boot the machine on one CPU. */
export function bootMachine(
  machine: Machine,
  design: Design,
  config: Kconfig,
  options: BootOptions = {},
): Boot {
  const attempts = new Map<device, Attempt>();
  const calls = new Map<device, Map<TracedFunction, Returned>>();
  const observed = recordCalls(observe(design, attempts), calls);
  const built: (Omit<Boot, 'crash' | 'warnings'> & { readonly world: World })[] = [];
  let crash: string | null = null;
  try {
    sequentially((world: World) => {
      const { k, devices } = buildKernel(world, observed, config, machine);
      const absent = new Set(devices.values());
      built.push({ k, devices, attempts, calls, absent, world });
      options.watch?.(world);
      // The work item counts as queued all the time: this task does its work, where boot waits for it.
      k.deferred_probe_work.value = true;
      const boot = new BootSequence(k, machine, devices, absent);
      world.runAlone('boot', () => boot.run(options.deferredProbeTimeoutExpired ?? false));
    });
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    crash = error.message;
  }
  const [boot] = built;
  assert(boot !== undefined, 'a kernel was built');
  const { world, ...rest } = boot;
  const warnings = world.failures.filter(({ kind }) => kind === 'warn');
  return { ...rest, warnings: warnings.map(({ message }) => message), crash };
}

/** Where the IOMMU path ends in an error of its own: functions that some design has. */
const watched = [
  'parseIommus',
  'parseAcpiTables',
  'iommu_probe_device',
  'iommu_probe_device_fwspec',
];

/** What these say to a device that firmware puts behind no IOMMU is -ENODEV, and no error of it. */
const parses = ['parseIommus', 'parseAcpiTables'];

/** The design, with a note taken of what becomes of each device. */
function observe(design: Design, attempts: Map<device, Attempt>): Design {
  const { really_probe } = design.functions;
  const present = { ...design.functions, ...design.inlines };
  const changes: Record<string, AnyFunction> = {};
  for (const name of watched) {
    const fn = present[name];
    if (fn === undefined) continue;
    const ignored = parses.includes(name) ? -ENODEV : 0;
    changes[name] = noting(fn, attempts, ignored);
  }
  return apply(design.name, design, {
    subject: 'write down what becomes of each device',
    replaces: {
      *really_probe(k: kernel, dev: device, drv: device_driver): Task<errno> {
        const attempt: Attempt = { errno: 0, iommuErrno: 0, logFrom: k.log.length };
        attempts.set(dev, attempt);
        attempt.errno = yield* really_probe(k, dev, drv);
        return attempt.errno;
      },
    },
    changes,
  });
}

/** The function, with its errors written down for the device among its arguments. */
function noting(
  fn: AnyFunction,
  attempts: ReadonlyMap<device, Attempt>,
  ignored: errno,
): AnyFunction {
  return function* (...args: never[]): Task<errno> {
    const ret = yield* (fn as (...args: never[]) => Task<errno>)(...args);
    const dev = args.find((arg: unknown) => arg instanceof device);
    const attempt = dev === undefined ? undefined : attempts.get(dev);
    if (attempt !== undefined && ret < 0 && ret !== ignored) attempt.iommuErrno = ret;
    return ret;
  };
}

/** A machine that boots: what its devices are, and how far they have come. */
class BootSequence {
  readonly #k: kernel;
  readonly #machine: Machine;
  readonly #devices: readonly (readonly [MachineDevice, device])[];
  readonly #unscanned: Set<HostBridge>;
  readonly #absent: Set<device>;
  readonly #offered = new Set<device>();

  constructor(k: kernel, machine: Machine, devices: Boot['devices'], absent: Set<device>) {
    this.#k = k;
    this.#machine = machine;
    this.#devices = [...devices];
    this.#unscanned = new Set(machine.hostBridges);
    this.#absent = absent;
  }

  /** Devices are added, drivers come by initcall, deferred devices get their tries at the end. */
  *run(deferredProbeTimeoutExpired: boolean): Task {
    const k = this.#k;
    const segments = new Set(this.#machine.hostBridges.map(({ segment }) => segment));
    const hosts = new Set(this.#machine.hostBridges.map(({ device }) => device));
    yield* k.pci_iommu_alloc();
    yield* k.acpi_viot_early_init();
    yield* k.iort_enable_acs();
    yield* this.#add(({ pci }) => pci === null);
    // In the order in which the kernel is linked: PCI comes before the IOMMUs.
    yield* this.#bind((of) => hosts.has(of));
    yield* this.#add(({ pci }) => pci !== null && !segments.has(pci.segment));
    yield* k.pci_iommu_init();
    yield* this.#scan();
    yield* this.#bindIommus(() => true);
    // The drivers of bridges are part of the kernel, those of PCI devices are modules as a rule.
    yield* this.#bind(({ pci }) => pci === null || !k.config.CONFIG_MODULES);

    yield* write(k.driver_deferred_probe_enable, true);
    yield* this.#retryDeferred();
    yield* write(k.initcalls_done, true);
    yield* this.#retryDeferred();
    yield* this.#bind(() => true);
    if (!deferredProbeTimeoutExpired) return;
    yield* write(k.driver_deferred_probe_timeout, 0);
    yield* this.#retryDeferred();
  }

  *#add(which: (of: MachineDevice) => boolean): Task {
    for (const [of, dev] of this.#devices) {
      if (!which(of)) continue;
      this.#absent.delete(dev);
      // What stands for other functions is in no slot with them.
      if (dev.pci === null || of.assumed) yield* this.#k.device_add(dev);
      else yield* this.#k.pci_scan_slot(dev, dev.pci);
    }
  }

  /** Offer each device to its driver, unless that was done before. */
  *#bind(which: (of: MachineDevice) => boolean): Task {
    for (const [of, dev] of this.#devices) {
      if (dev.matches === null || this.#offered.has(dev) || this.#absent.has(dev)) continue;
      if (!which(of) || isHostBridgeFunction(of)) continue;
      this.#offered.add(dev);
      yield* this.#k.__driver_attach(dev, dev.matches);
    }
  }

  *#bindIommus(which: (of: MachineDevice) => boolean): Task {
    for (const { name } of iommuDrivers) {
      const driver = this.#k.iommu_drivers.get(name);
      const mine = new Set(
        this.#devices.filter(([, dev]) => dev.matches === driver).map(([of]) => of),
      );
      yield* this.#bind((of) => mine.has(of) && which(of));
    }
  }

  /** A host bridge whose driver is bound shows what is behind it. */
  *#scan(): Task {
    for (const host of this.#unscanned) {
      const bound = this.#devices.some(
        ([of, dev]) => of === host.device && dev.driver.value !== null,
      );
      if (!bound) continue;
      this.#unscanned.delete(host);
      yield* this.#add(({ pci }) => pci?.segment === host.segment);
    }
    yield* this.#bind(isBridge);
  }

  *#retryDeferred(): Task {
    yield* this.#k.driver_deferred_probe_trigger();
    yield* this.#k.deferred_probe_work_func();
    if (this.#unscanned.size === 0) return;
    yield* this.#scan();
    yield* this.#bindIommus(() => true);
  }
}

function isBridge({ pci }: MachineDevice): boolean {
  const code = pci?.config?.class_code;
  return code !== undefined && code >>> 8 === 0x0604;
}

/** The function that a host bridge shows of itself on its root bus: no driver binds to it. */
export function isHostBridgeFunction(of: MachineDevice): boolean {
  const code = of.pci?.config?.class_code;
  return code !== undefined && code >>> 8 === 0x0600;
}
