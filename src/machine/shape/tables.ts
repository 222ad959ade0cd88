// The ACPI tables that can describe a shape, alone or together.

import { type IommuTable, iommuDrivers } from '../../linux/index.ts';

/** One table, or the two that Linux asks one after the other: IORT, and VIOT where that gives no IOMMU. */
export type Tables = IommuTable | 'iort+viot';

/** All of them. */
export const allTables: readonly Tables[] = ['iort', 'viot', 'iort+viot', 'dmar', 'ivrs', 'clp'];

export function isTables(text: string): text is Tables {
  return allTables.some((tables) => tables === text);
}

/** Whether one of the tables can describe an IOMMU. */
export function describes(tables: Tables, iommu: string): boolean {
  const named: readonly string[] = tables.split('+');
  return iommuDrivers.some(
    ({ acpi, compatible }) =>
      acpi !== undefined && named.includes(acpi.table) && compatible.includes(iommu),
  );
}
