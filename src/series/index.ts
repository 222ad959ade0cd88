import { apply, base, type Design, type Patch } from '../linux/index.ts';
import { hintFor, UsageError } from '../util/index.ts';
import { patches, steps } from './fwspec-v2/index.ts';
import { clearOnDeferral } from './fwspec-v2-clear.ts';
import { dartWantsFwspec, deferForSecond } from './fwspec-v2-fixes.ts';
import { parseInProbe } from './probe-xlate.ts';
import { nearestRelease, oldRelease, releases } from './releases.ts';

export { rlookupRooms } from './amd-iommu.ts';
export { nearestRelease } from './releases.ts';

/** A kernel that can be asked for by `--kernel`. */
export interface KernelEntry {
  readonly design: Design;
  /** One line for a list. */
  readonly about: string;
  /** Of a step of the patch series: the patch that leads to it, or null where the series begins. */
  readonly step?: Patch | null;
}

/** A point on the way through the patch series. */
export interface Step {
  readonly kernel: string;
  /** The subject line of the patch that leads to it; null where the series begins. */
  readonly subject: string | null;
}

const fwspecV2 = apply('fwspec-v2', base, ...patches);

/** What the replies to the series propose on top of it. */
const rivals: readonly KernelEntry[] = [
  { design: fwspecV2, about: 'the series as posted, all 17 patches' },
  {
    design: apply('fwspec-v2+fixes', fwspecV2, deferForSecond, dartWantsFwspec),
    about:
      'with the fixes agreed in the replies: a further IOMMU defers; apple-dart wants a fwspec',
  },
  {
    design: apply('fwspec-v2+clear', fwspecV2, deferForSecond, clearOnDeferral),
    about: 'with the stop-gap in the replies instead: deferral frees dev->iommu',
  },
  {
    design: apply('probe-xlate', fwspecV2, parseInProbe),
    about: 'the sketch that ends the thread: drivers read specifiers in probe_device',
  },
];

/** Every kernel of the model, oldest first. */
export const kernels: readonly KernelEntry[] = [
  oldRelease,
  { design: base, about: 'the base of the series (b85ea95d0864)' },
  ...steps.map((design, n) => {
    const step = patches[n - 1] ?? null;
    return { design, about: step?.subject ?? 'the same', step };
  }),
  ...rivals,
  ...releases,
];

/** The kernels that are compared when nobody says: those that are no step of the series. */
export const mainKernels: readonly string[] = kernels
  .filter(({ step }) => step === undefined)
  .map(({ design }) => design.name);

/** The patch series, from where it begins to its end. */
export const bisected: readonly Step[] = kernels.flatMap(({ design, step }) =>
  step === undefined ? [] : [{ kernel: design.name, subject: step?.subject ?? null }],
);

/** The kernel the mail thread is about: the default of `check` and `explore`. */
export const threadKernel = 'v6.7-rc1';

/** The newest kernel: the default of `inspect`. */
export const newestKernel = 'v7.3';

/** The oldest release. */
export const oldestKernel = 'v6.1';

/** The name of a kernel for what somebody called it; `exact` where that is the same kernel. */
export interface Named {
  readonly name: string;
  readonly exact: boolean;
}

/**
 * The kernel that a name stands for: of releases that the model has not, `6.12.118` or `v6.13`, the
 * nearest older one, and the oldest for all that are older. Other names stand for themselves.
 */
export function kernelFor(written: string): Named {
  const names = kernels.map(({ design }) => design.name);
  const same = [written, `v${written}`].find((name) => names.includes(name));
  if (same !== undefined) return { name: same, exact: true };
  if (!/^v?\d+\.\d+(?:[.-]\w+)*$/.test(written)) return { name: written, exact: false };
  return { name: nearestRelease(written.replace(/^v/, '')).name, exact: false };
}

/**
 * The design of a kernel.
 *
 * @throws UsageError when there is no such kernel
 */
export function designOf(name: string): Design {
  const names = kernels.map(({ design }) => design.name);
  const entry = kernels[names.indexOf(name)];
  if (entry !== undefined) return entry.design;
  const hint = hintFor(name, names, 'known kernels');
  throw new UsageError('cli/unknown-kernel', `unknown kernel "${name}"`, hint);
}
