import { apply, base, type Design, type Patch } from '../linux/index.ts';
import { nearest, UsageError } from '../util/index.ts';
import { lockDevices } from './designs/device-lock.ts';
import { parseInProbe } from './designs/probe-xlate.ts';
import { readIdsInProbe } from './designs/read-ids.ts';
import { patches, steps } from './fwspec-v2/index.ts';
import { clearOnDeferral } from './parts/clear.ts';
import { dartWantsFwspec, deferForSecond } from './parts/fixes.ts';
import { applies, type Composed, compose, composedOf, type Part, repairs } from './parts/parts.ts';
import { nearestRelease, oldRelease, releases } from './releases/releases.ts';

export { rlookupRooms } from './changes/amd-iommu.ts';
export { nearestRelease } from './releases/releases.ts';

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

const fwspecV2 = apply('fwspec-v2', steps.at(-1) ?? base);

/** What the cover letter tells of, and what the replies to the series propose on top of it. */
const rivals: readonly KernelEntry[] = [
  {
    design: apply('device-lock', base, lockDevices),
    about: 'the first attempt that the cover letter tells of: device_lock() around both paths',
  },
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
  {
    design: apply('probe-get-iommu', fwspecV2, parseInProbe, readIdsInProbe),
    about: 'what that sketch has for drivers that only want IDs: iommu_of_get_iommu()',
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

/** What can be put on a kernel of the series by its name, with `+` in front. */
export const additions: readonly Pick<Part, 'name' | 'about'>[] = repairs.toSorted((a, b) =>
  a.name < b.name ? -1 : 1,
);

/** The series as posted, with each single mistake repaired that is known. */
export const masked: readonly string[] = additions.map(({ name }) => `${fwspecV2.name}+${name}`);

const names: readonly string[] = kernels.map(({ design }) => design.name);

/** The kernel that a name begins with, and the parts behind its `+`; null for a name without. */
function readComposed(name: string): Composed | null {
  return names.includes(name) ? null : composedOf(name, names);
}

/** The kernel that others are put on to make this one; itself where nothing is. */
export function baseOf(name: string): string {
  return readComposed(name)?.base ?? name;
}

/**
 * The patch series with the parts of a kernel that is composed on each step that they apply to.
 *
 * @throws UsageError when the kernel is none of the series with something on it
 */
export function bisectedWith(name: string): readonly Step[] {
  const composed = readComposed(name);
  if (composed === null || composed.base !== fwspecV2.name)
    throw new UsageError(
      'cli/bad-option',
      `--bisect goes through the patch series: --kernels takes ${fwspecV2.name} with something on it, not "${name}"`,
    );
  designOf(name);
  return bisected.map(({ kernel, subject }) => {
    const design = designOf(kernel);
    const parts = composed.parts.filter((part) => applies(part, design));
    return { kernel: [kernel, ...parts.map((part) => part.name)].join('+'), subject };
  });
}

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
  const same = [written, `v${written}`].find((name) => isKernel(name));
  if (same !== undefined) return { name: same, exact: true };
  if (!/^v?\d+\.\d+(?:[.-]\w+)*$/.test(written)) return { name: written, exact: false };
  return { name: nearestRelease(written.replace(/^v/, '')).name, exact: false };
}

/** Whether there is a kernel of that name, or one that is composed like this. */
export function isKernel(name: string): boolean {
  return names.includes(name) || readComposed(name) !== null;
}

const composedDesigns = new Map<string, Design>();

/**
 * The design of a kernel.
 *
 * @throws UsageError when there is no such kernel
 */
export function designOf(name: string): Design {
  const entry = kernels[names.indexOf(name)];
  if (entry !== undefined) return entry.design;
  const known = composedDesigns.get(name);
  if (known !== undefined) return known;
  const composed = readComposed(name);
  if (composed === null) {
    const near = nearest(name, [...names, ...masked]);
    const known = `known kernels: ${mainKernels.join(', ')}; fwspec list kernels has all`;
    const hint = near === null ? known : `did you mean ${near}?`;
    throw new UsageError('cli/unknown-kernel', `unknown kernel "${name}"`, hint);
  }
  const design = compose(name, designOf(composed.base), composed.parts);
  composedDesigns.set(name, design);
  return design;
}
