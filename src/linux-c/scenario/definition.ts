import type { Program, Task, TaskSpec } from '../../explore/index.ts';
import { type Module, Thread } from '../../llvm/index.ts';
import { iort } from '../acpi/iort.ts';
import { viot } from '../acpi/viot.ts';
import {
  type ClientOf,
  type Device,
  devicetree,
  type Firmware,
  type KernelDriver,
  Platform,
  treeOf,
} from '../world/index.ts';
import { everyIommuRegisters, propertiesOf, referencesAreKept } from './properties.ts';
import type { LinuxShape } from './shape.ts';

/** The devices of a scenario. */
export interface Cast {
  readonly platform: Platform;
  readonly dev: Device;
  /** Another client of the same IOMMU. */
  readonly second: Device | null;
  /** Those of the client. */
  readonly iommus: readonly Device[];
  /** One that is not the client's. */
  readonly other: Device | null;
}

/** A task, with a thread of its own. */
export interface TaskOf {
  readonly name: string;
  readonly body: (thread: Thread) => Task<unknown>;
  readonly spared?: boolean;
}

/** Who races whom, on a machine as the model has it. */
export interface Definition {
  readonly name: string;
  readonly title: string;
  /** How many IOMMUs the client is behind; one unless said. */
  readonly iommus?: number;
  /** How many IDs it has behind its first; one unless said. */
  readonly ids?: number;
  /** There is an IOMMU that is not the client's, or another client. */
  readonly other?: true;
  readonly second?: true;
  /** It makes no sense without the driver core as C. */
  readonly core?: true;
  /** What describes the machine; a devicetree unless said. */
  readonly firmware?: LinuxShape['firmware'];
  readonly faults?: number;
  /** The client is not on its bus when the tasks start. */
  readonly late?: true;
  /** Deferred devices are not tried again before somebody says so. */
  readonly holdsRetries?: true;
  /** What is offered to its driver before the tasks start, in order. */
  readonly offered: (cast: Cast) => readonly Device[];
  readonly tasks: (cast: Cast) => readonly TaskOf[];
}

function firmwareOf(
  { bus, firmware, cells }: LinuxShape,
  iommus: readonly string[],
  clients: readonly ClientOf[],
  driver: KernelDriver | null,
): Firmware {
  if (firmware === 'iort') return iort(iommus, clients);
  if (firmware === 'viot') return viot(iommus, clients);
  // One that is not the client's is like the first.
  const all = iommus.map((_, i) => cells[i] ?? cells[0] ?? 1);
  const below = bus === 'pci' ? clients.map(({ name }) => name) : [];
  return devicetree(treeOf(iommus, clients, driver?.compatible, all), below);
}

/** The device that a scenario is about if nobody asks for another: one specifier for each IOMMU, or more for its first. */
export function usualShape({
  iommus = 1,
  ids = 1,
  firmware = 'devicetree',
}: Definition): LinuxShape {
  return {
    bus: 'platform',
    firmware,
    cells: Array.from({ length: iommus }, () => 1),
    specifiers: Array.from({ length: iommus }, (_, iommu) =>
      Array.from({ length: iommu === 0 ? ids : 1 }, (_id, id) => ({
        iommu,
        args: [1 + iommu + id],
      })),
    ).flat(),
  };
}

/** Specifiers like those of a client for another one: with IDs that the first has not. */
function apart({ specifiers }: LinuxShape): ClientOf['iommus'] {
  const ids = new Set(specifiers.map(({ args: [id] }) => id));
  let bit = 8;
  while (specifiers.some(({ args: [id = 0] }) => ids.has((id ^ bit) >>> 0)) && bit < 2 ** 31)
    bit *= 2;
  return specifiers.map(({ iommu, args: [id, ...rest] }) =>
    id === undefined ? [iommu] : [iommu, (id ^ bit) >>> 0, ...rest],
  );
}

/** The scenario on a kernel's C. */
export function programOf(
  definition: Definition,
  modules: readonly Module[],
  driver: KernelDriver | null = null,
  further: readonly Module[] = [],
  shape: LinuxShape = usualShape(definition),
): Program {
  const { name, faults = 0 } = definition;
  const { bus } = shape;
  const iommus = shape.cells.length;
  const own = iommus === 1 ? ['iommu'] : Array.from({ length: iommus }, (_, i) => `iommu ${i}`);
  const all = [...own, ...(definition.other ? ['other'] : [])];
  const clients: ClientOf[] = [
    {
      ...{ name: 'dev', bus },
      iommus: shape.specifiers.map(({ iommu, args }) => [iommu, ...args]),
    },
    ...(definition.second ? [{ name: 'second', bus, iommus: apart(shape) }] : []),
  ];
  const firmware = firmwareOf(shape, all, clients, driver);
  const names = { iommus: all, clients: clients.map((client) => client.name) };
  const platform = new Platform(modules, firmware, names, driver, bus);
  const [dev, second = null] = platform.clients as [Device, Device | undefined];
  const cast: Cast = {
    platform,
    dev,
    second,
    iommus: platform.iommus.slice(0, iommus),
    other: platform.iommus[iommus] ?? null,
  };
  const boot = (thread: Thread): Task =>
    platform.boot(thread, {
      offered: definition.offered(cast),
      absent: definition.late ? [dev] : [],
      retries: definition.holdsRetries !== true,
    });
  platform.kernel.giveWayTo(further);
  const program = platform.kernel.program(name, boot, (machine) => {
    const tasks: TaskSpec[] = definition.tasks(cast).map(({ body, ...task }) => ({
      ...task,
      *body() {
        const thread = new Thread(machine);
        yield* body(thread);
        thread.memory.end();
      },
    }));
    const excused = (): boolean => machine.world.faultsMade > 0;
    return {
      tasks,
      properties: [
        ...platform.clients.flatMap((client) =>
          propertiesOf(platform, machine, client, { iommus: cast.iommus, excused }),
        ),
        everyIommuRegisters(platform, machine, platform.iommus),
        referencesAreKept(platform, machine),
      ],
    };
  });
  return { ...program, faults };
}
