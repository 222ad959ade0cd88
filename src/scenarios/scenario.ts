import {
  Crash,
  ModelError,
  type Program,
  type Property,
  sequentially,
  type TaskSpec,
} from '../explore/index.ts';
import { base, type Design, type device, type Kconfig, unitsKconfig } from '../linux/index.ts';
import {
  type Besides,
  bindingsOf,
  type EndState,
  endStateOf,
  hasUnits,
  type MachineDevice,
  machineOfShape,
  membersOf,
  type Shape,
  type ShapeMachine,
} from '../machine/index.ts';
import { present, UsageError } from '../util/index.ts';
import { everyIommuRegisters, expectedOf, propertiesOf, type Reference } from './properties.ts';
import { saidOf } from './said.ts';
import { type Booted, boot, powerOn } from './setup.ts';
import { lacking } from './unfit.ts';

/** Who races whom. */
export interface Scenario {
  readonly name: string;
  /** One line: what races, and where it comes from. */
  readonly about: string;
  /** Why nothing in a real kernel keeps these tasks apart. */
  readonly concurrency: string;
  /** Any boot of a machine can come to it: `check` explores it for every shape of device. */
  readonly atBoot?: boolean;
  /** Some boots come to it, too: those that a device came out of like this. */
  readonly leaves?: 'given up' | 'waiting';
  /** What went first, in a few words, where that is all there is to it. */
  readonly wentFirst?: string;
  /** The ACPI table that describes the device, where that is the point; else a devicetree. */
  readonly firmware?: 'iort' | 'viot';
  /** Null when the scenario makes sense for a shape, else why it does not. */
  readonly unfit: (shape: Shape) => string | null;
  /** What the machine has besides the device and its IOMMUs. */
  readonly besides?: Besides;
  /** The device has two specifiers for its first IOMMU, if nobody says otherwise. */
  readonly twoSpecifiers?: boolean;
  /** What is offered to its driver before the tasks start, in order. */
  readonly offered: (machine: ShapeMachine) => readonly MachineDevice[];
  /** How many allocations may fail in one execution. Then a device may lack its IOMMU. */
  readonly faults?: number;
  /** Scenarios whose races come about here, too: what is known of their bugs is known of those here. */
  readonly contains?: readonly string[];
  /** The tasks themselves unregister IOMMUs. */
  readonly unregisters?: boolean;
  readonly tasks: (booted: Booted) => readonly TaskSpec[];
  /** The kernel says that it waits no longer: a device that is left without its IOMMU is one that it gave up. */
  readonly givesUp?: true;
  /** Asked at the end: whether what has happened may leave the device without its IOMMU. */
  readonly mayLackIommu?: (booted: Booted) => boolean;
}

/**
 * A scenario on a kernel and a device, ready to be explored.
 *
 * @param also what else is asked of the machine
 */
export function programOf(
  scenario: Scenario,
  design: Design,
  asked: Kconfig,
  shape: Shape,
  also: (booted: Booted) => readonly Property[] = () => [],
): Program {
  const lack = lacking({ design, config: asked }, shape);
  if (lack !== null) throw new UsageError('cli/unfit', `nothing to explore: ${lack}`);
  const config = configFor(shape, asked);
  const machine = machineOfShape(shape, scenario.besides);
  const bindings = bindingsOf(machine, { design, config });
  const offered = scenario.offered(machine);
  const crashes = survivors(() => quietBoot(design, config, machine, offered)) === null;
  if (crashes) return crashingBoot(scenario, design, config, machine, offered);
  const plain = { ...scenario.besides, refused: false, again: false, late: false };
  const references = referencesFor(design, config, shape, plain, machineOfShape(shape, plain));
  const { givesUp = false } = scenario;
  return {
    name: scenario.name,
    faults: scenario.faults ?? 0,
    setup(world) {
      const booted = unharmed('before the tasks start', () =>
        boot(world, design, config, machine, offered, bindings),
      );
      const { again } = booted;
      const clients = clientsOf(booted).map((dev, i) => ({
        dev,
        reference: present(references[dev === again ? 0 : i], dev.name),
      }));
      const expected = new Map(clients.map(({ dev, reference }) => [dev, expectedOf(reference)]));
      booted.k.expected = (dev) => expected.get(dev) ?? null;
      const excused = (): boolean =>
        world.faultsMade > 0 || (scenario.mayLackIommu?.(booted) ?? false);
      const broken = (): boolean => world.faultsMade > 0;
      return {
        tasks: scenario.tasks(booted),
        properties: [
          ...clients.flatMap(({ dev, reference }) =>
            propertiesOf(booted, dev, reference, { excused, broken, givesUp }),
          ),
          ...(scenario.unregisters === true ? [] : [everyIommuRegisters(booted)]),
          ...also(booted),
        ],
      };
    },
  };
}

