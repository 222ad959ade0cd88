// `pcie_acs_override=` of a patch that distributions for virtual machines carry, and no release of
// Linux: it makes functions count as isolating that do not isolate.

import type { pci_dev } from '../../linux/index.ts';
import type { Explainer } from '../explain/explain.ts';
import { nameOf } from '../explain/pci.ts';

/** What an option would hide of this machine; it is never applied. */
export function hiddenBy(word: string, { boot, memberships }: Explainer): string {
  const values = word.slice(word.indexOf('=') + 1).split(',');
  const ports = new Map<string, Set<string>>();
  for (const [of, dev] of boot.devices) {
    const gap = memberships.of(dev)?.gap;
    if (gap === undefined || !values.some((value) => covers(value, gap.pdev))) continue;
    const name = nameOf(gap.pdev);
    ports.set(name, (ports.get(name) ?? new Set()).add(of.name));
  }
  if (ports.size === 0) return `${word} would change no group here`;
  const hidden = [...ports].map(([port, below]) =>
    below.has(port) ? port : `${port}, above ${[...below].join(' and ')}`,
  );
  return `${word} would only hide that these do not isolate, and devices could reach each other's memory past the IOMMU as before: ${hidden.join('; ')}`;
}

function covers(value: string, { pcie_type, multifunction, vendor, device }: pci_dev): boolean {
  if (value === 'downstream') return pcie_type === 4 || pcie_type === 6;
  if (value === 'multifunction') return multifunction && pcie_type !== null;
  const ids = [vendor, device].map((id) => id.toString(16).padStart(4, '0')).join(':');
  return value.toLowerCase() === `id:${ids}`;
}
