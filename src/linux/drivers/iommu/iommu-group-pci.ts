// Which PCI functions share a group, of drivers/iommu/iommu.c. Only devices that have a group already
// are found: who comes first decides.

import { read, type Task } from '../../../explore/index.ts';
import type { device } from '../../include/linux/device.ts';
import { EINVAL, ERR_PTR, type ErrPtr } from '../../include/linux/errno.ts';
import type { iommu_group } from '../../include/linux/iommu.ts';
import { PCI_SLOT, type pci_bus, type pci_dev } from '../../include/linux/pci.ts';
import { refcount_inc } from '../../include/linux/refcount.ts';
import type { kernel } from '../../kernel.ts';
import { pci_acs_enabled, pci_acs_path_enabled } from '../pci/acs.ts';
import { ACS_ISOLATION, aliasDevfns } from '../pci/quirks.ts';
import { pci_for_each_dma_alias } from '../pci/search.ts';

/** The device's group with a reference, or null. @linux drivers/iommu/iommu.c iommu_group_get */
export function* iommu_group_get(_k: kernel, dev: device): Task<iommu_group | null> {
  const group = yield* read(dev.iommu_group);
  if (group !== null) yield* refcount_inc(group.devices_kobj, group.className);
  return group;
}

function* groupOf(k: kernel, pdev: pci_dev): Task<iommu_group | null> {
  return pdev.dev === null ? null : yield* k.iommu_group_get(pdev.dev);
}

/**
 * The group of a function that the IOMMU cannot tell apart from this one, or that can reach it on a
 * way that does not lead through the IOMMU; else a new one.
 *
 * @linux drivers/iommu/iommu.c pci_device_group
 */
export function* pci_device_group(k: kernel, dev: device): Task<iommu_group | ErrPtr> {
  if (dev.pci === null) {
    k.WARN_ON(true, 'pci_device_group() is for PCI functions');
    return ERR_PTR(-EINVAL);
  }
  let group: iommu_group | null = null;
  let pdev = dev.pci;
  yield* pci_for_each_dma_alias(pdev, function* (visited) {
    pdev = visited;
    group = yield* groupOf(k, visited);
    return group === null ? 0 : 1;
  });
  if (group !== null) return group;

  // Up to where everything that follows isolates.
  for (let bus: pci_bus = pdev.bus; bus.parent !== null; bus = bus.parent) {
    if (bus.self === null) continue;
    if (pci_acs_path_enabled(bus.self, ACS_ISOLATION)) break;
    pdev = bus.self;
    group = yield* groupOf(k, pdev);
    if (group !== null) return group;
  }

  const devfns = new Set<number>();
  group = yield* k.get_pci_alias_group(pdev, devfns);
  group ??= yield* k.get_pci_function_alias_group(pdev, devfns);
  return group ?? (yield* k.iommu_group_alloc());
}

/** By the requester IDs of functions on the same bus. @linux drivers/iommu/iommu.c get_pci_alias_group */
export function* get_pci_alias_group(
  k: kernel,
  pdev: pci_dev,
  devfns: Set<number>,
): Task<iommu_group | null> {
  if (devfns.has(pdev.devfn)) return null;
  devfns.add(pdev.devfn);
  let group = yield* groupOf(k, pdev);
  if (group !== null) return group;
  for (const other of pdev.bus.devices) {
    if (other === pdev || !pci_devs_are_dma_aliases(pdev, other)) continue;
    group = yield* k.get_pci_alias_group(other, devfns);
    group ??= yield* k.get_pci_function_alias_group(other, devfns);
    if (group !== null) return group;
  }
  return null;
}

/** By the other functions of a slot that does not keep them apart. @linux drivers/iommu/iommu.c get_pci_function_alias_group */
export function* get_pci_function_alias_group(
  k: kernel,
  pdev: pci_dev,
  devfns: Set<number>,
): Task<iommu_group | null> {
  if (!pdev.multifunction || pci_acs_enabled(pdev, ACS_ISOLATION)) return null;
  for (const other of pdev.bus.devices) {
    if (other === pdev || PCI_SLOT(other.devfn) !== PCI_SLOT(pdev.devfn)) continue;
    if (pci_acs_enabled(other, ACS_ISOLATION)) continue;
    const group = yield* k.get_pci_alias_group(other, devfns);
    if (group !== null) return group;
  }
  return null;
}

/** @linux drivers/pci/search.c pci_devs_are_dma_aliases */
function pci_devs_are_dma_aliases(one: pci_dev, other: pci_dev): boolean {
  if (one.real_dma_dev === other || other.real_dma_dev === one) return true;
  return aliasDevfns(one).includes(other.devfn) || aliasDevfns(other).includes(one.devfn);
}
