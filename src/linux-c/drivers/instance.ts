import type { Pointer } from '../../llvm/index.ts';
import type { Device, Instance, Kernel } from '../world/index.ts';

/** A driver that is bound to a platform device and finds its structure by `dev_get_drvdata()`. */
export function drvdata(
  { structs }: Kernel,
  { dev }: Device,
  value: Pointer,
): Pick<Instance, 'dev' | 'data'> {
  return { dev, data: { at: structs.at(dev, 'device', 'driver_data') as Pointer, value } };
}
