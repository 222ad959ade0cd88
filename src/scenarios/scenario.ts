import { type Program, sequentially, type TaskSpec } from '../explore/index.ts';
import { base, type Design, type Kconfig } from '../linux/index.ts';
import {
  bindingsOf,
  type EndState,
  endStateOf,
  type MachineDevice,
  machineOfShape,
  type Shape,
  type ShapeMachine,
} from '../machine/index.ts';
import { expectedOf, propertiesOf } from './properties.ts';
import { type Booted, boot } from './setup.ts';

/** Who races whom. */
export interface Scenario {
  readonly name: string;
  /** One line: what races, and where it comes from. */
  readonly about: string;
  /** Why nothing in a real kernel keeps these tasks apart. */
  readonly concurrency: string;
  /** Null when the scenario makes sense for a shape, else why it does not. */
  readonly unfit: (shape: Shape) => string | null;
  /** Whether there is an IOMMU that has nothing to do with the device. */
  readonly withOther?: boolean;
  /** What is bound before the tasks start. */
  readonly bound: (machine: ShapeMachine) => readonly MachineDevice[];
  readonly tasks: (booted: Booted) => readonly TaskSpec[];
}

/** A scenario on a kernel and a device, ready to be explored. */
export function programOf(
  scenario: Scenario,
  design: Design,
  config: Kconfig,
  shape: Shape,
): Program {
  const machine = machineOfShape(shape, scenario.withOther);
  const bindings = bindingsOf(machine, config);
  const bound = scenario.bound(machine);
  const reference = referenceFor(design, config, machine);
  const expected = expectedOf(reference);
  return {
    name: scenario.name,
    setup(world) {
      const booted = boot(world, design, config, machine, bound, bindings);
      booted.k.expected = (dev) => (dev === booted.client ? expected : null);
      return { tasks: scenario.tasks(booted), properties: propertiesOf(booted, reference) };
    },
  };
}

/**
 * What firmware means the device to get. The base tells, whose boots with no concurrency do what
 * firmware says: a design that is wrong even then would else be compared with itself. A device that
 * the base does not take is judged by the design alone.
 */
function referenceFor(design: Design, config: Kconfig, machine: ShapeMachine): EndState {
  const reference = sequentialBoot(base, config, machine);
  return reference.grouped ? reference : sequentialBoot(design, config, machine);
}

/** The device after a boot with no concurrency: every IOMMU first, then the device. */
function sequentialBoot(design: Design, config: Kconfig, machine: ShapeMachine): EndState {
  const others = machine.other === null ? [] : [machine.other];
  const order = [...machine.iommus, ...others, machine.client];
  return sequentially((world) => endStateOf(boot(world, design, config, machine, order).client));
}
