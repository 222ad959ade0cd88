import type { Task } from '../../explore/index.ts';
import { Pointer, type Scalar, type Thread } from '../../llvm/index.ts';
import { type ByHand, returning } from '../by-hand.ts';
import type { Device } from './devices.ts';
import type { Kernel } from './kernel.ts';

/** A driver, of the platform bus unless said. */
export interface Driver {
  readonly name: string;
  /** The `struct platform_driver`; null for one of another bus. */
  readonly pdrv: Pointer | null;
  /** The `struct device_driver` in it. */
  readonly driver: Pointer;
}

/** A driver whose functions are by hand, for what a devicetree calls like this. */
export function platformDriver(
  kernel: Kernel,
  name: string,
  compatible: string,
  probe: ByHand = returning(0),
): Driver {
  const { structs } = kernel;
  // The last entry is empty.
  const table = structs.constant(`${name} table`, 'of_device_id', {}, 2);
  const { offset } = structs.field('of_device_id', 'compatible');
  for (let i = 0; i < compatible.length; i++)
    table.image?.write(offset + i, 1, compatible.charCodeAt(i));
  const pdrv = structs.make(name, 'platform_driver', {
    probe: kernel.handler(`${name}_probe`, probe),
    'driver.name': structs.text(name),
    'driver.of_match_table': table.at(0),
    'driver.suppress_bind_attrs': 1,
  });
  return {
    name,
    pdrv: pdrv.at(0),
    driver: structs.at(pdrv.at(0), 'platform_driver', 'driver') as Pointer,
  };
}

/** A driver that the kernel has. */
export function driverOf(kernel: Kernel, name: string): Driver {
  const pdrv = kernel.variable(name).at(0);
  const driver = kernel.structs.at(pdrv, 'platform_driver', 'driver') as Pointer;
  return { name, pdrv, driver };
}

/** `platform_driver_register()`, or `driver_register()` where that is all that a bus does. */
export function* registerDriver(kernel: Kernel, thread: Thread, of: Driver): Task {
  if (of.pdrv === null) yield* kernel.call(thread, 'driver_register', of.driver);
  else yield* kernel.call(thread, '__platform_driver_register', of.pdrv, 0n);
}

/** A driver is offered a device that it matches: what loading its module does. */
export function* bind(kernel: Kernel, thread: Thread, device: Device, to: Driver): Task {
  yield* kernel.call(thread, '__driver_attach', device.dev, to.driver);
}

/** The device that a driver's function got, of those that are known. */
export function deviceAt(devices: readonly Device[], dev: Scalar, offset = 0): Device | null {
  if (!(dev instanceof Pointer)) return null;
  const found = devices.find(
    (one) => one.dev.memory === dev.memory && one.dev.offset === dev.offset + offset,
  );
  return found ?? null;
}
