import { apply, base, type Design } from '../linux/index.ts';
import { UsageError } from '../util/index.ts';
import { patches, steps } from './fwspec-v2/index.ts';
import { avoidMoreRaces } from './v6.7.ts';

/** A kernel that can be asked for by `--kernel`. */
export interface KernelEntry {
  readonly design: Design;
  /** One line for a list. */
  readonly about: string;
}

/** Every kernel of the model, oldest first. */
export const kernels: readonly KernelEntry[] = [
  { design: base, about: 'the base of the series (b85ea95d0864)' },
  ...steps.map((design, n) => ({ design, about: patches[n - 1]?.subject ?? 'the same' })),
  {
    design: apply('v6.7', base, avoidMoreRaces),
    about: 'what was merged instead: the probe lock held across the parse (a2e7e59a9426)',
  },
];

/** The kernel the mail thread is about: the default of `check` and `explore`. */
export const threadKernel = 'v6.7-rc1';

/** The newest kernel: the default of `inspect`. */
export const newestKernel = 'v6.7';

/**
 * The design of a kernel.
 *
 * @throws UsageError when there is no such kernel
 */
export function designOf(name: string): Design {
  const entry = kernels.find(({ design }) => design.name === name);
  if (entry !== undefined) return entry.design;
  throw new UsageError(
    'cli/unknown-kernel',
    `unknown kernel "${name}"`,
    `known kernels: ${kernels.map(({ design }) => design.name).join(', ')}`,
  );
}
