import type { Task } from '../../explore/index.ts';
import {
  big,
  type Machine,
  type MemoryCell,
  type Module,
  Pointer,
  type Scalar,
  SharedMemory,
  type Thread,
  Variable,
} from '../../llvm/index.ts';
import { type ByHand, EPROBE_DEFER, errno, errPtr } from '../by-hand.ts';
import { busDriver, pciFunctions } from './buses.ts';
import { addQuietly, busOf, type Device, deviceOn } from './devices.ts';
import {
  bind,
  type Driver,
  deviceAt,
  driverOf,
  platformDriver,
  registerDriver,
} from './drivers.ts';
import type { Firmware } from './firmware.ts';
import { type FindDevice, findsEarly, type IommuDriver, iommuDriver } from './iommu.ts';
import { iommuBuses, Kernel } from './kernel.ts';
import { type KernelDriver, kernelDriver } from './kernel-driver.ts';
import { type ClientBus, clientCompatible, iommuCompatible } from './tree.ts';

/** Drivers by hand. */
const stubName = 'stub_iommu';
const clientName = 'client';

/** How far a kernel has come before the tasks start. */
export interface Boot {
  /** What was offered to its driver, in order. */
  readonly offered: readonly Device[];
  /** What is not on its bus. */
  readonly absent: readonly Device[];
  /** Devices that wait are tried again. */
  readonly retries: boolean;
}

/** A device when nothing runs any more. */
export interface EndState {
  /** On its bus. */
  readonly added: boolean;
  readonly bound: boolean;
  /** Waits on a list of those that are tried again. */
  readonly waits: boolean;
  readonly group: Scalar;
  /** Whether its DMA goes through the group; null where that is not looked at. */
  readonly translated: boolean | null;
  /** How many IDs its fwspec has; null without one. */
  readonly ids: number | null;
}

/**
 * A kernel's C on a small machine: devices that firmware describes, the IOMMUs among them on the platform bus, and a
 * driver for each of both kinds. With the driver core as C it binds them as it does; without, what it would call
 * is called.
 */
export class Platform {
  readonly kernel: Kernel;
  readonly iommus: readonly Device[];
  readonly clients: readonly Device[];
  readonly #bus: ClientBus;
  readonly #firmware: Firmware;
  readonly #boundClients = new Map<Pointer, Variable>();
  readonly #iommuDriver: IommuDriver;
  readonly #drivers: { readonly iommu: Driver; readonly client: Driver } | null;

