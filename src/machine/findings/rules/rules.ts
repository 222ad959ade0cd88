import { present } from '../../../util/index.ts';
import type { Severity } from '../../inspection.ts';
import type { Machine } from '../../machine.ts';
import { bootRules } from './boot.ts';
import { dmarRules } from './dmar.ts';
import { iommusRules } from './iommus.ts';
import { iortRules } from './iort.ts';
import { ivrsRules } from './ivrs.ts';
import { mapRules } from './map.ts';
import { pciRules } from './pci.ts';
import type { Rule } from './rule.ts';
import { smmuRules } from './smmu.ts';
import { tablesRules } from './tables.ts';
import { viotRules } from './viot.ts';

const treeRules: readonly Rule[] = [...iommusRules, ...mapRules, ...smmuRules];

const acpiRules: readonly Rule[] = [
  ...tablesRules,
  ...iortRules,
  ...viotRules,
  ...dmarRules,
  ...ivrsRules,
];

/** Every rule, by name. A test keeps the list complete. */
export const rules: readonly Rule[] = [...acpiRules, ...treeRules, ...bootRules, ...pciRules].sort(
  (a, b) => (a.name < b.name ? -1 : 1),
);

const byName = new Map(rules.map((rule) => [rule.name, rule]));

/** Those that a machine with one kind of firmware is held against. */
export function rulesFor(firmware: Machine['firmware']): readonly Rule[] {
  return [...(firmware === 'acpi' ? acpiRules : treeRules), ...bootRules, ...pciRules];
}

export function severityOf(name: string): Severity {
  return present(byName.get(name), `the rule ${name}`).severity;
}
