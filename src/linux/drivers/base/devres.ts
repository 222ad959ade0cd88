import { type Struct, type Task, update } from '../../../explore/index.ts';
import type { device } from '../../include/linux/device.ts';
import type { kernel } from '../../kernel.ts';

// Managed memory, of the devices whose drivers hand some of it out: IOMMUs.

/** `devm_kzalloc()`: freed when the device's driver lets go, or does not take the device. */
export function* devmKzalloc<T extends Struct>(
  k: kernel,
  dev: device,
  type: new (world: kernel['world']) => T,
): Task<T | null> {
  const object = yield* k.kzalloc(type);
  const devres = k.instances.get(dev)?.devres ?? null;
  if (object !== null && devres !== null) yield* update(devres, (list) => [...list, object]);
  return object;
}

/** `devres_release_all()`: the last one first. */
export function* releaseManaged(k: kernel, dev: device): Task {
  const devres = k.instances.get(dev)?.devres ?? null;
  if (devres === null) return;
  const objects = yield* update(devres, () => []);
  for (const object of objects.toReversed()) yield* k.kfree(object);
}
