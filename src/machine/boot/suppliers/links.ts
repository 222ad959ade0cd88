import type { World } from '../../../explore/index.ts';
import { type device, device_link } from '../../../linux/index.ts';
import type { MachineDevice } from '../../machine.ts';
import type { Suppliers } from './suppliers.ts';

/** Tell the kernel's devices whom they wait for. */
export function linkSuppliers(
  world: World,
  { links, absent, needs }: Suppliers,
  deviceOf: (of: MachineDevice) => device,
): void {
  const asked = { inferred: false, sync_state_only: false };
  for (const { consumer, supplier, part } of links)
    new device_link(world, deviceOf(consumer), deviceOf(supplier), {
      ...asked,
      inferred: part !== true,
    });
  for (const [of, path] of absent) deviceOf(of).absent_supplier = path;
  for (const [of, { pins, assigned_clocks, power_domain, own }] of needs) {
    const dev = deviceOf(of);
    const lists = [
      ['pins', pins],
      ['assigned_clocks', assigned_clocks],
      ['own', own],
    ] as const;
    for (const [kind, list] of lists) {
      for (const needed of list) {
        if (needed === null || typeof needed === 'number') dev[kind].push(needed);
        else new device_link(world, dev, deviceOf(needed), asked, kind);
      }
    }
    if (power_domain === null) dev.power_domain = null;
    else if (power_domain !== undefined)
      new device_link(world, dev, deviceOf(power_domain), asked, 'power domain');
  }
}
