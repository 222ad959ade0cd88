import type { Kconfig } from '../linux/index.ts';
import type { Boot } from './boot.ts';
import type { Finding } from './inspection.ts';
import type { Machine } from './machine.ts';

/** What is wrong in the description of IOMMUs, in the order of the blob. */
export function findingsOf(_machine: Machine, _config: Kconfig, _boot: Boot): Finding[] {
  return [];
}
