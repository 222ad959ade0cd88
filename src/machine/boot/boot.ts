// One boot with nothing beside it: what happens to each device when no task is in another's way.

import { Crash, sequentially, type Task, TooManySteps, type World } from '../../explore/index.ts';
import {
  type AnyFunction,
  apply,
  type Design,
  device,
  device_driver,
  ENODEV,
  type errno,
  fsl_mc_bus_probe,
  isManagementComplex,
  type Kconfig,
  type kernel,
} from '../../linux/index.ts';
import { assert, hex, onceForEach, present, UsageError } from '../../util/index.ts';
import { assume } from '../assumptions.ts';
import type { Machine, MachineDevice } from '../machine.ts';
import { buildKernel } from './build.ts';
import { type Killer, killersOf } from './killers.ts';
import { Offers } from './offers.ts';
import { makersOf } from './plan/makers.ts';
import { type BootEvent, type BootPlan, usualPlan } from './plan/plan.ts';
import { type LastCalls, recordCalls } from './record/calls.ts';
import { quietRetries } from './record/quiet-retries.ts';
import { quietWalks } from './record/quiet-walks.ts';
import { type Attempt, BootRecord, recordIn, recordOf } from './record/record.ts';
import { BootSequence } from './sequence.ts';
import { linkSuppliers } from './suppliers/links.ts';

export interface BootOptions {
  /** What comes when; without it what is usual. */
  readonly plan?: BootPlan;
  /** Called with the world before anything happens in it. */
  readonly watch?: (world: World) => void;
  /** What is assumed of the kernel, whatever the device. */
  readonly assumes?: readonly string[];
  /** The steps that are followed; without it more than any boot that has an end was seen to take. */
  readonly mostSteps?: number;
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
  /** Devices that their driver does not take once their DMA is configured. */
  readonly refused: ReadonlySet<device>;
  /** Devices that are not there: their host bridge is not scanned, or nobody has made them. */
  readonly absent: ReadonlySet<device>;
  /** `WARN_ON()`s that were met. */
  readonly warnings: readonly string[];
  /** Why the boot stopped half-way. */
  readonly crash: string | null;
  /** Places in tables that the kernel hangs at. */
  readonly killers: readonly Killer[];
  /** Nothing shows which drivers came, and what they are bound to. */
  readonly guessed: boolean;
  /** What is assumed for every device that has to do with an IOMMU. */
  readonly assumes: readonly string[];
  /** The same boot, gone on with until those who wait have waited long enough. */
  readonly afterTimeout: () => Boot;
}

/** What becomes of a kernel that does not come up. */
export function fateOf({ killers }: Pick<Boot, 'killers'>): 'crashes' | 'hangs' {
  return killers.some(({ how }) => how === 'hang') ? 'hangs' : 'crashes';
}

/** Devices make some hundred steps each, those that wait for what comes last some hundred for each that comes. */
function mostStepsOf({ devices }: Machine): number {
  return Math.max(50_000_000, devices.length * 50_000);
}

function tooLong({ devices }: Machine, most: number): UsageError {
  return new UsageError(
    'machine/long-boot',
    `a boot of this machine's ${devices.length} devices is not at its end after ${most} steps of the model: nothing is known of any`,
  );
}

/**
 * Boot the machine on one CPU.
 *
 * @throws UsageError when the boot comes to no end
 */
