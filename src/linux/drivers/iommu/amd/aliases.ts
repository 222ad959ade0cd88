import { addTo, setIn, type Task } from '../../../../explore/index.ts';
import type { device } from '../../../include/linux/device.ts';
import type { iommu_device } from '../../../include/linux/iommu.ts';
import { type pci_dev, pci_dev_id } from '../../../include/linux/pci.ts';
import type { kernel } from '../../../kernel.ts';
import { dmaAliases } from '../../pci/search.ts';
import type { amd_iommu_pci_seg } from './ivrs.ts';
import type { amd_iommu } from './types.ts';

/**
 * IVRS may know of a requester ID that PCI does not; within a bus it becomes one of PCI's, by which
 * functions are grouped. Whatever has one of the device's IDs is behind its IOMMU from now on.
 *
 * @linux drivers/iommu/amd/iommu.c setup_aliases
 */
export function* setup_aliases(
  k: kernel,
  pdev: pci_dev,
  iommu: amd_iommu,
  { alias_table }: amd_iommu_pci_seg,
): Task<readonly number[]> {
  const devid = pci_dev_id(pdev);
  const ivrs_alias = alias_table.get(devid) ?? devid;
  if (ivrs_alias !== devid && ivrs_alias >> 8 === pdev.bus.number)
    addTo(k.world, pdev.dma_aliases, ivrs_alias & 0xff);
  const aliases = [...dmaAliases(pdev), { pdev, alias: ivrs_alias }];
  for (const { pdev: visited, alias } of aliases) cloneAlias(k, visited, alias, iommu);
  return [...new Set(aliases.map(({ alias }) => alias))];
}

/** @linux drivers/iommu/amd/iommu.c clone_alias */
function cloneAlias(k: kernel, pdev: pci_dev, alias: number, iommu: amd_iommu): void {
  if (pci_dev_id(pdev) === alias) return;
  for (const dev of k.devices()) {
    const { pci } = dev;
    if (pci === null || pci.segment !== pdev.segment || pci_dev_id(pci) !== alias) continue;
    setIn<device, iommu_device>(k.world, k.scopes, dev, iommu);
  }
}
