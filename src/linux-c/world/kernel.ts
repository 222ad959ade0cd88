import {
  call,
  ModelError,
  type Program,
  type Start,
  type Task,
  type World,
} from '../../explore/index.ts';
import type { Fdt } from '../../firmware/fdt/index.ts';
import {
  Compiled,
  Linked,
  Machine,
  type Module,
  type Pointer,
  type RuntimeValue,
  type Scalar,
  Thread,
  type Variable,
} from '../../llvm/index.ts';
import { apiOf, arm64, preemption, References, x86 } from '../api/index.ts';
import { type ByHand, type ByName, externals } from '../by-hand.ts';
import { Structs } from '../structs.ts';
import { lookUps } from './devicetree.ts';
import { dmaOps } from './dma.ts';
import { calledAsC } from './further.ts';
import { Nodes } from './nodes.ts';

/** Buses that iommu.c names. Only the first has anything on it here. */
export const iommuBuses = [
  'platform_bus_type',
  'pci_bus_type',
  'amba_bustype',
  'fsl_mc_bus_type',
  'cdx_bus_type',
  'host1x_context_device_bus_type',
] as const;

/** Variables that other files have and that are zero, or that nobody looks into. */
const others = [
  'acpi_device_fwnode_ops',
  'acpi_static_fwnode_ops',
  '__cpu_possible_mask',
  '__this_module',
  'devices_kset',
  'initcall_debug',
  'iommu_dma_pcie_acs',
  'kernel_kobj',
  'kmalloc_caches',
  'memstart_addr',
  'of_fwnode_ops',
  'system_dfl_wq',
  'system_percpu_wq',
  'system_unbound_wq',
  'system_wq',
];

/**
 * A kernel's own C with a devicetree under it: what is the same in all executions. What it is to do, and on
 * which devices, is said before {@link program}.
 */
export class Kernel {
  readonly linked: Linked;
  readonly structs: Structs;
  readonly nodes: Nodes;
  readonly references: References = new References();
  readonly #byHand: Record<string, ByHand>;
  readonly #isX86: boolean;

  constructor(modules: readonly Module[], tree: Fdt) {
    this.linked = new Linked(modules, new Set([...iommuBuses, ...others]));
    this.structs = new Structs(this.linked);
    const ops = this.maybeVariable('of_fwnode_ops');
    this.nodes = new Nodes(this.structs, tree, ops?.at(0) ?? 0n);
    this.#byHand = {
      ...apiOf(this.structs, this.references),
      ...lookUps(this.structs, this.nodes, this.references),
    };
    this.#isX86 = modules.every(({ triple }) => triple.startsWith('x86_64'));
    if (this.#isX86) this.provide(preemption);
    this.provide(dmaOps(this));
  }

  /** Whether the driver core is there as C: `dd.c` and `bus.c` with what they need. */
  get hasDriverCore(): boolean {
    return this.linked.find('bus_for_each_dev') !== null;
  }

  /** Whether the architecture decides which way DMA goes, at of_dma_configure(). */
  get decidesDma(): boolean {
    const hasOps = this.structs.maybe('device', 'dma_ops') !== null;
    return hasOps && this.maybe('arch_teardown_dma_ops') === null;
  }

  /** More functions by hand. */
  provide(functions: ByName): void {
    Object.assign(this.#byHand, functions);
  }

  /**
   * What these define for other files is called even where there is one by hand.
   *
   * @throws ModelError where it would find a machine that has nothing in it
   */
  giveWayTo(modules: readonly Module[]): void {
    for (const module of modules) for (const name of calledAsC(module)) delete this.#byHand[name];
  }

  /** What a pointer to a function by hand is. */
  handler(name: string, run: ByHand): Scalar {
    // It is a function of its own in traces, and in the names of bugs.
    const named: ByHand = function* (thread, ...operands) {
      return yield* call(thread.world, name, () => run(thread, ...operands));
    };
    this.provide({ [name]: named });
    return this.linked.outside(name).at(0);
  }

  /** A function of the kernel, whether or not it is for its own file alone; null where there is none. */
  maybe(name: string): Pointer | null {
    const found = this.linked.find(name);
    if (found !== null) return found.at(0);
    for (const unit of this.linked.units)
      if (unit.module.isInternal(name) && unit.module.functions.includes(name))
        return this.linked.functionObject(unit, name).at(0);
    return null;
  }

  /** @throws ModelError where no module has it */
  function(name: string): Pointer {
    const found = this.maybe(name);
    if (found === null) throw new ModelError(`${name}() is in none of the modules`);
    return found;
  }

  *call(thread: Thread, name: string, ...operands: Scalar[]): Task<RuntimeValue> {
    return yield* thread.call(this.function(name), operands);
  }

  /** A variable of the kernel. @throws ModelError where no module names it */
  variable(name: string): Variable {
    const found = this.maybeVariable(name);
    if (found === null) throw new ModelError(`the variable ${name} is in none of the modules`);
    return found;
  }

  maybeVariable(name: string): Variable | null {
    return this.structs.variable(name);
  }

  /**
   * A program of this kernel.
   *
   * @param boot what happens before the tasks start, with nobody beside it
   */
  program(
    name: string,
    boot: (thread: Thread) => Task,
    start: (machine: Machine) => Start,
  ): Program {
    const compiled = new Compiled(this.linked);
    const environment = {
      functions: new Map(externals(this.#byHand)),
      remedy: 'how to add one: docs/internals/linux-c.md',
      asm: this.#isX86 ? x86 : arm64,
    };
    return {
      name,
      interprets: true,
      setup: (world: World) => {
        const machine = new Machine(world, compiled, environment);
        world.runAlone('boot', () => boot(new Thread(machine)));
        return start(machine);
      },
    };
  }
}
