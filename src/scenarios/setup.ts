import type { Task, World } from '../explore/index.ts';
import type { Design, device, Kconfig, kernel } from '../linux/index.ts';
import {
  type Bindings,
  buildKernel,
  type MachineDevice,
  type ShapeMachine,
} from '../machine/index.ts';
import { present } from '../util/index.ts';

/** A small machine, booted as far as the point where a scenario begins. */
export interface Booted {
  readonly k: kernel;
  readonly client: device;
  readonly iommus: readonly device[];
  readonly other: device | null;
}

/**
 * Boot a machine: all devices are added, the drivers in `bound` are bound to their devices, boot is
 * over and modules are being loaded. The device that a scenario is about is called `dev`.
 */
export function boot(
  world: World,
  design: Design,
  config: Kconfig,
  machine: ShapeMachine,
  bound: readonly MachineDevice[],
  bindings?: Bindings,
): Booted {
  const label = (of: MachineDevice): string => (of === machine.client ? 'dev' : of.name);
  const { k, devices } = buildKernel(world, design, config, machine, label, bindings);
  const deviceOf = (of: MachineDevice): device => present(devices.get(of), `device ${of.name}`);
  // The devices came before any IOMMU driver: whatever a bus tells the IOMMU core then has no effect.
  for (const dev of devices.values()) {
    const { klist_devices } = dev.bus;
    klist_devices.value = [...klist_devices.value, dev];
  }
  world.runAlone('boot', function* () {
    for (const of of bound) yield* bind(k, deviceOf(of));
  });
  k.driver_deferred_probe_enable.value = true;
  k.initcalls_done.value = true;
  return {
    k,
    client: deviceOf(machine.client),
    iommus: machine.iommus.map(deviceOf),
    other: machine.other === null ? null : deviceOf(machine.other),
  };
}

/** What loading a module does to a device that its driver matches. */
export function* bind(k: kernel, dev: device): Task {
  if (dev.matches !== null) yield* k.__driver_attach(dev, dev.matches);
}
