// How people write a kernel's options, as --kconfig takes them.
import { defaultKconfig, type Kconfig, tristateOptions } from '../../linux/index.ts';
import { hintFor, UsageError } from '../../util/index.ts';
import type { KernelOptions } from './kconfig.ts';

/**
 * What `CONFIG_NAME=y`, `NAME=m` or `NAME=n`, with commas between several, changes of the kernel's
 * configuration.
 *
 * @throws UsageError for an option that the model has not, or a value that it cannot have
 */
export function kconfigIn(changes: readonly string[]): Partial<Kconfig> {
  let config: Partial<Kconfig> = {};
  const known = Object.keys(defaultKconfig).filter((name) => name.startsWith('CONFIG_'));
  for (const change of changes.flatMap((list) => list.split(','))) {
    const [written = '', value] = change.split('=');
    const name = written.startsWith('CONFIG_') ? written : `CONFIG_${written}`;
    if (!known.includes(name)) {
      throw new UsageError(
        'cli/unknown-kconfig',
        `--kconfig: the model has no option ${name}`,
        hintFor(name, known, 'known options'),
      );
    }
    const values = tristateOptions.includes(name) ? ['y', 'm', 'n'] : ['y', 'n'];
    if (value === undefined || !values.includes(value)) {
      const forms = values.map((known) => `${written}=${known}`).join(' or ');
      throw new UsageError('cli/bad-option', `--kconfig takes ${forms}, not "${change}"`);
    }
    const others = (config.tristates ?? '').split(',').filter((known) => known !== name);
    const tristates = [...others, ...(value === 'm' ? [name] : [])].join(',');
    config = { ...config, [name]: value !== 'n', tristates };
  }
  return config;
}

/** What --kconfig takes that asks for these options. */
export function kconfigWords({ kconfig }: Pick<KernelOptions, 'kconfig'>): string[] {
  const modules = (kconfig.tristates ?? '').split(',');
  return Object.entries(kconfig).flatMap(([name, value]) => {
    if (typeof value !== 'boolean') return [];
    const built = modules.includes(name) ? 'm' : value ? 'y' : 'n';
    return [`${name.replace(/^CONFIG_/, '')}=${built}`];
  });
}
