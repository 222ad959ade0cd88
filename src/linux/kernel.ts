import {
  append,
  Cell,
  call,
  kfree,
  kzallocOrNull,
  look,
  Mutex,
  madeFor,
  RefCount,
  SpinLock,
  type Step,
  type Struct,
  type Task,
  type World,
} from '../explore/index.ts';
import {
  cells,
  type Fdt,
  type FdtNode,
  type FdtProperty,
  type SpecifierEntry,
  specifiers,
} from '../firmware/fdt/index.ts';
import { InternalError, present, Sequence } from '../util/index.ts';
import type { Design, DriverName } from './design.ts';
import type { IommuDriver } from './drivers/iommu/common/driver.ts';
import type { DmarUnits } from './drivers/iommu/intel/dmar.ts';
import type { Functions } from './functions.ts';
import type { bus_type, device, device_driver } from './include/linux/device.ts';
import type { AcpiTables } from './include/linux/fwnode.ts';
import { type iommu_device, iommu_fwspec, type iommu_ops } from './include/linux/iommu.ts';
import type { Inlines } from './inlines.ts';
import type { Kconfig } from './kconfig.ts';

/** A model function without its first argument: `k.dev_iommu_get(dev)`. */
export type Bound<F> = {
  // biome-ignore lint/suspicious/noExplicitAny: matches the arguments of any model function
  readonly [K in keyof F]: F[K] extends (k: never, ...args: infer A extends any[]) => Task<infer R>
    ? (...args: A) => Step<R>
    : never;
};

/** A line of the kernel log that the model wrote. */
export interface LogLine {
  /** `unsaid`: why a device is left alone, of which Linux writes nothing. */
  readonly level: 'unsaid' | 'debug' | 'info' | 'warn' | 'err';
  /** The device it is about. */
  readonly device: string | null;
  readonly text: string;
}

/** As much of a devicetree as the model needs besides the nodes themselves. */
export type Phandles = Pick<Fdt, 'phandles'>;

/** The complete description of a device, in numbers. */
export interface Expected {
  readonly ids: readonly number[];
  /** How many IOMMU instances it sits behind. */
  readonly iommus: number;
}

/** The kernel's global state: everything hangs off one of these, nothing is kept in modules. */
export class KernelState {
  readonly world: World;
  readonly design: Design;
  readonly config: Kconfig;
  /** The devicetree, for following phandles. */
  readonly fdt: Phandles | null;
  readonly acpi: AcpiTables | null;
  readonly log: LogLine[] = [];

  // drivers/iommu/iommu.c
  readonly iommu_probe_device_lock: Mutex;
  readonly iommu_device_lock: SpinLock;
  readonly iommu_device_list: Cell<Sequence<iommu_device>>;
  readonly iommu_group_ida: Cell<number>;
  /** The buses an IOMMU driver is offered to, in order. */
  readonly iommu_buses: bus_type[] = [];

  /** The platform drivers of IOMMUs, by name. */
  readonly iommu_drivers: Map<string, device_driver> = new Map();
  /** The IOMMU that a platform device is. */
  readonly instances: Map<device, iommu_device> = new Map();
  /** IOMMUs link devices to themselves, as they do in a boot; searches have no device links. */
  links_clients = false;
  /** What Intel's driver has read of DMAR, once it has. */
  dmar: DmarUnits | null = null;
  /** Why AMD's driver has given up on all its IOMMUs, once it has. */
  amd_problem: string | null = null;
  /** Set by a driver before its first IOMMU registers, and never taken back: no cell. */
  iommu_dma_strict = false;

  /** The IOMMUs that a table lists and no device of a bus stands for. */
  units: { readonly driver: IommuDriver; readonly instances: readonly iommu_device[] } | null =
    null;
  /** The IOMMU that DMAR, IVRS or an s390 puts a device behind. */
  readonly scopes: Map<device, iommu_device> = new Map();
  /** What a boot with no concurrency gives a device; null where nobody compares. */
  expected: ((dev: device) => Expected | null) | null = null;

  /** The references to the module that a scenario unloads, its own included; null when none goes. */
  going: Cell<number> | null = null;
  /** What IOMMUs are once their driver has been loaded again: its probe makes everything anew. */
  readonly renewed: Map<device, iommu_device> = new Map();
  /** Whether it has; null when no scenario loads it again. */
  loaded_again: Cell<boolean> | null = null;

  /**
   * Linux is to enable ACS (drivers/pci/pci.c). No cell: it is only ever set, and of functions that
   * tasks race for, nothing is known that ACS could change.
   */
  pci_acs_enable = false;

  // drivers/base/dd.c
  readonly deferred_probe_mutex: Mutex;
  readonly deferred_probe_pending_list: Cell<Sequence<device>>;
  readonly deferred_probe_active_list: Cell<Sequence<device>>;
  readonly deferred_trigger_count: Cell<number>;
  readonly driver_deferred_probe_enable: Cell<boolean>;
  readonly initcalls_done: Cell<boolean>;
  /** Seconds left to wait for suppliers; negative waits for ever. */
  readonly driver_deferred_probe_timeout: Cell<number>;
  /** Whether the work item that retries deferred devices is queued. */
  readonly deferred_probe_work: Cell<boolean>;
  /** A work item never runs twice at once. */
  readonly deferred_probe_work_running: Mutex;