export function bootMachine(
  machine: Machine,
  design: Design,
  config: Kconfig,
  { plan: given, watch, assumes = [], mostSteps = mostStepsOf(machine) }: BootOptions = {},
): Boot {
  const guessed = given === undefined;
  const plan = given ?? usualPlan(machine, config, design.release);
  const record = new BootRecord();
  const { attempts, calls } = record;
  const observed = observedDesign(design);
  const offers = new Offers(machine, plan, { design: observed, config });
  const built: (Omit<
    Boot,
    'afterTimeout' | 'assumes' | 'crash' | 'guessed' | 'killers' | 'warnings'
  > & {
    readonly world: World;
  })[] = [];
  let crash: string | null = null;
  try {
    sequentially((world: World) => {
      recordIn(world, record);
      const { k, devices } = buildKernel(
        world,
        observed,
        config,
        machine,
        undefined,
        offers.iommus,
      );
      const absent = new Set(devices.values());
      const deviceOf = (of: MachineDevice): device => present(devices.get(of), of.name);
      const refusing = new device_driver(world, 'client driver that refuses', refusingProbe);
      const makers = makersOf(machine, design);
      const making = new device_driver(world, 'client driver that makes devices', (_k, dev) =>
        boot.make(dev),
      );
      const complex = new device_driver(world, 'fsl_mc_bus', fsl_mc_bus_probe);
      for (const [of, dev] of devices) {
        if (makers.has(of) && !k.instances.has(dev)) dev.matches = making;
        if (isManagementComplex(dev)) dev.matches = complex;
        if (offers.of(of)?.takes === false) dev.matches = refusing;
      }
      const refused = new Set([...devices.values()].filter((dev) => dev.matches === refusing));
      built.push({ k, devices, attempts, calls, refused, absent, world });
      linkSuppliers(world, plan.suppliers, deviceOf);
      k.links_clients = true;
      watch?.(world);
      // The work item counts as queued all the time: this task does its work, where boot waits for it.
      k.deferred_probe_work.value = true;
      const boot = new BootSequence(k, machine, devices, absent, offers, plan.events, makers);
      world.runAlone('boot', function* () {
        yield* boot.initcalls();
        for (const event of plan.events) yield* boot.happen(event);
      });
    }, mostSteps);
  } catch (error) {
    if (error instanceof TooManySteps) throw tooLong(machine, mostSteps);
    if (!(error instanceof Crash)) throw error;
    crash = error.message;
  }
  const [boot] = built;
  assert(boot !== undefined, 'a kernel was built');
  const { world, ...rest } = boot;
  const killers = killersOf(machine, rest.k, rest.devices.values());
  const [killer] = killers;
  const warnings = world.failures.filter(({ kind }) => kind === 'warn');
  const events: BootEvent[] = [...plan.events, { what: 'timeout' }];
  return {
    ...rest,
    warnings: warnings.map(({ message }) => message),
    crash:
      killer === undefined ? crash : `${killer.table} at ${hex(killer.offset)}: ${killer.message}`,
    killers,
    guessed,
    assumes: guessed ? [...assumes, assume('client-drivers')] : assumes,
    afterTimeout: () =>
      bootMachine(machine, design, config, { plan: { ...plan, events }, assumes }),
  };
}

/** A driver that finds that a device is not for it, when the device's DMA is configured already. */
function* refusingProbe(_k: kernel, _dev: device): Task<errno> {
  return -ENODEV;
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

/**
 * The design, with a record taken of a boot of it: the functions of all boots of a design are the same, which
 * the engine compiles once. What differs between boots is in their records.
 */
const observedDesign = onceForEach((design: Design) =>
  quietRetries(quietWalks(recordCalls(observe(design)))),
);

/** The design, with a note taken of what becomes of each device. */
function observe(design: Design): Design {
  const { really_probe } = design.functions;
  const present = { ...design.functions, ...design.inlines };
  const changes: Record<string, AnyFunction> = {};
  for (const name of watched) {
    const fn = present[name];
    if (fn === undefined) continue;
    const ignored = parses.includes(name) ? -ENODEV : 0;
    changes[name] = noting(fn, ignored);
  }
  return apply(design.name, design, {
    subject: 'write down what becomes of each device',
    replaces: {
      *really_probe(k: kernel, dev: device, drv: device_driver): Task<errno> {
        const attempt: Attempt = { errno: 0, iommuErrno: 0, logFrom: k.log.length };
        recordOf(k).attempts.set(dev, attempt);
        attempt.errno = yield* really_probe(k, dev, drv);
        return attempt.errno;
      },
    },
    changes,
  });
}

/** The function, with its errors written down for the device among its arguments. */
function noting(fn: AnyFunction, ignored: errno): AnyFunction {
  return function* (k: kernel, ...args: never[]): Task<errno> {
    const ret = yield* (fn as (k: kernel, ...args: never[]) => Task<errno>)(k, ...args);
    const dev = args.find((arg: unknown) => arg instanceof device);
    const attempt = dev === undefined ? undefined : recordOf(k).attempts.get(dev);
    if (attempt !== undefined && ret < 0 && ret !== ignored) attempt.iommuErrno = ret;
    return ret;
  };
}
