import type { Task } from '../../explore/index.ts';
import {
  big,
  type Machine,
  type Pointer,
  type Scalar,
  type Thread,
  type Variable,
} from '../../llvm/index.ts';
import { EBUSY, ENODEV, ENOMEM, errPtr, returning } from '../by-hand.ts';
import type { Device } from './devices.ts';
import type { Kernel } from './kernel.ts';

/** What a kernel without its own IOMMU driver has instead of one. */
export interface IommuDriver {
  /** `struct iommu_ops` */
  readonly ops: Pointer;
  /** The `struct iommu_device` of each. */
  readonly instances: ReadonlyMap<Device, Pointer>;
  /** Whether its registration has succeeded. */
  isRegistered(machine: Machine, device: Device): boolean;
  /** Its probe, or that of a driver that the driver core does not know. */
  probe(thread: Thread, device: Device): Task<Scalar>;
}

/** How a driver finds the device of the instance that a fwspec names, with a reference: NULL where it is not found. */
export type FindDevice = (thread: Thread, fwnode: Scalar) => Task<Scalar>;

/**
 * The driver of the IOMMUs, by hand: what every driver does, and nothing with hardware. It notes each ID, finds
 * its instance by the node that the fwspec names, and has a domain that takes whatever comes.
 *
 * @param find what has returned from its probe, unless {@link findsEarly}; null without a driver core
 */
