import { type Task, write } from '../../explore/index.ts';
import type { device, errno, kernel } from '../../linux/index.ts';
import { groupBy, present } from '../../util/index.ts';
import type { HostBridge, Machine, MachineDevice } from '../machine.ts';
import type { Offers } from './offers.ts';
import { linkOrder } from './plan/client-drivers.ts';
import type { BootEvent, Offer } from './plan/plan.ts';

/** A device that a driver matches. */
interface Matched {
  readonly dev: device;
  readonly offer: Offer;
}

type Pair = readonly [MachineDevice, device];

/** A memory context of host1x. */
const isContext = ({ bus }: device): boolean => bus.name === 'host1x-context';

/** A machine that boots: which drivers are there, and how far its devices have come. */
export class BootSequence {
  readonly #k: kernel;
  readonly #machine: Machine;
  readonly #devices: readonly Pair[];
  /** In the order in which drivers are offered devices. */
  readonly #matched: readonly Matched[];
  readonly #offers: ReadonlyMap<device, Offer>;
  /** What drivers make in the probe of their device. */
  readonly #makes: ReadonlyMap<device, readonly device[]>;
  readonly #unscanned: Map<HostBridge, device>;
  readonly #bySegment: ReadonlyMap<number | undefined, readonly Pair[]>;
  /** Those that were added since drivers were last offered devices. */
  #came: Matched[] = [];
  readonly #hasContexts: boolean;
  readonly #absent: Set<device>;
  readonly #offered = new Set<device>();
  /** Virtual functions that somebody will ask for. */
  readonly #awaited: ReadonlySet<string>;
  readonly #modules = new Set<string>();
  /** How far the initcalls have come. */
  #initcalls = -1;

