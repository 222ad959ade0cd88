import type { Task } from '../../explore/index.ts';
import {
  big,
  type Machine,
  type Pointer,
  type Scalar,
  type Thread,
  type Variable,
} from '../../llvm/index.ts';
import { ENODEV, errPtr, returning } from '../by-hand.ts';
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

/** How a driver finds the instance that a fwspec names. */
export type FindInstance = (thread: Thread, fwnode: Scalar) => Task<Pointer | null>;

/**
 * The driver of the IOMMUs, by hand: what every driver does, and nothing with hardware. It notes each ID, finds
 * its instance by the node that the fwspec names, and has a domain that takes whatever comes.
 *
 * @param find null for any that has returned from its probe
 */
export function iommuDriver(
  kernel: Kernel,
  devices: readonly Device[],
  expected: (dev: Scalar) => number | null,
  find: FindInstance | null,
): IommuDriver {
  const { structs } = kernel;
  const instances = new Map<Device, Pointer>();
  const bound = new Map<Device, Variable>();
  for (const device of devices) {
    instances.set(device, structs.make(`${device.name}->iommu`, 'iommu_device').at(0));
    bound.set(device, kernel.linked.place(`${device.name}->bound`, 4, null));
  }
  const findBound: FindInstance = function* (thread, fwnode) {
    for (const [device, instance] of instances) {
      if (structs.at(device.of_node, 'device_node', 'fwnode') !== fwnode) continue;
      const at = (bound.get(device) as Variable).at(0);
      if ((yield* thread.memory.load(at, 4, 'ordered')) === 1) return instance;
    }
    return null;
  };
  const domainOps = structs.constant('stub_domain_ops', 'iommu_domain_ops', {
    attach_dev: kernel.handler('stub_attach_dev', returning(0)),
    free: kernel.handler('stub_domain_free', freeDomain),
  });
  const ops = structs.constant('stub_ops', 'iommu_ops', {
    of_xlate: kernel.handler('stub_of_xlate', xlate),
    probe_device: kernel.handler('stub_probe_device', probeDevice),
    release_device: kernel.handler('stub_release_device', returning(0)),
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

  function* allocateDomain(thread: Thread): Task<Scalar> {
    const domain = yield* thread.memory.allocate(structs.size('iommu_domain'), true);
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
    return (yield* kernel.call(thread, 'iommu_fwspec_add_ids', dev, ids, 1)) as Scalar;
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
    const fwnode = yield* structs.load(thread, fwspec, 'iommu_fwspec', 'iommu_fwnode');
    const instance = yield* (find ?? findBound)(thread, fwnode);
    if (instance === null) return errPtr(ENODEV);
    yield* judge(thread, dev, fwspec);
    return instance;
  }

  /** It has read the description of a device: that must be complete. */
  function* judge(thread: Thread, dev: Scalar, fwspec: Scalar): Task {
    const wanted = expected(dev);
    const found = Number(big(yield* structs.load(thread, fwspec, 'iommu_fwspec', 'num_ids')));
    if (wanted === null || found >= wanted) return;
    thread.world.fail({
      kind: 'property',
      object: 'iommu_fwspec',
      title: 'driver probes a device whose description is not complete',
      message: `probe_device() must see a complete description, and sees ${found} of ${wanted} IDs`,
    });
  }

  return {
    ops: ops.at(0),
    instances,
    isRegistered: (machine, device) =>
      machine.statics.valueAt(bound.get(device) as Variable, 0, 4) === 1,
    *probe(thread, device) {
      const instance = instances.get(device) as Pointer;
      const operands = [instance, ops.at(0), device.dev];
      const ret = (yield* kernel.call(thread, 'iommu_device_register', ...operands)) as Scalar;
      if (ret === 0)
        yield* thread.memory.store((bound.get(device) as Variable).at(0), 4, 1, 'ordered');
      return ret;
    },
  };
}
