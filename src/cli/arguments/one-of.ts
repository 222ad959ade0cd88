import { UsageError } from '../../util/index.ts';

/**
 * The value of an option that takes one of some words.
 *
 * @throws UsageError for any other
 */
export function oneOf<T extends string>(option: string, value: string, known: readonly T[]): T {
  const found = known.find((one) => one === value);
  if (found !== undefined) return found;
  throw new UsageError('cli/bad-option', `--${option} takes ${known.join(', ')}, not "${value}"`);
}
