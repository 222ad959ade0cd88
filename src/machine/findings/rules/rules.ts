import { present } from '../../../util/index.ts';
import type { Severity } from '../../inspection.ts';
import type { Machine } from '../../machine.ts';
import { dmarRules } from './acpi/dmar.ts';
import { iortMappingRules } from './acpi/iort/mappings.ts';
import { iortNodeRules } from './acpi/iort/nodes.ts';
import { ivrsRules } from './acpi/ivrs.ts';
import { tablesRules } from './acpi/tables.ts';
import { viotRules } from './acpi/viot.ts';
import { bootRules } from './boot.ts';
import { collisionRules } from './devicetree/collisions.ts';
import { iommusRules } from './devicetree/iommus.ts';
import { mapRules } from './devicetree/map.ts';
import { providerRules } from './devicetree/providers.ts';
import { regionRules } from './devicetree/regions.ts';
import { smmuRules } from './devicetree/smmu.ts';
import { pciRules } from './pci.ts';
import type { Rule } from './rule.ts';

/** Rules about one subject. */
export interface RuleFamily {
  /** In lower case: pages are in folders of these names. */
  readonly name: string;
  readonly about: string;
  /** The firmware that has it; null for any. */
  readonly firmware: Exclude<Machine['firmware'], 'none'> | null;
  readonly rules: readonly Rule[];
}

/** In the order of a manual. */
export const ruleFamilies: readonly RuleFamily[] = [
  {
    name: 'iommus',
    about: 'iommus',
    firmware: 'devicetree',
    rules: [...iommusRules, ...providerRules],
  },
  {
    name: 'map',
    about: 'iommu-map and msi-map',
    firmware: 'devicetree',
    rules: [...mapRules, ...collisionRules],
  },
  {
    name: 'regions',
    about: 'memory that a devicetree sets aside',
    firmware: 'devicetree',
    rules: regionRules,
  },
  { name: 'smmu', about: 'SMMUs in a devicetree', firmware: 'devicetree', rules: smmuRules },
  { name: 'tables', about: 'any ACPI table', firmware: 'acpi', rules: tablesRules },
  { name: 'iort', about: 'IORT', firmware: 'acpi', rules: [...iortMappingRules, ...iortNodeRules] },
  { name: 'viot', about: 'VIOT', firmware: 'acpi', rules: viotRules },
  { name: 'dmar', about: 'DMAR', firmware: 'acpi', rules: dmarRules },
  { name: 'ivrs', about: 'IVRS', firmware: 'acpi', rules: ivrsRules },
  { name: 'pci', about: 'PCI functions', firmware: null, rules: pciRules },
  { name: 'boot', about: 'what comes of all of it', firmware: null, rules: bootRules },
];

/** Every rule, by name. A test keeps the list complete. */
export const rules: readonly Rule[] = ruleFamilies
  .flatMap((family) => family.rules)
  .sort((a, b) => (a.name < b.name ? -1 : 1));

const byName = new Map(rules.map((rule) => [rule.name, rule]));

/** Those that a machine with one kind of firmware is held against. */
export function rulesFor(firmware: Machine['firmware']): readonly Rule[] {
  const own = firmware === 'acpi' ? 'acpi' : 'devicetree';
  return ruleFamilies
    .filter((family) => family.firmware === null || family.firmware === own)
    .flatMap((family) => family.rules);
}

const pages = new Map(
  ruleFamilies.flatMap((family) =>
    family.rules.map(({ name }) => [name, `docs/reference/rules/${family.name}/${name}.md`]),
  ),
);

/** Where the page about a rule is, from the top of the package. */
export function pageOf(name: string): string {
  return present(pages.get(name), `the rule ${name}`);
}

export function severityOf(name: string): Severity {
  return present(byName.get(name), `the rule ${name}`).severity;
}
