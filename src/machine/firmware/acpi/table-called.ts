import type { Acpi, Sdt } from '../../../firmware/index.ts';

/** The table of a signature; of several, the first that Linux takes. */
export function tableCalled(acpi: Acpi | undefined, signature: string): Sdt | null {
  if (acpi === undefined) return null;
  const { iort, viot, dmar, ivrs, mcfg, tables } = acpi;
  const all = [iort, viot, dmar, ivrs, mcfg, ...tables];
  return all.find((of) => of?.header.signature === signature) ?? null;
}
