import type { Task, TaskSpec, World } from '../explore/index.ts';
import {
  type Design,
  device,
  device_driver,
  type errno,
  indirect,
  type Kconfig,
  type kernel,
} from '../linux/index.ts';
import {
  type Bindings,
  buildKernel,
  type MachineDevice,
  type ShapeMachine,
} from '../machine/index.ts';
import { present, Sequence } from '../util/index.ts';

/** A small machine, booted as far as the point where a scenario begins. */
export interface Booted {
  readonly k: kernel;
  readonly client: device;
  readonly iommus: readonly device[];
  readonly other: device | null;
  readonly second: device | null;
  /** Others in the group of the client, which work when the tasks start if their IOMMUs are there. */
  readonly mates: readonly device[];
  readonly refused: device | null;
  readonly again: device | null;
}

/**
 * Boot a machine: all devices are added, the devices in `offered` are offered to their drivers, boot is
 * over and modules are being loaded. The device that a scenario is about is called `dev`.
 */
export function boot(
  world: World,
  design: Design,
  config: Kconfig,
  machine: ShapeMachine,
  offered: readonly MachineDevice[],
  bindings?: Bindings,
): Booted {
  const { booted, initcalls } = powerOn(world, design, config, machine, offered, bindings);
  world.runAlone('boot', initcalls);
  booted.k.driver_deferred_probe_enable.value = true;
  booted.k.initcalls_done.value = true;
  return booted;
}

/** The same machine before any driver has come, and what offers devices to them. */
export function powerOn(
  world: World,
  design: Design,
  config: Kconfig,
  machine: ShapeMachine,
  offered: readonly MachineDevice[],
  bindings?: Bindings,
): { readonly booted: Booted; readonly initcalls: () => Task } {
  const label = (of: MachineDevice): string => (of === machine.client ? 'dev' : of.name);
  const { k, devices } = buildKernel(world, design, config, machine, label, bindings);
  const deviceOf = (of: MachineDevice): device => present(devices.get(of), `device ${of.name}`);
  const maybe = (of: MachineDevice | null): device | null => (of === null ? null : deviceOf(of));
  // The devices came before any IOMMU driver: whatever a bus tells the IOMMU core then has no effect.
  for (const [of, dev] of devices) {
    if (isUnit(k, dev) || of === machine.again || (machine.late && of === machine.client)) continue;
    const { klist_devices } = dev.bus;
    klist_devices.value = klist_devices.value.with([dev]);
  }
  const booted: Booted = {
    k,
    client: deviceOf(machine.client),
    iommus: machine.iommus.map(deviceOf),
    other: maybe(machine.other),
    second: maybe(machine.second),
    mates: machine.mates.map(deviceOf),
    refused: maybe(machine.refused),
    again: maybe(machine.again),
  };
  return {
    booted,
    *initcalls() {
      for (const of of withGroup(machine, offered)) yield* bind(k, deviceOf(of));
    },
  };
}

/** With those that have long been bound where their IOMMUs are: the container first, then the others in the group. */
function withGroup(
  { iommus, container, mates }: ShapeMachine,
  offered: readonly MachineDevice[],
): readonly MachineDevice[] {
  const last = Math.max(...iommus.map((iommu) => offered.indexOf(iommu)));
  if (!iommus.every((iommu) => offered.includes(iommu))) return offered;
  const group = [container, ...mates].filter((of) => of !== null);
  return [...offered.slice(0, last + 1), ...group, ...offered.slice(last + 1)];
}

/** What loading a module does to a device that its driver matches, or finding a unit. */
export function* bind(k: kernel, dev: device): Task {
  if (dev.matches === null) return;
  if (isUnit(k, dev)) yield* indirect(k, dev.matches.probe, dev);
  else yield* k.__driver_attach(dev, dev.matches);
}

/** An IOMMU that is no device of a bus: nothing walks over it, and no driver core locks it. */
function isUnit(k: kernel, dev: device): boolean {
  return dev.fwnode === null && k.instances.has(dev);
}

/** The work item that retries deferred devices, queued when the tasks start. */
export function deferredProbeWork(k: kernel): TaskSpec {
  k.deferred_probe_active_list.value = k.deferred_probe_pending_list.value;
  k.deferred_probe_pending_list.value = Sequence.of();
  k.deferred_probe_work.value = true;
  return {
    name: 'kworker: deferred_probe_work_func()',
    *body() {
      yield* k.runDeferredProbeWork();
    },
  };
}

/** Take a device from its bus as if it had never been added. */
export function unplug(dev: device): void {
  const { klist_devices } = dev.bus;
  klist_devices.value = klist_devices.value.without(dev);
}

/** A platform device that firmware puts behind no IOMMU, and its driver. */
export function deviceWithoutIommu(
  k: kernel,
  name: string,
  probe: (k: kernel, dev: device) => Task<errno>,
): device {
  const [bus] = k.iommu_buses;
  const dev = new device(k.world, name, {
    name,
    bus: present(bus, 'the platform bus'),
    fwnode: null,
    dma_node: null,
    dma_companion: null,
    pci: null,
    matches: new device_driver(k.world, `${name} driver`, probe),
  });
  return dev;
}
