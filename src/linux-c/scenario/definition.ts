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
  readonly firmware?: 'iort' | 'viot';
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
  { firmware }: Definition,
  iommus: readonly string[],
  clients: readonly ClientOf[],
  driver: KernelDriver | null,
): Firmware {
  if (firmware === 'iort') return iort(iommus, clients);
  if (firmware === 'viot') return viot(iommus, clients);
  return devicetree(treeOf(iommus, clients, driver?.compatible));
}

/** The scenario on a kernel's C. */
export function programOf(
  definition: Definition,
  modules: readonly Module[],
  driver: KernelDriver | null = null,
  further: readonly Module[] = [],
): Program {
  const { name, iommus = 1, ids = 1, faults = 0 } = definition;
  const own = iommus === 1 ? ['iommu'] : Array.from({ length: iommus }, (_, i) => `iommu ${i}`);
  const all = [...own, ...(definition.other ? ['other'] : [])];
  const specifiers = own.flatMap((_, i) =>
    Array.from({ length: i === 0 ? ids : 1 }, (_id, id) => [i, 1 + i + id] as const),
  );
  const clients = [
    { name: 'dev', iommus: specifiers },
    ...(definition.second ? [{ name: 'second', iommus: [[0, 9] as const] }] : []),
  ];
  const firmware = firmwareOf(definition, all, clients, driver);
  const names = { iommus: all, clients: clients.map((client) => client.name) };
  const platform = new Platform(modules, firmware, names, driver);
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
          propertiesOf(platform, machine, client, {
            iommus: client === dev ? cast.iommus : cast.iommus.slice(0, 1),
            excused,
          }),
        ),
        everyIommuRegisters(platform, machine, platform.iommus),
        referencesAreKept(platform, machine),
      ],
    };
  });
  return { ...program, faults };
}