  readonly #specifiers = new Map<FdtProperty, readonly SpecifierEntry[]>();
  readonly #words = new Map<FdtProperty, readonly number[]>();
  readonly #of_nodes = new Map<FdtNode, RefCount>();
  readonly #devices = new Map<device, RefCount>();
  readonly #modules = new Map<iommu_ops, RefCount>();

  constructor(
    world: World,
    design: Design,
    config: Kconfig,
    fdt: Phandles | null,
    acpi: AcpiTables | null,
  ) {
    this.world = world;
    this.fdt = fdt;
    this.acpi = acpi;
    this.design = design;
    this.config = config;
    const cell = <T>(name: string, value: T): Cell<T> => {
      const made = new Cell(world, name, value);
      world.roots.push(made);
      return made;
    };
    this.iommu_probe_device_lock = new Mutex(world, 'iommu_probe_device_lock');
    this.iommu_device_lock = new SpinLock(world, 'iommu_device_lock');
    this.iommu_device_list = cell('iommu_device_list', Sequence.of<iommu_device>());
    this.iommu_group_ida = cell('iommu_group_ida', 0);
    this.deferred_probe_mutex = new Mutex(world, 'deferred_probe_mutex');
    this.deferred_probe_pending_list = cell('deferred_probe_pending_list', Sequence.of<device>());
    this.deferred_probe_active_list = cell('deferred_probe_active_list', Sequence.of<device>());
    this.deferred_trigger_count = cell('deferred_trigger_count', 0);
    this.driver_deferred_probe_enable = cell('driver_deferred_probe_enable', false);
    this.initcalls_done = cell('initcalls_done', false);
    this.driver_deferred_probe_timeout = cell(
      'driver_deferred_probe_timeout',
      config.deferred_probe_timeout ?? (config.CONFIG_MODULES ? 10 : 0),
    );
    this.deferred_probe_work = cell('deferred_probe_work', false);
    this.deferred_probe_work_running = new Mutex(
      world,
      'deferred_probe_work (running)',
      null,
      null,
    );
  }

  /** A zeroed object, or null when the allocation is made to fail. */
  kzalloc<T extends Struct>(type: new (world: World) => T): Step<T | null> {
    return kzallocOrNull(this.world, type);
  }

  kfree(object: Struct | null): Step<void> {
    return kfree(this.world, object);
  }

  /** A list of specifiers, read once: the devicetree does not change. */
  specifiersOf(list: FdtProperty, cells_name: string): readonly SpecifierEntry[] {
    let entries = this.#specifiers.get(list);
    if (entries === undefined) {
      entries = this.fdt === null ? [] : specifiers(this.fdt, list, cells_name);
      this.#specifiers.set(list, entries);
    }
    return entries;
  }

  /** A property as 32-bit words, read once. */
  wordsOf(property: FdtProperty): readonly number[] {
    let words = this.#words.get(property);
    if (words === undefined) {
      words = cells(property);
      this.#words.set(property, words);
    }
    return words;
  }

  /** The references to a firmware node. At the end only live `iommu_fwspec`s may hold any. */
  of_node(node: FdtNode): RefCount {
    const held = (): number =>
      this.#fwspecs().filter((fwspec) => fwspec.iommu_fwnode.value === node).length;
    return madeFor(
      this.world,
      this.#of_nodes,
      node,
      () => new RefCount(this.world, `of_node ${node.path}`, held),
    );
  }

  /** The references to a device that was looked up. Whoever takes one gives it back. */
  kobj(dev: device): RefCount {
    return madeFor(
      this.world,
      this.#devices,
      dev,
      () => new RefCount(this.world, `device ${dev.text}`),
    );
  }

  /** The references to the module of an IOMMU driver. Every probed device holds one. */
  module(ops: iommu_ops): RefCount {
    const users = (): number =>
      this.devices().filter(
        (dev) => dev.iommu_group.value !== null && dev.iommu.value?.iommu_dev.value?.ops === ops,
      ).length;
    return madeFor(
      this.world,
      this.#modules,
      ops,
      () => new RefCount(this.world, `module ${ops.driver}`, users),
    );
  }

  instanceOf(dev: device): iommu_device {
    // Asked by the driver of the IOMMU alone, who is one task at a time.
    const { loaded_again } = this;
    const again = loaded_again !== null && look(this.world, () => loaded_again.value);
    const renewed = again ? this.renewed.get(dev) : undefined;
    return present(renewed ?? this.instances.get(dev), `${dev.name} is an IOMMU`);
  }

  /** The static variables of an IOMMU driver that some device of the machine matches. */
  staticsOf<T extends Struct>(driver: DriverName, type: new (world: World, label: string) => T): T {
    const statics = this.iommu_drivers.get(driver)?.statics;
    if (statics instanceof type) return statics;
    throw new InternalError(`${driver} has no ${type.name}`);
  }

