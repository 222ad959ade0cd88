import { read, type Task } from '../../../explore/index.ts';
import type { device } from '../../include/linux/device.ts';
import type { errno } from '../../include/linux/errno.ts';
import type { kernel } from '../../kernel.ts';

/** A power domain is there when its provider is bound. @linux drivers/pmdomain/core.c genpd_dev_pm_attach */
export function* genpd_dev_pm_attach(k: kernel, dev: device): Task<errno> {
  const { power_domain } = dev;
  if (power_domain === undefined) return 0;
  if (power_domain !== null && (yield* read(power_domain.available))) return 0;
  return yield* k.driver_deferred_probe_check_state(dev);
}
