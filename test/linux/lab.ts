import { type Step, sequentially, type World } from '../../src/explore/index.ts';
import {
  base,
  type Design,
  type DriverName,
  defaultKconfig,
  type device,
  type IommuHardware,
  iommuDrivers,
  type Kconfig,
  type kernel,
} from '../../src/linux/index.ts';
import { buildKernel, type Machine } from '../../src/machine/index.ts';
import { be32, type Node, node, type Prop, prop } from '../firmware/fdt-builder.ts';
import { compatible, interrupts, machineOf, phandle, reg64 } from '../machine/trees.ts';

/** One specifier: the number of the IOMMU, then the arguments. */
export type Specifier = readonly [iommu: number, ...args: number[]];

/** A machine of IOMMUs and of platform devices behind them. */
export interface Plan {
  /** The driver of each IOMMU, in the order in which their devices are created. */
  readonly iommus: readonly DriverName[];
  /** `#iommu-cells` of all IOMMUs; 1 unless said. */
  readonly cells?: number;
  /** More properties of every IOMMU. */
  readonly iommuProps?: readonly Prop[];
  /** What is known of every IOMMU that firmware does not say. */
  readonly hardware?: IommuHardware;
  /** The `iommus` of each device, in order. */
  readonly clients: readonly (readonly Specifier[])[];
}

export interface LabOptions {
  readonly design?: Design;
  readonly config?: Partial<Kconfig>;
}

/** A kernel on a small machine. Nothing is added or bound until the test does it. */
export interface Lab {
  readonly world: World;
  readonly k: kernel;
  readonly iommu: (index?: number) => device;
  readonly client: (index?: number) => device;
  /** Run model code to its end with nothing beside it. */
  readonly run: <T>(body: () => Step<T>) => T;
  /** `device_add()` for every device, IOMMUs first. */
  readonly addAll: () => void;
  /** Offer the device to the driver that matches it; true when it is bound then. */
  readonly bind: (dev: device) => boolean;
}

function iommuNode(plan: Plan, driver: DriverName, index: number): Node {
  const known = iommuDrivers.find(({ name }) => name === driver);
  const address = 0x1000 * (index + 1);
  return node(`iommu@${address.toString(16)}`, [
    compatible(known?.compatible[0] ?? ''),
    reg64(address),
    phandle(index + 1),
    prop('#iommu-cells', be32(plan.cells ?? 1)),
    ...interrupts(128),
    ...(plan.iommuProps ?? []),
  ]);
}

function clientNode(specifiers: readonly Specifier[], index: number): Node {
  const address = 0x10_0000 + 0x1000 * index;
  const words = specifiers.flatMap(([iommu, ...args]) => [iommu + 1, ...args]);
  return node(`dev@${address.toString(16)}`, [
    compatible('test,client'),
    reg64(address),
    prop('iommus', be32(...words)),
  ]);
}

/** The machine of a plan, read from a devicetree blob like any other. */
export function machineOfPlan(plan: Plan): Machine {
  const machine = machineOf([
    ...plan.iommus.map((driver, i) => iommuNode(plan, driver, i)),
    ...plan.clients.map(clientNode),
  ]);
  const { hardware } = plan;
  if (hardware === undefined) return machine;
  return { ...machine, hardware: new Map(machine.devices.map(({ name }) => [name, hardware])) };
}

/** Build the machine's kernel in a world of its own and hand it to `body`. */
export function inLab<T>(plan: Plan, body: (lab: Lab) => T, options: LabOptions = {}): T {
  return sequentially((world) => body(labIn(world, plan, options)));
}

/** The same in a world that exists already: for programs of more than one task. */
export function labIn(world: World, plan: Plan, options: LabOptions = {}): Lab {
  return labOn(world, machineOfPlan(plan), plan.iommus.length, options);
}

/** A lab on a machine whose first devices are IOMMUs, so many. */
export function labOn(
  world: World,
  machine: Machine,
  iommus: number,
  options: LabOptions = {},
): Lab {
  const config = { ...defaultKconfig, ...options.config };
  const { k, devices } = buildKernel(world, options.design ?? base, config, machine);
  const all = [...devices.values()];
  const run = <T>(body: () => Step<T>): T => {
    const results: T[] = [];
    world.runAlone('test', function* () {
      results.push(yield* body());
    });
    return results[0] as T;
  };
  return {
    world,
    k,
    iommu: (index = 0) => nth(all.slice(0, iommus), index),
    client: (index = 0) => nth(all.slice(iommus), index),
    run,
    addAll: () => {
      run(function* () {
        for (const dev of all) yield* k.device_add(dev);
      });
    },
    bind: (dev) => {
      const driver = dev.matches;
      if (driver !== null) run(() => k.__driver_attach(dev, driver));
      return dev.driver.value !== null;
    },
  };
}

/** The nth element, or a failed test. */
export function nth<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new Error(`no item ${index} of ${items.length}`);
  return item;
}

/**
 * What is out of balance now: references that nothing that is left accounts for. Those to devices are
 * told apart: the drivers of many kernels keep them.
 */
export function imbalances({ world }: Lab, of: 'devices' | 'others' = 'others'): string[] {
  return world.balances
    .flatMap((balance) => balance()?.message ?? [])
    .filter((message) => message.startsWith('device ') === (of === 'devices'));
}

/** The IDs in a device's fwspec, or null when it has none. */
export function idsOf(dev: device): readonly number[] | null {
  const fwspec = dev.iommu.value?.fwspec.value ?? null;
  return fwspec === null ? null : fwspec.ids.value.slice(0, fwspec.num_ids.value);
}

/** For what a test has set up itself: `value ?? missing()`. */
export function missing(): never {
  throw new Error('a value that the test relies on is not there');
}
