import { read, type Task } from '../../../explore/index.ts';
import type { device } from '../../include/linux/device.ts';
import { EPROBE_DEFER, type errno } from '../../include/linux/errno.ts';
import type { kernel } from '../../kernel.ts';

/**
 * The first pin controller that is not there makes the device wait, for as long as a module might bring
 * it: there is no time-out.
 *
 * @linux drivers/base/pinctrl.c pinctrl_bind_pins
 */
export function* pinctrl_bind_pins(k: kernel, dev: device): Task<errno> {
  for (const link of dev.pins) {
    if (typeof link === 'number') return link;
    if (link !== null && (yield* read(link.available))) continue;
    return k.config.CONFIG_MODULES ? -EPROBE_DEFER : 0;
  }
  return 0;
}
