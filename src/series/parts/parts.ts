// What can be put on a kernel by its name: patches of the series, and repairs of single mistakes in it.

import { type AnyFunction, apply, type Design, type Patch } from '../../linux/index.ts';
import { UsageError } from '../../util/index.ts';
import { patches, steps } from '../fwspec-v2/index.ts';
import { dartWantsFwspec, deferForSecond } from './fixes.ts';
import { clearsPriv, holdModule, keepIds, lockOnce, parseOnce, returnOnSuccess } from './mends.ts';
import { tellDmaOps } from './told.ts';

/** Something to put on a kernel: `fwspec-v2+p05`. */
export interface Part {
  readonly name: string;
  /** One line for a list. */
  readonly about: string;
  /** Between which steps of the series a kernel has what it is for. */
  readonly steps: readonly [first: number, last: number];
  /** Functions that have to be those of such a step. */
  readonly finds: readonly string[];
  readonly patchFor: (design: Design) => Patch;
}

function repair(
  name: string,
  about: string,
  first: number,
  finds: readonly string[],
  patchFor: Part['patchFor'],
): Part {
  return { name, about, steps: [first, patches.length], finds, patchFor };
}

/** What patches call of those before them, by their numbers. */
const calls: Readonly<Record<number, readonly string[]>> = {
  7: ['iommu_fwspec_dealloc'],
  8: ['iommu_fwspec_alloc', 'iommu_fwspec_assign_iommu', 'iommu_probe_device_fwspec'],
  10: ['iommu_fwspec_alloc', 'iommu_fwspec_append_ids', 'iommu_probe_device_fwspec'],
  11: ['iommu_fwspec_append_ids'],
  15: ['iommu_fwspec_append_ids'],
};

const posted: readonly Part[] = patches.map((patch, i) => ({
  name: String(i + 1).padStart(4, '0'),
  about: patch.subject,
  steps: [i, i],
  finds: [
    ...Object.keys({ ...patch.replaces, ...patch.changes }),
    ...(patch.removes ?? []),
    ...(calls[i + 1] ?? []),
  ],
  patchFor: () => patch,
}));

/** Repairs of the series, in the order in which they are put on it. */
export const repairs: readonly Part[] = [
  repair(
    'p01',
    'patch 1 repaired: DMA goes by what configuring has answered, not by the group',
    1,
    ['arch_setup_dma_ops', 'of_dma_configure_id', 'acpi_dma_configure_id'],
    tellDmaOps,
  ),
  repair(
    'p05',
    'patch 5 repaired: a second ID keeps the first, and the array of IDs is freed',
    5,
    ['kzallocFwspec', 'iommu_fwspec_add_ids'],
    keepIds,
  ),
  repair(
    'p06',
    'patch 6 repaired, as the replies agree: a further IOMMU that is missing defers',
    6,
    ['iommu_fwspec_assign_iommu'],
    () => deferForSecond,
  ),
  repair(
    'p10',
    'patch 10 repaired: through ACPI, success does not free the fwspec',
    10,
    ['acpi_iommu_configure_id'],
    () => returnOnSuccess,
  ),
  repair(
    'p11',
    'patch 11 repaired: one critical section from the first specifier to the probe',
    11,
    ['of_iommu_configure', 'iommu_fwspec_of_xlate'],
    () => lockOnce,
  ),
  repair(
    'p08',
    'patch 8 repaired: a device that has its fwspec is not parsed again',
    8,
    ['of_iommu_configure'],
    parseOnce,
  ),
  repair(
    'p08-module',
    'patch 8 repaired otherwise: of_xlate() is called with a hold on the module',
    8,
    ['iommu_fwspec_of_xlate'],
    holdModule,
  ),
  repair(
    'dart',
    'as the replies agree: apple-dart wants a fwspec',
    8,
    ['iommu_fwspec_of_xlate'],
    () => dartWantsFwspec,
  ),
  repair(
    'p17',
    'patch 17 repaired: drivers clear priv when they free what it points to',
    17,
    ['clearPriv'],
    () => clearsPriv,
  ),
];

const parts: readonly Part[] = [...posted, ...repairs];

/** The names that may come behind a `+`. */
export const partNames: readonly string[] = parts.map(({ name }) => name);

/** A kernel that is called by others and by what is put on them. */
export interface Composed {
  readonly base: string;
  /** In the order in which they are put on it. */
  readonly parts: readonly Part[];
}

/** What a name with `+` in it stands for, where it begins with a kernel; null for other names. */
export function composedOf(name: string, kernels: readonly string[]): Composed | null {
  let base: string | null = null;
  for (const kernel of kernels)
    if (name.startsWith(`${kernel}+`) && kernel.length > (base?.length ?? 0)) base = kernel;
  if (base === null) return null;
  const named = name.slice(base.length + 1).split('+');
  if (!named.every((one) => partNames.includes(one))) return null;
  return { base, parts: parts.filter((part) => named.includes(part.name)) };
}

/**
 * The kernel with all of them on it. Each applies only as `git am` would have it: what it changes has
 * to be as the series has it there; repairs may touch one function together.
 *
 * @throws UsageError where one does not apply
 */
export function compose(name: string, base: Design, added: readonly Part[]): Design {
  let patched = base;
  for (const part of added.filter((one) => posted.includes(one))) {
    refuseUnfit(name, part, patched);
    patched = apply(name, patched, part.patchFor(patched));
  }
  let repaired = patched;
  for (const part of added.filter((one) => repairs.includes(one))) {
    refuseUnfit(name, part, patched);
    repaired = apply(name, repaired, part.patchFor(repaired));
  }
  return repaired;
}

/** Whether what a part is for is in a kernel. */
export function applies(part: Part, design: Design): boolean {
  return unknownTo(part, design) === null;
}

/** What is not as the part has to find it; null when it applies. */
function unknownTo({ steps: [first, last], finds }: Part, design: Design): string | null {
  const known = steps.slice(first, last + 1).map(functionsOf);
  const found = functionsOf(design);
  for (const symbol of finds)
    if (!known.some((there) => there[symbol] !== undefined && there[symbol] === found[symbol]))
      return symbol;
  return null;
}

function functionsOf({ functions, inlines }: Design): Readonly<Record<string, AnyFunction>> {
  return { ...functions, ...inlines };
}

function refuseUnfit(name: string, part: Part, design: Design): void {
  const symbol = unknownTo(part, design);
  if (symbol === null) return;
  const [first, last] = part.steps;
  const known = first === last ? `fwspec-v2/${first}` : `fwspec-v2/${first} to fwspec-v2/${last}`;
  throw new UsageError(
    'cli/part-does-not-apply',
    `there is no ${name}: ${part.name} does not apply, ${symbol}() is not what it is in ${known}`,
  );
}
