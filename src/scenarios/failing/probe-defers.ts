import { Cell, read, type Task, write } from '../../explore/index.ts';
import { device_driver, EPROBE_DEFER, type errno } from '../../linux/index.ts';
import type { Scenario } from '../scenario.ts';
import { bind, deviceWithoutIommu } from '../setup.ts';

/** A clock, a regulator, a PHY: what drivers wait for after their DMA was configured. */
export const probeDefers: Scenario = {
  name: 'probe-defers',
  about:
    'a client driver defers in its own probe, after dma_configure, while what it waits for binds',
  concurrency:
    'Supplier and consumer hold the device_lock() each of its own device; deferred_trigger_count is there because the supplier can bind between the probe that defers and the deferred list.',
  leaves: 'waiting',
  unfit: () => null,
  offered: ({ iommus }) => iommus,
  tasks: ({ k, client }) => {
    const ready = new Cell(k.world, 'supplier is ready', false);
    client.matches = new device_driver(k.world, 'client driver', function* (): Task<errno> {
      return (yield* read(ready)) ? 0 : -EPROBE_DEFER;
    });
    const supplier = deviceWithoutIommu(k, 'supplier', function* (): Task<errno> {
      yield* write(ready, true);
      return 0;
    });
    return [
      { name: 'CPU0  driver bind: really_probe()', body: () => bind(k, client) },
      { name: 'CPU1  supplier bind: really_probe()', body: () => bind(k, supplier) },
    ];
  },
};
