import type { KernelOptions } from '../../machine/index.ts';

/** What --kconfig takes that asks for these options. */
export function kconfigWords({ kconfig }: Pick<KernelOptions, 'kconfig'>): string[] {
  const modules = (kconfig.tristates ?? '').split(',');
  return Object.entries(kconfig).flatMap(([name, value]) => {
    if (typeof value !== 'boolean') return [];
    const built = modules.includes(name) ? 'm' : value ? 'y' : 'n';
    return [`${name.replace(/^CONFIG_/, '')}=${built}`];
  });
}
