import { ModelError, type Program } from '../explore/index.ts';
import type { Module } from '../llvm/index.ts';
import { kernelDrivers } from './drivers/index.ts';
import { type Definition, programOf, usualShape } from './scenario/definition.ts';
import { definitions } from './scenario/definitions.ts';
import { type LinuxShape, lacks } from './scenario/shape.ts';
import type { KernelDriver } from './world/index.ts';

/** What can be asked of a scenario besides its kernel. */
export interface LinuxOptions {
  /** The IOMMU driver whose operations are called; null for one by hand. */
  readonly driver?: string | null;
  /** Those of the modules whose functions are called even where there is one by hand. */
  readonly further?: readonly Module[];
}

/** A scenario that a kernel's own C takes part in. */
export interface LinuxScenario {
  readonly name: string;
  readonly title: string;
  /** The kernel's files that are linked: `drivers/iommu/iommu.c`. */
  readonly files: readonly string[];
  /** The same with a device of another shape. @throws ModelError where there is none */
  of(shape: LinuxShape): LinuxScenario;
  /** IOMMU drivers whose operations it can call, besides one by hand, each with the files that it takes. */
  readonly drivers?: ReadonlyMap<string, readonly string[]>;
  /** @throws ModelError where the modules or the options do not do */
  program(modules: readonly Module[], options?: LinuxOptions): Program;
}

const iommuFiles = ['drivers/iommu/iommu.c', 'drivers/iommu/of_iommu.c'];

const acpiFiles = {
  iort: ['drivers/iommu/iommu.c', 'drivers/acpi/scan.c', 'drivers/acpi/arm64/iort.c'],
  viot: ['drivers/iommu/iommu.c', 'drivers/acpi/scan.c', 'drivers/acpi/viot.c'],
};

const filesOf: Readonly<Record<LinuxShape['firmware'], readonly string[]>> = {
  devicetree: iommuFiles,
  ...acpiFiles,
};

/** Without it, what it would call is called. */
export const driverCoreFiles: readonly string[] = [
  'drivers/base/bus.c',
  'drivers/base/dd.c',
  'drivers/base/driver.c',
  'drivers/base/platform.c',
  'drivers/of/device.c',
  'lib/klist.c',
];

/** Drivers whose IOMMUs can be described so, with the files of each. */
function driversFor(firmware: LinuxShape['firmware']): ReadonlyMap<string, readonly string[]> {
  const fit = [...kernelDrivers].filter(
    ([, { table }]) => firmware === 'devicetree' || table === firmware,
  );
  return new Map(fit.map(([name, { files }]) => [name, files]));
}

/** By name. */
export const linuxScenarios: ReadonlyMap<string, LinuxScenario> = new Map(
  definitions.map((definition) => [
    definition.name,
    scenarioWith(definition, usualShape(definition)),
  ]),
);

function scenarioWith(definition: Definition, shape: LinuxShape): LinuxScenario {
  const { name, title, core } = definition;
  const why = lacks(shape);
  if (why !== null) throw new ModelError(`there is no such device for ${name}: ${why}`);
  return {
    ...{ name, title },
    files: [...filesOf[shape.firmware], ...(core === true ? driverCoreFiles : [])],
    drivers: driversFor(shape.firmware),
    of: (other) => scenarioWith(definition, other),
    program: (modules, { driver = null, further = [] } = {}) => {
      const own = driver === null ? null : driverNamed(driver);
      return programOf(definition, modules, own, further, shape);
    },
  };
}

function driverNamed(name: string): KernelDriver {
  const known = kernelDrivers.get(name);
  if (known === undefined) throw new ModelError(`the ops of ${name} are not run as C`);
  return known;
}