  constructor(
    k: kernel,
    machine: Machine,
    devices: ReadonlyMap<MachineDevice, device>,
    absent: Set<device>,
    offers: Offers,
    events: readonly BootEvent[],
    makers: ReadonlyMap<MachineDevice, readonly MachineDevice[]>,
  ) {
    this.#k = k;
    this.#machine = machine;
    this.#devices = [...devices];
    this.#matched = this.#devices
      .flatMap(([of, dev]) => {
        const offer = offers.of(of);
        return offer === null || dev.matches === null ? [] : [{ dev, offer }];
      })
      .sort((a, b) => a.offer.order - b.offer.order);
    this.#offers = new Map(this.#matched.map(({ dev, offer }) => [dev, offer]));
    const deviceOf = (of: MachineDevice): device => present(devices.get(of), of.name);
    this.#makes = new Map([...makers].map(([by, made]) => [deviceOf(by), made.map(deviceOf)]));
    this.#unscanned = new Map(
      machine.hostBridges.flatMap((host) => {
        const dev = devices.get(host.device);
        return dev === undefined ? [] : [[host, dev]];
      }),
    );
    this.#hasContexts = this.#devices.some(([, dev]) => isContext(dev));
    this.#bySegment = groupBy(this.#devices, ([{ pci }]) => pci?.segment);
    this.#absent = absent;
    this.#awaited = new Set(
      events.flatMap((event) => (event.what === 'sriov' ? event.physfn : [])),
    );
  }

  /** Devices are added, drivers come by initcall, deferred devices get their tries at the end. */
  *initcalls(): Task {
    const k = this.#k;
    const segments = new Set(this.#machine.hostBridges.map(({ segment }) => segment));
    yield* k.pci_iommu_alloc();
    yield* k.acpi_viot_early_init();
    yield* k.iort_enable_acs();
    yield* this.#add(this.#devices, ({ pci, made }) => pci === null && made === undefined);
    yield* this.#come(linkOrder.hostBridges);
    yield* this.#add(this.#devices, ({ pci }) => pci !== null && !segments.has(pci.segment));
    yield* k.pci_iommu_init();
    yield* this.#come(linkOrder.last);

    yield* write(k.driver_deferred_probe_enable, true);
    yield* k.driver_deferred_probe_trigger();
    yield* this.#settle();
    yield* write(k.initcalls_done, true);
    yield* k.driver_deferred_probe_trigger();
    yield* this.#settle();
  }

  *happen(event: BootEvent): Task {
    const k = this.#k;
    switch (event.what) {
      case 'load':
        this.#modules.add(event.module);
        yield* this.#offer();
        break;
      case 'unload':
        this.#modules.delete(event.module);
        for (const { dev, offer } of this.#matched) {
          if (!offer.modules.includes(event.module)) continue;
          yield* k.device_release_driver(dev);
          this.#offered.delete(dev);
        }
        break;
      case 'timeout':
        yield* k.deferred_probe_timeout_work_func();
        break;
      case 'sriov':
        yield* this.#add(this.#devices, ({ pci }) => pci?.physfn?.name === event.physfn);
        yield* this.#offer();
        break;
    }
    yield* this.#settle();
  }

  /** The probe of a driver that makes devices: each is offered to its driver as it is added. */
  *make(by: device): Task<errno> {
    const made = this.#makes.get(by) ?? [];
    const contexts = made.filter(isContext);
    const err = yield* this.#k.host1x_memory_context_list_init(by, contexts);
    for (const dev of contexts) {
      if (dev.bus.klist_devices.value.includes(dev)) this.#absent.delete(dev);
    }
    if (err) return err;
    for (const dev of made) {
      if (isContext(dev) || !this.#absent.delete(dev)) continue;
      yield* this.#k.device_add(dev);
      const offer = this.#offers.get(dev);
      if (offer !== undefined && dev.matches !== null && this.#isThere(offer)) {
        this.#offered.add(dev);
        yield* this.#k.__driver_attach(dev, dev.matches);
      }
    }
    return 0;
  }

  /** Drivers that are part of the kernel register, as far as this one. */
  *#come(order: number): Task {
    this.#initcalls = order;
    yield* this.#offer();
  }

  *#add(among: readonly Pair[], which: (of: MachineDevice) => boolean): Task {
    for (const [of, dev] of among) {
      if (!this.#absent.has(dev) || !which(of)) continue;
      this.#absent.delete(dev);
      const offer = this.#offers.get(dev);
      if (offer !== undefined) this.#came.push({ dev, offer });
      // What stands for other functions is in no slot with them.
      if (dev.pci === null || of.assumed) yield* this.#k.device_add(dev);
      else yield* this.#k.pci_scan_slot(dev, dev.pci);
    }
  }

  /** Offer each device that is there to its driver, unless that was done before. */
  *#offer(): Task {
    yield* this.#offerEach(this.#matched);
    this.#came = [];
    while (yield* this.#scan()) {
      const came = this.#came.sort((a, b) => a.offer.order - b.offer.order);
      this.#came = [];
      // Contexts come by themselves, whenever host1x is bound.
      yield* this.#offerEach(this.#hasContexts ? this.#matched : came);
    }
  }

  *#offerEach(matched: readonly Matched[]): Task {
    for (const { dev, offer } of matched) {
      if (this.#offered.has(dev) || this.#absent.has(dev) || !this.#isThere(offer)) continue;
      this.#offered.add(dev);
      if (dev.matches !== null) yield* this.#k.__driver_attach(dev, dev.matches);
      // While the next device is probed, those that this one made ready are tried elsewhere.
      yield* this.#k.deferred_probe_work_func();
    }
  }

  #isThere({ modules, order }: Offer): boolean {
    if (modules.length === 0) return order <= this.#initcalls;
    return modules.every((module) => this.#modules.has(module));
  }

  /** A host bridge whose driver is bound shows what is behind it. Whether there was one. */
  *#scan(): Task<boolean> {
    for (const [host, dev] of this.#unscanned) {
      if (dev.driver.value === null) continue;
      this.#unscanned.delete(host);
      const behind = this.#bySegment.get(host.segment) ?? [];
      yield* this.#add(behind, ({ pci }) => !this.#isAwaited(pci?.physfn));
      return true;
    }
    return false;
  }

  #isAwaited(physfn: MachineDevice | undefined): boolean {
    return physfn !== undefined && this.#awaited.has(physfn.name);
  }

  /** Devices that wait get another try, as often as something has changed. */
  *#settle(): Task {
    yield* this.#k.deferred_probe_work_func();
    if (this.#unscanned.size > 0) yield* this.#offer();
  }
}