  opsOf(driver: DriverName): iommu_ops {
    return present(this.design.drivers[driver], `${driver} in ${this.design.name}`);
  }

  /** All devices, bus by bus. For looking at the end state only: no scheduling point. */
  devices(): device[] {
    return this.iommu_buses.flatMap((bus) => [...bus.klist_devices.value]);
  }

  #fwspecs(): iommu_fwspec[] {
    return this.world.heap.filter(
      (object): object is iommu_fwspec => object instanceof iommu_fwspec && !object.freed,
    );
  }

  /**
   * A driver's `probe_device` has read the description of a device: it must be complete. Judged by
   * what the driver read, so it is as much part of the execution as the reads.
   */
  probeSaw(dev: device, ids: readonly number[] | null, iommus: number): void {
    const expected = this.expected?.(dev) ?? null;
    if (expected === null) return;
    const wrong =
      ids !== null && ids.length < expected.ids.length
        ? `${ids.length} of ${expected.ids.length} IDs`
        : iommus < expected.iommus
          ? `${iommus} of ${expected.iommus} IOMMUs`
          : null;
    if (wrong === null) return;
    this.world.fail({
      kind: 'property',
      object: 'iommu_fwspec',
      title: 'driver probes a device whose description is not complete',
      message: `probe_device() must see a complete description of ${dev.text}, and sees ${wrong}`,
    });
  }

  /** Report a kernel warning with a stack trace when `condition` holds. Returns the condition. */
  WARN_ON(condition: boolean, text: string): boolean {
    if (condition) this.world.fail({ kind: 'warn', object: text, message: `WARNING: ${text}` });
    return condition;
  }

  unsaid(dev: device, text: string): void {
    append(this.world, this.log, { level: 'unsaid', device: dev.name, text });
  }

  dev_dbg(dev: device | null, text: string): void {
    append(this.world, this.log, { level: 'debug', device: dev?.name ?? null, text });
  }

  dev_info(dev: device | null, text: string): void {
    append(this.world, this.log, { level: 'info', device: dev?.name ?? null, text });
  }

  dev_warn(dev: device | null, text: string): void {
    append(this.world, this.log, { level: 'warn', device: dev?.name ?? null, text });
  }

  dev_err(dev: device | null, text: string): void {
    append(this.world, this.log, { level: 'err', device: dev?.name ?? null, text });
  }
}

/** The running kernel: its state, and the functions of its design. */
export type kernel = KernelState & Bound<Functions> & Bound<Inlines>;

/** A kernel with functions that were added, or that have another signature, which comes first. */
export type Patched<F> = Bound<F> & kernel;

type KernelClass = new (...args: ConstructorParameters<typeof KernelState>) => kernel;

/** By the options that are off, as far as headers have stubs for them. */
const classes = new WeakMap<Design, Map<string, KernelClass>>();

/** A kernel of the given design. Every call goes through it, so a design can replace any function. */
export function makeKernel(
  world: World,
  design: Design,
  config: Kconfig,
  fdt: Phandles | null,
  acpi: AcpiTables | null = null,
): kernel {
  const stubs = Object.entries(design.stubs).filter(
    ([option]) => config[option as keyof Kconfig] === false,
  );
  const off = stubs.map(([option]) => option).join();
  const known = classes.get(design) ?? new Map<string, KernelClass>();
  classes.set(design, known);
  const Kernel =
    known.get(off) ?? kernelClass(design, Object.assign({}, ...stubs.map(([, of]) => of)));
  known.set(off, Kernel);
  return new Kernel(world, design, config, fdt, acpi);
}

/** Names of Linux have an underscore, those of helpers in this model do not. */
function isOfLinux(name: string): boolean {
  return name.includes('_');
}

type AnyFunction = (k: kernel, ...args: never[]) => Task<unknown>;

/** The state with the functions of a design as methods, and stubs in the place of some. */
function kernelClass(design: Design, stubs: Record<string, AnyFunction>): KernelClass {
  class Kernel extends KernelState {}
  const methods = Kernel.prototype as unknown as Record<string, unknown>;
  const add = (name: string, fn: AnyFunction, framed: boolean): void => {
    methods[name] = framed
      ? function (this: kernel, ...args: never[]) {
          return call(this.world, name, () => fn(this, ...args));
        }
      : function (this: kernel, ...args: never[]) {
          return fn(this, ...args);
        };
  };
  // What Linux does not have, and what the C compiler puts into its callers, has no frame.
  for (const [name, fn] of Object.entries(design.functions))
    add(name, fn as AnyFunction, isOfLinux(name));
  for (const [name, fn] of Object.entries({ ...design.inlines, ...stubs }))
    add(name, fn as AnyFunction, false);
  return Kernel as unknown as KernelClass;
}

/** Call through an operations table, under the function's own name if Linux has it. */
export function indirect<A extends unknown[], R>(
  k: kernel,
  fn: (k: kernel, ...args: A) => Task<R>,
  ...args: A
): Step<R> | Task<R> {
  return isOfLinux(fn.name) ? call(k.world, fn.name, () => fn(k, ...args)) : fn(k, ...args);
}
