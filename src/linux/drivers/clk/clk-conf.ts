import { read, type Task } from '../../../explore/index.ts';
import type { device, device_link } from '../../include/linux/device.ts';
import { EPROBE_DEFER, type errno } from '../../include/linux/errno.ts';
import type { kernel } from '../../kernel.ts';

/**
 * The clocks that a bus sets for a device before its driver is asked: the first that nobody provides makes
 * it wait, without a time-out.
 *
 * @linux drivers/clk/clk-conf.c of_clk_set_defaults
 */
export function* of_clk_set_defaults(_k: kernel, dev: device): Task<errno> {
  return yield* firstMissing(dev.assigned_clocks);
}

/**
 * The same for what a driver asks for itself, clocks and resets.
 *
 * @linux drivers/clk/clk-bulk.c of_clk_bulk_get
 */
export function* of_clk_bulk_get(_k: kernel, dev: device): Task<errno> {
  return yield* firstMissing(dev.own);
}

function* firstMissing(links: readonly (device_link | errno | null)[]): Task<errno> {
  for (const link of links) {
    if (typeof link === 'number') return link;
    if (link === null || !(yield* read(link.available))) return -EPROBE_DEFER;
  }
  return 0;
}
