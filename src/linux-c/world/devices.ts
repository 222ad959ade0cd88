import { mutex_lock, mutex_unlock, type Task } from '../../explore/index.ts';
import { big, type Pointer, type Scalar, type Thread, type Variable } from '../../llvm/index.ts';
import { lockAt } from '../api/index.ts';
import type { Described } from './firmware.ts';
import type { Kernel } from './kernel.ts';
import type { ClientBus } from './tree.ts';

/** A device that firmware describes. */
export interface Device {
  readonly name: string;
  /** The `struct device`, in that of its bus. */
  readonly dev: Pointer;
  /** The `struct bus_type` of its bus. */
  readonly bus: Pointer;
  readonly fwnode: Pointer;
  /** The node that its DMA is configured by. */
  readonly dma_node: Scalar;
  /** How many requester IDs it has on PCI. */
  readonly requesters: number;
  /** How many IDs are in its fwspec when it is complete. */
  readonly ids: number;
}

/** What they were before they became an enumeration. */
const busEvents = {
  BUS_NOTIFY_ADD_DEVICE: 1n,
  BUS_NOTIFY_DEL_DEVICE: 2n,
  BUS_NOTIFY_REMOVED_DEVICE: 3n,
};

/** `state_initialized` and `state_in_sysfs` */
const inSysfs = 3;

/**
 * A device as `device_initialize()` and the beginning of `device_add()` leave it; on no bus yet.
 *
 * @param pdevName what platform drivers may match it by
 */
export function deviceOn(
  kernel: Kernel,
  bus: ClientBus,
  { fields: described, fwnode, dma_node = 0n, ids }: Described,
  name: string,
  pdevName: string = name,
): Device {
  const { structs } = kernel;
  const of = busOf(kernel, bus);
  const { struct, prefix } = structOn(kernel, bus);
  const whole = structs.make(name, struct);
  if (prefix !== '') whole.innerName = 'dev';
  if (struct === 'platform_device') structs.fill(whole, struct, { name: structs.text(pdevName) });
  if (bus === 'pci')
    structs.fill(whole, struct, { bus: structs.make(`${name}->bus`, 'pci_bus').at(0) });
  const dev = whole.at(prefix === '' ? 0 : structs.field(struct, 'dev').offset);
  const fields = {
    bus: of,
    ...described,
    coherent_dma_mask: 0xffff_ffffn,
    dma_mask: structs.at(dev, 'device', 'coherent_dma_mask'),
    'kobj.state_initialized': inSysfs,
    ...(kernel.hasDriverCore ? { p: privateOf(kernel, dev, name).at(0) } : {}),
  };
  for (const [path, value] of Object.entries(fields))
    structs.fill(whole, struct, { [prefix + path]: value });
  for (const list of ['devres_head', 'dma_pools', ...links])
    structs.emptyList(whole, struct, prefix + list);
  const requesters = bus === 'pci' ? ids : 0;
  return { name, dev, bus: of, fwnode, dma_node, ids, requesters };
}

/** What the `struct device` is in, as far as anybody looks: an AMBA device is looked into by its bus alone. */
function structOn(
  kernel: Kernel,
  bus: ClientBus,
): { readonly struct: string; readonly prefix: string } {
  if (bus === 'pci') return { struct: 'pci_dev', prefix: 'dev.' };
  return bus === 'platform' && kernel.hasDriverCore
    ? { struct: 'platform_device', prefix: 'dev.' }
    : { struct: 'device', prefix: '' };
}

/** `struct bus_type` of each. */
const busVariables: Readonly<Record<ClientBus, string>> = {
  platform: 'platform_bus_type',
  amba: 'amba_bustype',
  pci: 'pci_bus_type',
};

export function busOf(kernel: Kernel, bus: ClientBus): Pointer {
  return kernel.variable(busVariables[bus]).at(0);
}

const links = ['links.consumers', 'links.suppliers', 'links.defer_sync'];

/** `device_private_init()` */
function privateOf({ structs }: Kernel, dev: Pointer, name: string): Variable {
  const p = structs.make(`${name}->p`, 'device_private', { device: dev });
  structs.emptyList(p, 'device_private', 'deferred_probe');
  structs.emptyList(p, 'device_private', 'klist_children.k_list');
  return p;
}

/** `BIT(DEV_FLAG_READY_TO_PROBE)` */
const readyToProbe = 1n;

/** From here on drivers may be bound to it. */
function* setReady(kernel: Kernel, thread: Thread, { dev }: Device): Task {
  const { structs } = kernel;
  if (structs.enumerator('DEV_FLAG_READY_TO_PROBE') === null) return;
  const flags = structs.at(dev, 'device', 'flags');
  yield* thread.memory.update(flags, 8, readyToProbe, (value, by) => big(value) | big(by));
}

/** A device that was there before the tasks start: no driver is tried, and no notifier told. */
export function* addQuietly(kernel: Kernel, thread: Thread, device: Device): Task {
  yield* kernel.call(thread, 'bus_add_device', device.dev);
  yield* setReady(kernel, thread, device);
}

/** Tell whoever listens to the bus. */
function* notify(
  kernel: Kernel,
  thread: Thread,
  { dev }: Device,
  event: keyof typeof busEvents,
): Task {
  const action = kernel.structs.enumerator(event) ?? busEvents[event];
  if (kernel.maybe('bus_notify') !== null) {
    yield* kernel.call(thread, 'bus_notify', dev, Number(action));
    return;
  }
  const { structs } = kernel;
  const bus = yield* structs.load(thread, dev, 'device', 'bus');
  const p = yield* structs.load(thread, bus, 'bus_type', 'p');
  const chain = structs.at(p, 'subsys_private', 'bus_notifier');
  const call = kernel.linked.outside('blocking_notifier_call_chain').at(0);
  yield* thread.call(call, [chain, action, dev]);
}

/** `device_add()`, of what is C here: `drivers/base/core.c` is not. */
export function* device_add(kernel: Kernel, thread: Thread, device: Device): Task {
  const lock = yield* lockAt(thread, kernel.structs.at(device.dev, 'device', 'mutex'));
  yield* kernel.call(thread, 'bus_add_device', device.dev);
  yield* notify(kernel, thread, device, 'BUS_NOTIFY_ADD_DEVICE');
  yield* mutex_lock(lock);
  yield* setReady(kernel, thread, device);
  yield* mutex_unlock(lock);
  yield* kernel.call(thread, 'bus_probe_device', device.dev);
}

/** `device_del()`, of what is C here. */
export function* device_del(kernel: Kernel, thread: Thread, device: Device): Task {
  const { structs } = kernel;
  const lock = yield* lockAt(thread, structs.at(device.dev, 'device', 'mutex'));
  const p = yield* structs.load(thread, device.dev, 'device', 'p');
  yield* mutex_lock(lock);
  yield* structs.store(thread, p, 'device_private', 'dead', 1);
  yield* mutex_unlock(lock);
  yield* notify(kernel, thread, device, 'BUS_NOTIFY_DEL_DEVICE');
  yield* kernel.call(thread, 'bus_remove_device', device.dev);
  yield* kernel.call(thread, 'driver_deferred_probe_del', device.dev);
  yield* notify(kernel, thread, device, 'BUS_NOTIFY_REMOVED_DEVICE');
}
