import type { Task } from '../../explore/index.ts';
import { Pointer, type Scalar, type Thread, type Variable } from '../../llvm/index.ts';
import type { ByHand, ByName } from '../by-hand.ts';
import type { Device } from './devices.ts';
import { type IommuDriver, judgeDescription } from './iommu.ts';
import type { Kernel } from './kernel.ts';

/** An IOMMU as its driver's probe leaves it before it registers it. */
export interface Instance {
  /** The `struct iommu_device` in it. */
  readonly iommu: Pointer;
  /** The `struct device` that its driver is bound to. */
  readonly dev: Pointer;
  /** Where the driver finds its own structure again. */
  readonly data: { readonly at: Pointer; readonly value: Pointer };
}

/** An IOMMU driver of the kernel, as C but for what it does to hardware. */
export interface KernelDriver {
  readonly name: string;
  /** The ACPI table that names its IOMMUs; null for none that is built here. */
  readonly table: 'iort' | 'viot' | null;
  /** What it takes besides the files of the scenario. */
  readonly files: readonly string[];
  /** What a devicetree calls its IOMMUs. */
  readonly compatible: string;
  /** Its `struct platform_driver` and the probe in it; null for one of another bus. */
  readonly platform: { readonly driver: string; readonly probe: string } | null;
  /** Its `struct iommu_ops`. */
  readonly ops: string;
  /** IDs are in its own structures, and none in the fwspec. */
  readonly keepsIds?: true;
  /** Its own structure is found only after its IOMMU has registered. */
  isLate?(kernel: Kernel): boolean;
  make(kernel: Kernel, device: Device): Instance;
  /** What is by hand: what touches registers, tables in memory and queues. */
  functions(kernel: Kernel): ByName;
}

/** The driver of the IOMMUs, whose probe is by hand and whose operations are its own. */
export function kernelDriver(
  kernel: Kernel,
  driver: KernelDriver,
  devices: readonly Device[],
  expected: (dev: Scalar) => number | null,
): IommuDriver {
  const { structs } = kernel;
  const made = new Map<Device, Instance>();
  const bound = new Map<Device, Variable>();
  for (const device of devices) {
    made.set(device, driver.make(kernel, device));
    bound.set(device, kernel.linked.place(`${device.name}->bound`, 4, null));
  }
  kernel.provide({ of_find_device_by_node, ...driver.functions(kernel) });
  if (driver.platform === null || !kernel.hasDriverCore) kernel.provide(lookUps());
  const ops = kernel.variable(driver.ops);
  judgeProbes();

  /** With a reference, for whoever asks. */
  function* got(thread: Thread, dev: Scalar): Task<Scalar> {
    return (yield* thread.call(kernel.linked.outside('get_device').at(0), [dev])) as Scalar;
  }

  function* of_find_device_by_node(thread: Thread, np: Scalar = 0n): Task<Scalar> {
    const fwnode = structs.at(np, 'device_node', 'fwnode');
    const device = devices.find((one) => one.fwnode === fwnode);
    if (device === undefined) return 0n;
    yield* got(thread, device.dev);
    const { memory, offset } = device.dev;
    return memory.at(offset - structs.field('platform_device', 'dev').offset);
  }

  /** Its devices, for a driver core that does not know them. */
  function lookUps(): ByName {
    function* find(
      thread: Thread,
      data: Scalar,
      match: Scalar,
      isCandidate: (device: Device) => Task<boolean>,
    ): Task<Scalar> {
      for (const [device, { dev }] of made)
        if (yield* isCandidate(device))
          if ((yield* thread.call(match, [dev, data])) === 1) return yield* got(thread, dev);
      return 0n;
    }
    function* bus_find_device(
      thread: Thread,
      _bus: Scalar,
      _start: Scalar,
      data: Scalar,
      match: Scalar,
    ): Task<Scalar> {
      return yield* find(thread, data, match, function* () {
        return true;
      });
    }
    function* driver_find_device(
      thread: Thread,
      _driver: Scalar,
      _start: Scalar,
      data: Scalar,
      match: Scalar,
    ): Task<Scalar> {
      return yield* find(thread, data, match, function* (device) {
        const at = (bound.get(device) as Variable).at(0);
        return (yield* thread.memory.load(at, 4, 'ordered')) === 1;
      });
    }
    return {
      driver_find_device: driver_find_device as ByHand,
      bus_find_device: bus_find_device as ByHand,
    };
  }

  /** Whatever device it takes must have been described as a whole. */
  function judgeProbes(): void {
    const { offset } = structs.field('iommu_ops', 'probe_device');
    const image = kernel.linked.imageOf(ops);
    const own = image.read(offset, 8);
    const judge = judgeDescription(kernel, expected);
    const judged = kernel.handler(`judged-${driver.name}`, function* (thread, dev = 0n) {
      const found = (yield* thread.call(own, [dev])) as Scalar;
      if (!(found instanceof Pointer)) return found;
      // Whoever looks on must not follow NULL where the driver has not.
      const param = yield* structs.load(thread, dev, 'device', 'iommu');
      if (!(param instanceof Pointer)) return found;
      const fwspec = yield* structs.load(thread, param, 'dev_iommu', 'fwspec');
      if (fwspec instanceof Pointer) yield* judge(thread, dev, fwspec);
      return found;
    });
    image.write(offset, 8, judged);
  }

  return {
    ops: ops.at(0),
    instances: new Map([...made].map(([device, { iommu }]) => [device, iommu])),
    isRegistered: (machine, device) =>
      machine.statics.valueAt(bound.get(device) as Variable, 0, 4) === 1,
    *probe(thread, device) {
      const { iommu, data } = made.get(device) as Instance;
      const isLate = driver.isLate?.(kernel) === true;
      if (!isLate) yield* thread.memory.store(data.at, 8, data.value);
      const operands = [iommu, ops.at(0), device.dev];
      const ret = (yield* kernel.call(thread, 'iommu_device_register', ...operands)) as Scalar;
      if (isLate) yield* thread.memory.store(data.at, 8, data.value);
      if (ret === 0)
        yield* thread.memory.store((bound.get(device) as Variable).at(0), 4, 1, 'ordered');
      return ret;
    },
  };
}
