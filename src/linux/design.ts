import { InternalError } from '../util/index.ts';
import type { Functions } from './functions.ts';
import type { iommu_ops } from './include/linux/iommu.ts';
import type { Inlines } from './inlines.ts';
import type { Release } from './release.ts';
import type { Stubs } from './stubs.ts';

/** The IOMMU drivers of a design, by name. */
export interface Drivers {
  readonly 'arm-smmu': iommu_ops;
  readonly 'arm-smmu-v3': iommu_ops;
  readonly 'virtio-iommu': iommu_ops;
  readonly 'amd-iommu': iommu_ops;
  readonly 'apple-dart': iommu_ops;
  readonly 'exynos-sysmmu': iommu_ops;
  readonly 'intel-iommu': iommu_ops;
  readonly 'ipmmu-vmsa': iommu_ops;
  readonly msm_iommu: iommu_ops;
  readonly mtk_iommu: iommu_ops;
  readonly mtk_iommu_v1: iommu_ops;
  readonly 'omap-iommu': iommu_ops;
  readonly qcom_iommu: iommu_ops;
  readonly 'rockchip-iommu': iommu_ops;
  readonly 's390-iommu': iommu_ops;
  readonly 'sprd-iommu': iommu_ops;
  readonly 'sun50i-iommu': iommu_ops;
  readonly 'tegra-smmu': iommu_ops;
  // Those that v6.7-rc1 does not have.
  readonly 'riscv-iommu'?: iommu_ops;
  readonly 'vsi-iommu'?: iommu_ops;
}
export type DriverName = keyof Drivers;

/** A model function of any signature; the first argument is the kernel. */
export type AnyFunction = (k: never, ...args: never[]) => unknown;
export type FunctionTable = Readonly<Record<string, AnyFunction>>;

/** One version of the path: a table of functions, and of drivers, and what these go by. */
export interface Design {
  readonly name: string;
  readonly functions: Functions & FunctionTable;
  readonly inlines: Inlines & FunctionTable;
  readonly stubs: Stubs;
  readonly drivers: Drivers;
  readonly release: Release;
  /** It is older than v6.7-rc1, whose ways are no measure for it. */
  readonly older?: true;
  /** It has the drivers of v7.3. */
  readonly newest?: true;
}

/**
 * A change to a design, as a diff states it: what it replaces must be there, what it adds must not,
 * and what it removes must be there. Where it changes a function's signature, the functions that
 * call it must be replaced, too.
 */
export interface Patch {
  /** The subject line. */
  readonly subject: string;
  /** Functions with a new body. */
  readonly replaces?: Partial<Functions & Inlines>;
  /** Functions with a new signature. */
  readonly changes?: FunctionTable;
  readonly adds?: FunctionTable;
  /** What it adds to a header as `static inline`. */
  readonly addsInline?: FunctionTable;
  readonly removes?: readonly string[];
  /** What it puts into headers for kernels without an option. */
  readonly stubs?: Stubs;
  /** New operations of drivers, made from the present ones. */
  readonly drivers?: (drivers: Drivers) => Partial<Drivers>;
  readonly release?: Partial<Release>;
}

/** The design after the patches, in order, as `git am` would leave it. */
export function apply(name: string, base: Design, ...patches: readonly Patch[]): Design {
  const functions: Tables['functions'] = { ...base.functions };
  const inlines: Tables['inlines'] = { ...base.inlines };
  let { stubs, drivers, release } = base;
  for (const patch of patches) {
    applyTo({ name: base.name, functions, inlines }, patch);
    stubs = withStubs(stubs, patch.stubs);
    drivers = { ...drivers, ...patch.drivers?.(drivers) };
    release = { ...release, ...patch.release };
  }
  return {
    ...base,
    name,
    functions: functions as Design['functions'],
    inlines: inlines as Design['inlines'],
    stubs,
    drivers,
    release,
  };
}

/** The functions of a design that is being made. */
interface Tables {
  readonly name: string;
  readonly functions: Record<string, AnyFunction>;
  readonly inlines: Record<string, AnyFunction>;
}

function applyTo({ name, functions, inlines }: Tables, patch: Patch): void {
  const refuse = (what: string): never => {
    throw new InternalError(`"${patch.subject}" does not apply to ${name}: ${what}`);
  };
  const tableOf = (symbol: string): Record<string, AnyFunction> | null =>
    symbol in functions ? functions : symbol in inlines ? inlines : null;
  for (const symbol of patch.removes ?? []) {
    delete (tableOf(symbol) ?? refuse(`there is no ${symbol} to remove`))[symbol];
  }
  for (const [symbol, fn] of Object.entries({ ...patch.replaces, ...patch.changes })) {
    (tableOf(symbol) ?? refuse(`there is no ${symbol} to replace`))[symbol] = fn;
  }
  const add = (table: Record<string, AnyFunction>, added: FunctionTable = {}): void => {
    for (const [symbol, fn] of Object.entries(added)) {
      if (tableOf(symbol) !== null) refuse(`${symbol} is there already`);
      table[symbol] = fn;
    }
  };
  add(functions, patch.adds);
  add(inlines, patch.addsInline);
}

function withStubs(stubs: Stubs, changed?: Stubs): Stubs {
  if (changed === undefined) return stubs;
  const merged: Record<string, FunctionTable> = { ...stubs };
  for (const [option, table] of Object.entries(changed))
    merged[option] = { ...merged[option], ...table };
  return merged;
}