/** Where the kernel does not come as far as the tasks: the boot itself is looked at. */
function crashingBoot(
  { name }: Scenario,
  design: Design,
  config: Kconfig,
  machine: ShapeMachine,
  offered: readonly MachineDevice[],
): Program {
  return {
    name,
    setup(world) {
      const { initcalls } = powerOn(world, design, config, machine, offered);
      return { tasks: [{ name: 'CPU0  boot', body: initcalls }], properties: [] };
    },
  };
}

/** What a kernel has to be built with for a shape. */
function configFor(shape: Shape, asked: Kconfig): Kconfig {
  return {
    ...asked,
    ...(hasUnits(shape) ? unitsKconfig : {}),
    ...(shape.binding === undefined ? {} : { CONFIG_ARM_SMMU_LEGACY_DT_BINDINGS: true }),
  };
}

/** The same, for whoever has seen how it ends: nothing excuses a device that lacks its IOMMU. */
export function unexcused(scenario: Scenario): Scenario {
  return { ...scenario, mayLackIommu: () => false };
}

/** The devices that are to sit behind the IOMMUs. */
function clientsOf({ client, second, again, mates }: Booted): readonly device[] {
  return [client, second, ...mates, again].filter((dev) => dev !== null);
}

/**
 * What the devices are judged by. The base tells how a boot with no concurrency ends: a design that is
 * wrong even then would else be compared with itself. An older kernel, and devices that the base does
 * not take or crashes with, are judged by the design alone, and where that crashes, too, by what firmware
 * says.
 */
function referencesFor(
  design: Design,
  config: Kconfig,
  shape: Shape,
  besides: Besides,
  machine: ShapeMachine,
): Reference[] {
  const measure = design.older ? design : base;
  const quietly = (of: ShapeMachine): EndState[] => {
    const ends = survivors(() => sequentialBoot(measure, config, of));
    return ends?.every(({ grouped }) => grouped) ? ends : sequentialBoot(design, config, of);
  };
  const { client, second, mates } = membersOf(shape, besides);
  const said = [client, second, ...mates]
    .filter((member) => member !== null)
    .map((member) =>
      saidOf(shape, member, (one) => present(quietly(machineOfShape(one))[0], one.name)),
    );
  const all = said.filter((end) => end !== null);
  const quiet =
    all.length === said.length ? (survivors(() => quietly(machine)) ?? all) : quietly(machine);
  return quiet.map((end, i) => ({ quiet: end, said: said[i] ?? null }));
}

/** The clients after a boot with no concurrency: every IOMMU first, then the devices. */
function sequentialBoot(design: Design, config: Kconfig, machine: ShapeMachine): EndState[] {
  const { iommus, other, client, second } = machine;
  const order = [...iommus, other, client, second].filter((of) => of !== null);
  return quietBoot(design, config, machine, order);
}

function quietBoot(
  design: Design,
  config: Kconfig,
  machine: ShapeMachine,
  offered: readonly MachineDevice[],
): EndState[] {
  return unharmed('in a boot with no concurrency', () =>
    sequentially((world) =>
      clientsOf(boot(world, design, config, machine, offered)).map(endStateOf),
    ),
  );
}

/** What comes of it; null where the kernel crashes. */
function survivors<T>(run: () => T): T | null {
  try {
    return run();
  } catch (error) {
    if (error instanceof ModelError) return null;
    throw error;
  }
}

/** Crashes are there to be found by a search: where there is none, the scenario makes no sense. */
function unharmed<T>(when: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    throw new ModelError(`the kernel crashes ${when}: ${error.message}`);
  }
}