  constructor(
    modules: readonly Module[],
    firmware: Firmware,
    names: { readonly iommus: readonly string[]; readonly clients: readonly string[] },
    driver: KernelDriver | null = null,
    bus: ClientBus = 'platform',
  ) {
    const kernel = new Kernel(modules, firmware.tree);
    this.kernel = kernel;
    this.#bus = bus;
    this.#firmware = firmware;
    const device = (name: string, by: string, on: ClientBus): Device => {
      const pdevName = firmware.matchesByName === true ? by : name;
      const described = firmware.describe(kernel, name);
      const made = deviceOn(kernel, on, described, name, pdevName);
      return driver?.keepsIds === true ? { ...made, ids: 0 } : made;
    };
    this.iommus = names.iommus.map((name) => device(name, driver?.name ?? stubName, 'platform'));
    this.clients = names.clients.map((name) => device(name, clientName, bus));
    if (bus === 'pci') kernel.provide(pciFunctions(kernel, this.clients));
    firmware.prepare?.(kernel);
    for (const { name, dev } of this.clients)
      this.#boundClients.set(dev, kernel.linked.place(`${name}->bound`, 4, null));
    const expected = (dev: Scalar): number | null => {
      const client = this.clients.find((one) => one.dev === dev);
      return client?.ids ?? null;
    };
    const find = kernel.hasDriverCore ? this.#find() : null;
    this.#iommuDriver =
      driver === null
        ? iommuDriver(kernel, this.iommus, expected, find)
        : kernelDriver(kernel, driver, this.iommus, expected);
    this.#drivers = kernel.hasDriverCore ? this.#platformDrivers(driver) : null;
    if (this.#drivers === null) this.#withoutCore();
  }

  #platformDrivers(kernels: KernelDriver | null): {
    readonly iommu: Driver;
    readonly client: Driver;
  } {
    const { kernel } = this;
    const { offset } = kernel.structs.field('platform_device', 'dev');
    const iommuOf = (pdev: Scalar): Device => deviceAt(this.iommus, pdev, offset) as Device;
    const probe: ByHand = (thread, pdev = 0n) => this.#iommuDriver.probe(thread, iommuOf(pdev));
    const client =
      this.#bus === 'platform'
        ? platformDriver(kernel, clientName, clientCompatible)
        : busDriver(kernel, this.#bus, clientName, this.clients);
    const platform = kernels?.platform ?? null;
    if (platform === null) {
      const compatible = kernels?.compatible ?? iommuCompatible;
      return {
        iommu: platformDriver(kernel, kernels?.name ?? stubName, compatible, probe),
        client,
      };
    }
    kernel.provide({ [platform.probe]: probe });
    return { iommu: driverOf(kernel, platform.driver), client };
  }

  /** Among the devices of the bus or, before, those that are bound: then not before its own probe has returned. */
  #find(): FindDevice {
    const { kernel } = this;
    const platform = this;
    const match = kernel.linked.outside('device_match_fwnode').at(0);
    const bus = kernel.variable('platform_bus_type').at(0);
    return function* (thread, fwnode) {
      const [by, among] = findsEarly(kernel)
        ? ['bus_find_device', bus]
        : ['driver_find_device', platform.#drivers?.iommu.driver as Pointer];
      return (yield* kernel.call(
        thread,
        by as string,
        among as Pointer,
        0n,
        fwnode,
        match,
      )) as Scalar;
    };
  }

  /** What iommu.c and of_iommu.c need of the driver core. */
  #withoutCore(): void {
    const { kernel } = this;
    const firmware = this.#firmware;
    const all = [...this.iommus, ...this.clients];
    kernel.provide({
      *bus_for_each_dev(thread, of = 0n, _start = 0n, data = 0n, visit = 0n) {
        for (const { dev, bus } of all) {
          if (bus !== of) continue;
          const ret = (yield* thread.call(visit, [dev, data])) as Scalar;
          if (big(ret) !== 0n) return ret;
        }
        return 0;
      },
      *bus_register_notifier() {
        return 0;
      },
      *driver_deferred_probe_check_state() {
        return errno(EPROBE_DEFER);
      },
    });
    const configure = kernel.handler('dma_configure', (thread, dev = 0n) =>
      firmware.configure(kernel, thread, deviceAt(all, dev) as Device),
    );
    const { offset } = kernel.structs.field('bus_type', 'dma_configure');
    for (const bus of ['platform', this.#bus] as const)
      kernel.linked.imageOf(busOf(kernel, bus).memory as Variable).write(offset, 8, configure);
  }

  /** What a kernel has done before the tasks start. */
  *boot(thread: Thread, { offered, absent, retries }: Boot): Task {
    const { kernel } = this;
    yield* kernel.call(thread, 'iommu_init');
    if (this.#drivers !== null) {
      yield* kernel.call(thread, 'buses_init');
      for (const name of iommuBuses) {
        const bus = kernel.maybeVariable(name);
        if (bus !== null) yield* kernel.call(thread, 'bus_register', bus.at(0));
      }
    }
    yield* kernel.call(thread, 'iommu_subsys_init');
    if (this.#firmware.boot !== undefined) yield* this.#firmware.boot(kernel, thread);
    if (this.#drivers !== null) {
      yield* registerDriver(kernel, thread, this.#drivers.iommu);
      yield* registerDriver(kernel, thread, this.#drivers.client);
      for (const device of [...this.iommus, ...this.clients])
        if (!absent.includes(device)) yield* addQuietly(kernel, thread, device);
    }
    for (const device of offered) yield* this.bind(thread, device);
    if (this.#drivers === null) return;
    yield* this.#set(thread, 'initcalls_done');
    if (retries) yield* this.#set(thread, 'driver_deferred_probe_enable');
  }

  *#set(thread: Thread, name: string): Task {
    yield* thread.memory.store(this.kernel.variable(name).at(0), 1, 1);
  }

  /** From now on those that wait are tried again, and now for the first time. */
  *retry(thread: Thread): Task {
    yield* this.#set(thread, 'driver_deferred_probe_enable');
    yield* this.kernel.call(thread, 'driver_deferred_probe_trigger');
  }

  /** What unbinding through sysfs does. */
  *unbind(thread: Thread, device: Device): Task {
    yield* this.kernel.call(thread, 'device_release_driver', device.dev);
  }

  /** A device is offered to its driver. @returns what the IOMMU core says, where there is no driver core */
  *bind(thread: Thread, device: Device): Task<Scalar> {
    const isIommu = this.iommus.includes(device);
    if (this.#drivers !== null) {
      const driver = isIommu ? this.#drivers.iommu : this.#drivers.client;
      yield* bind(this.kernel, thread, device, driver);
      return 0;
    }
    if (isIommu) return yield* this.#iommuDriver.probe(thread, device);
    const ret = yield* this.#firmware.configure(this.kernel, thread, device);
    if (ret !== errno(EPROBE_DEFER) && ret !== errPtr(EPROBE_DEFER))
      yield* thread.memory.store(this.#bound(device.dev).at(0), 4, 1, 'ordered');
    return ret;
  }

  /** Whether a client is bound, where there is no driver core to say so. */
  #bound(dev: Pointer): Variable {
    return this.#boundClients.get(dev) as Variable;
  }

  /** The `struct iommu_device` of an IOMMU. */
  instance(iommu: Device): Pointer {
    return this.#iommuDriver.instances.get(iommu) as Pointer;
  }

  /** Whether its registration has succeeded. */
  isRegistered(machine: Machine, iommu: Device): boolean {
    return this.#iommuDriver.isRegistered(machine, iommu);
  }

  /** The cell of a field of a device, for properties to watch. */
  cell(machine: Machine, { dev }: Device, path: string): MemoryCell {
    const { offset, size } = this.kernel.structs.field('device', path);
    const cell = machine.statics.cellAt(dev.memory as Variable, dev.offset + offset, size);
    return cell as MemoryCell;
  }

  endState(machine: Machine, { dev }: Device): EndState {
    const value = (at: Scalar, struct: string, path: string): Scalar =>
      this.value(machine, at, struct, path);
    const fwspec = value(value(dev, 'device', 'iommu'), 'dev_iommu', 'fwspec');
    const ids = value(fwspec, 'iommu_fwspec', 'num_ids');
    const state = {
      group: value(dev, 'device', 'iommu_group'),
      ids: fwspec instanceof Pointer ? Number(big(ids)) : null,
    };
    if (this.#drivers === null) {
      const bound = machine.statics.valueAt(this.#bound(dev), 0, 4) === 1;
      return { added: true, waits: false, bound, translated: null, ...state };
    }
    const p = value(dev, 'device', 'p') as Pointer;
    const waiting = value(p, 'device_private', 'deferred_probe.next');
    return {
      ...state,
      translated: this.kernel.decidesDma
        ? value(dev, 'device', 'dma_ops') instanceof Pointer
        : null,
      added: isAttached(value(p, 'device_private', 'knode_bus.n_klist')),
      bound: value(dev, 'device', 'driver') instanceof Pointer,
      waits: waiting !== this.kernel.structs.at(p, 'device_private', 'deferred_probe'),
    };
  }

  /** What a field of a structure holds now, for whoever is no task; NULL has nothing. */
  value(machine: Machine, pointer: Scalar, struct: string, path: string): Scalar {
    if (!(pointer instanceof Pointer)) return 0n;
    const { offset, size } = this.kernel.structs.field(struct, path);
    const { memory } = pointer;
    if (memory instanceof SharedMemory) return memory.valueAt(pointer.offset + offset, size);
    if (memory instanceof Variable)
      return machine.statics.valueAt(memory, pointer.offset + offset, size);
    return 0n;
  }
}

/** The lowest bit says that it is on the klist only because a walk has come to it. */
function isAttached(n_klist: Scalar): boolean {
  return n_klist instanceof Pointer && n_klist.offset % 2 === 0;
}