export function iommuDriver(
  kernel: Kernel,
  devices: readonly Device[],
  expected: (dev: Scalar) => number | null,
  find: FindDevice | null,
): IommuDriver {
  const { structs } = kernel;
  const instances = new Map<Device, Pointer>();
  const registered = new Map<Device, Variable>();
  for (const device of devices) {
    instances.set(device, structs.make(`${device.name}->iommu`, 'iommu_device').at(0));
    registered.set(device, kernel.linked.place(`${device.name}->registered`, 4, null));
  }
  const isEarly = findsEarly(kernel);
  const referring = (name: string): Scalar => kernel.linked.outside(name).at(0);

  /** What nobody has registered is not found, where drivers find what is bound. */
  function* findAny(thread: Thread, fwnode: Scalar): Task<Scalar> {
    for (const device of devices) {
      if (device.fwnode !== fwnode) continue;
      const at = (registered.get(device) as Variable).at(0);
      const isThere = isEarly || (yield* thread.memory.load(at, 4, 'ordered')) === 1;
      return isThere ? ((yield* thread.call(referring('get_device'), [device.dev])) as Scalar) : 0n;
    }
    return 0n;
  }

  const domainOps = structs.constant('stub_domain_ops', 'iommu_domain_ops', {
    attach_dev: kernel.handler('stub_attach_dev', returning(0)),
    free: kernel.handler('stub_domain_free', freeDomain),
  });
  const ops = structs.constant('stub_ops', 'iommu_ops', {
    of_xlate: kernel.handler('stub_of_xlate', xlate),
    probe_device: kernel.handler('stub_probe_device', probeDevice),
    release_device: kernel.handler('stub_release_device', releaseDevice),
    device_group: kernel.function('generic_device_group'),
    default_domain_ops: domainOps.at(0),
  });
  for (const allocate of ['domain_alloc', 'domain_alloc_paging'])
    if (structs.maybe('iommu_ops', allocate) !== null)
      structs.fill(ops, 'iommu_ops', {
        [allocate]: kernel.handler('stub_domain_alloc', allocateDomain),
      });
  if (structs.maybe('iommu_ops', 'pgsize_bitmap') !== null)
    structs.fill(ops, 'iommu_ops', { pgsize_bitmap: 4096n });

  const judge = judgeDescription(kernel, expected);

  function* allocateDomain(thread: Thread): Task<Scalar> {
    const domain = yield* structs.allocate(thread, 'iommu_domain');
    if (big(domain) === 0n) return domain;
    yield* structs.store(thread, domain, 'iommu_domain', 'ops', domainOps.at(0));
    yield* structs.store(thread, domain, 'iommu_domain', 'pgsize_bitmap', 4096n);
    return domain;
  }

  function* freeDomain(thread: Thread, domain: Scalar = 0n): Task<Scalar> {
    yield* thread.memory.free(domain);
    return 0;
  }

  function* xlate(thread: Thread, dev: Scalar = 0n, args: Scalar = 0n): Task<Scalar> {
    const ids = structs.at(args, 'of_phandle_args', 'args');
    // Where there is one of it for each device, there are no IDs.
    if (big(yield* structs.load(thread, args, 'of_phandle_args', 'args_count')) === 0n) return 0;
    return (yield* kernel.call(thread, 'iommu_fwspec_add_ids', dev, ids, 1)) as Scalar;
  }

  /** What the driver knows of a device, in `dev->iommu->priv`. */
  function* addMaster(thread: Thread, dev: Scalar, instance: Scalar): Task<Scalar> {
    const master = yield* thread.memory.allocate(structs.size('list_head'), true);
    if (big(master) === 0n) return errPtr(ENOMEM);
    const param = yield* structs.load(thread, dev, 'device', 'iommu');
    yield* structs.store(thread, param, 'dev_iommu', 'priv', master);
    return instance;
  }

  function* releaseDevice(thread: Thread, dev: Scalar = 0n): Task<Scalar> {
    const param = yield* structs.load(thread, dev, 'device', 'iommu');
    yield* thread.memory.free(yield* structs.load(thread, param, 'dev_iommu', 'priv'));
    return 0;
  }

  function* probeDevice(thread: Thread, dev: Scalar = 0n): Task<Scalar> {
    const param = yield* structs.load(thread, dev, 'device', 'iommu');
    if (big(param) === 0n) return errPtr(ENODEV);
    const fwspec = yield* structs.load(thread, param, 'dev_iommu', 'fwspec');
    if (big(fwspec) === 0n) return errPtr(ENODEV);
    if (structs.maybe('iommu_fwspec', 'ops') !== null) {
      const own = yield* structs.load(thread, fwspec, 'iommu_fwspec', 'ops');
      if (own !== ops.at(0)) return errPtr(ENODEV);
    }
    if (big(yield* structs.load(thread, param, 'dev_iommu', 'priv')) !== 0n) {
      thread.memory.report(
        'warn',
        thread.memory.functionName,
        'WARN(): the device is probed already',
      );
      return errPtr(EBUSY);
    }
    const fwnode = yield* structs.load(thread, fwspec, 'iommu_fwspec', 'iommu_fwnode');
    const found = yield* (find ?? findAny)(thread, fwnode);
    if (big(found) === 0n) return errPtr(ENODEV);
    const instance = yield* structs.load(thread, found, 'device', 'driver_data');
    yield* thread.call(referring('put_device'), [found]);
    if (big(instance) === 0n) return errPtr(ENODEV);
    yield* judge(thread, dev, fwspec);
    return yield* addMaster(thread, dev, instance);
  }

  return {
    ops: ops.at(0),
    instances,
    isRegistered: (machine, device) =>
      machine.statics.valueAt(registered.get(device) as Variable, 0, 4) === 1,
    *probe(thread, device) {
      const instance = instances.get(device) as Pointer;
      yield* structs.store(thread, device.dev, 'device', 'driver_data', instance);
      const operands = [instance, ops.at(0), device.dev];
      const ret = (yield* kernel.call(thread, 'iommu_device_register', ...operands)) as Scalar;
      const at = (registered.get(device) as Variable).at(0);
      if (ret === 0) yield* thread.memory.store(at, 4, 1, 'ordered');
      return ret;
    },
  };
}

/**
 * Whether drivers find an instance among all devices rather than among those that are bound: since v6.14, shortly
 * before a registration became something that is ready or not.
 */
export function findsEarly({ structs }: Kernel): boolean {
  return structs.maybe('iommu_device', 'ready') !== null;
}

/** A driver has read the description of a device: that must be complete. */
export function judgeDescription(
  { structs }: Kernel,
  expected: (dev: Scalar) => number | null,
): (thread: Thread, dev: Scalar, fwspec: Scalar) => Task {
  return function* (thread, dev, fwspec) {
    const wanted = expected(dev);
    const found = Number(big(yield* structs.load(thread, fwspec, 'iommu_fwspec', 'num_ids')));
    if (wanted === null || found >= wanted) return;
    thread.world.fail({
      kind: 'property',
      object: 'iommu_fwspec',
      title: 'driver probes a device whose description is not complete',
      message: `probe_device() must see a complete description, and sees ${found} of ${wanted} IDs`,
    });
  };
}
