// One boot with nothing beside it: what happens to each device when no task is in another's way.

import { Crash, sequentially, type Task, type World, write } from '../explore/index.ts';
import {
  apply,
  type Design,
  type DriverName,
  type device,
  type device_driver,
  type errno,
  type Kconfig,
  type kernel,
} from '../linux/index.ts';
import { assert } from '../util/index.ts';
import { buildKernel } from './build.ts';
import type { Machine, MachineDevice } from './machine.ts';

export interface BootOptions {
  /** Let the time for which devices wait for suppliers run out; without it they wait for ever. */
  readonly deferredProbeTimeoutExpired?: boolean;
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
  /** Why the boot stopped half-way. */
  readonly crash: string | null;
}

/**
 * The IOMMU drivers in the order of their initcalls: `exynos-sysmmu` registers at core_initcall,
 * the others at device_initcall in link order.
 */
const iommuDriverOrder: readonly DriverName[] = [
  'exynos-sysmmu',
  'arm-smmu',
  'arm-smmu-v3',
  'virtio-iommu',
  'apple-dart',
];

/** Boot the machine on one CPU. */
export function bootMachine(
  machine: Machine,
  design: Design,
  config: Kconfig,
  options: BootOptions = {},
): Boot {
  const attempts = new Map<device, Attempt>();
  const observed = observe(design, attempts);
  const built: Omit<Boot, 'crash'>[] = [];
  let crash: string | null = null;
  try {
    sequentially((world: World) => {
      const { k, devices } = buildKernel(world, observed, config, machine);
      built.push({ k, devices, attempts });
      // The work item counts as queued all the time: this task does its work, where boot waits for it.
      k.deferred_probe_work.value = true;
      world.runAlone('boot', () => bootSequence(k, machine, devices, options));
    });
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    crash = error.message;
  }
  const [boot] = built;
  assert(boot !== undefined, 'a kernel was built');
  return { ...boot, crash };
}

/** The design, with a note taken of what becomes of each device. */
function observe(design: Design, attempts: Map<device, Attempt>): Design {
  const { really_probe, parseIommus, iommu_probe_device } = design.functions;
  const note = (dev: device, ret: errno): errno => {
    const attempt = attempts.get(dev);
    if (attempt !== undefined && ret < 0) attempt.iommuErrno = ret;
    return ret;
  };
  return apply(design.name, design, {
    subject: 'write down what becomes of each device',
    functions: {
      *really_probe(k: kernel, dev: device, drv: device_driver): Task<errno> {
        const attempt: Attempt = { errno: 0, iommuErrno: 0, logFrom: k.log.length };
        attempts.set(dev, attempt);
        attempt.errno = yield* really_probe(k, dev, drv);
        return attempt.errno;
      },
      *parseIommus(k, dev, master_np, id): Task<errno> {
        return note(dev, yield* parseIommus(k, dev, master_np, id));
      },
      *iommu_probe_device(k, dev): Task<errno> {
        return note(dev, yield* iommu_probe_device(k, dev));
      },
    },
  });
}

/** Devices are added, drivers come by initcall, deferred devices get their tries at the end. */
function* bootSequence(
  k: kernel,
  machine: Machine,
  devices: ReadonlyMap<MachineDevice, device>,
  { deferredProbeTimeoutExpired = false }: BootOptions,
): Task {
  for (const [of, dev] of devices) if (of.bus !== 'pci') yield* k.device_add(dev);
  yield* bindIommus(k, devices, ({ bus }) => bus !== 'pci');

  const hosts = new Set(machine.hostBridges.map(({ device }) => device));
  for (const { device, segment } of machine.hostBridges) {
    const dev = devices.get(device);
    if (dev !== undefined) yield* bind(k, dev);
    for (const [of, pci] of devices) if (of.pci?.segment === segment) yield* k.device_add(pci);
  }
  const segments = new Set(machine.hostBridges.map(({ segment }) => segment));
  for (const [{ pci }, dev] of devices) {
    if (pci !== null && !segments.has(pci.segment)) yield* k.device_add(dev);
  }
  yield* bindIommus(k, devices, ({ bus }) => bus === 'pci');

  for (const [of, dev] of devices) {
    if (hosts.has(of) || k.instances.has(dev) || isHostBridgeFunction(of)) continue;
    yield* bind(k, dev);
  }

  yield* write(k.driver_deferred_probe_enable, true);
  yield* retryDeferred(k);
  yield* write(k.initcalls_done, true);
  yield* retryDeferred(k);
  if (!deferredProbeTimeoutExpired) return;
  yield* write(k.driver_deferred_probe_timeout, 0);
  yield* retryDeferred(k);
}

function* bindIommus(
  k: kernel,
  devices: ReadonlyMap<MachineDevice, device>,
  now: (of: MachineDevice) => boolean,
): Task {
  for (const name of iommuDriverOrder) {
    const driver = k.iommu_drivers.get(name);
    for (const [of, dev] of devices) {
      if (dev.matches === driver && k.instances.has(dev) && now(of)) yield* bind(k, dev);
    }
  }
}

function* bind(k: kernel, dev: device): Task {
  if (dev.matches !== null) yield* k.__driver_attach(dev, dev.matches);
}

function* retryDeferred(k: kernel): Task {
  yield* k.driver_deferred_probe_trigger();
  yield* k.deferred_probe_work_func();
}

/** The function that a host bridge shows of itself on its root bus: no driver binds to it. */
export function isHostBridgeFunction(of: MachineDevice): boolean {
  const code = of.pci?.config?.class_code;
  return code !== undefined && code >>> 8 === 0x0600;
}
