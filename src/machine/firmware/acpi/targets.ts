// What ACPI tables say about a device's IOMMUs, read the way the kernel reads it.

import {
  type acpi_fwnode,
  type device,
  dmaAliases,
  IORT_IOMMU_TYPE,
  type IortTarget,
  iort_node_map_id,
  type kernel,
  namedComponentOf,
  rootComplexOf,
  targetsOfComponent,
  viotMmioEndpoint,
  viotPciEndpoint,
} from '../../../linux/index.ts';
import { hex } from '../../../util/index.ts';

/** By which ID a device is known to which IOMMU. */
export interface AcpiTarget {
  readonly table: 'iort' | 'viot';
  readonly fwnode: acpi_fwnode;
  readonly id: number;
}

/** The targets of a device, or why there are none: IORT decides, and VIOT where that says nothing. */
export function acpiTargets(k: kernel, dev: device): AcpiTarget[] | string {
  const { iort = null, viot = null } = k.acpi ?? {};
  if (iort === null && viot === null) return 'no ACPI table of the machine describes IOMMUs';
  const byIort = iort === null ? 'there is no IORT' : iortTargets(k, dev);
  if (viot === null || typeof byIort !== 'string') return byIort;
  const byViot = viotTargets(k, dev);
  return iort === null || typeof byViot !== 'string' ? byViot : `${byIort}; ${byViot}`;
}

/** The targets of a device in each table that has any, in the order in which Linux asks the tables. */
export function allAcpiTargets(k: kernel, dev: device): AcpiTarget[][] {
  const { iort = null, viot = null } = k.acpi ?? {};
  const found = [
    ...(iort === null ? [] : [iortTargets(k, dev)]),
    ...(viot === null ? [] : [viotTargets(k, dev)]),
  ];
  return found.filter((targets) => typeof targets !== 'string');
}

function iortTargets(k: kernel, dev: device): AcpiTarget[] | string {
  const targets: AcpiTarget[] = [];
  const add = (found: IortTarget): boolean => {
    const fwnode = k.acpi?.fwnodes.get(found.node);
    if (fwnode !== undefined) targets.push({ table: 'iort', fwnode, id: found.id });
    return fwnode !== undefined;
  };
  if (dev.pci === null) {
    const node = namedComponentOf(k, dev);
    if (node === null) return 'no named component of IORT is about it';
    for (const found of targetsOfComponent(k, dev, node)) if (!add(found)) break;
    return targets.length > 0 ? targets : `${iortNode(node)} has no single mapping to an SMMU`;
  }
  const node = rootComplexOf(k, dev.pci.segment);
  if (node === null) return `IORT has no root complex for segment ${dev.pci.segment}`;
  for (const { pdev, alias } of dmaAliases(dev.pci)) {
    const found = iort_node_map_id(k, node, alias, IORT_IOMMU_TYPE);
    if (found === null || !add(found)) {
      const whose = pdev === dev.pci ? '' : ', which a bridge above it sends in its place';
      return `${iortNode(node)} leads ID ${hex(alias)} to no SMMU${whose}`;
    }
  }
  return targets;
}

function iortNode({ offset }: { readonly offset: number }): string {
  return `the IORT node at ${hex(offset)}`;
}

function viotTargets(k: kernel, dev: device): AcpiTarget[] | string {
  if (dev.pci === null) {
    const found = viotMmioEndpoint(k, dev);
    return found === null
      ? 'no endpoint of VIOT has its registers'
      : [{ table: 'viot', fwnode: found.viommu, id: found.epid }];
  }
  const targets: AcpiTarget[] = [];
  for (const { pdev, alias } of dmaAliases(dev.pci)) {
    const found = viotPciEndpoint(k, pdev, alias);
    if (found === null) return `no range of VIOT has ID ${hex(alias)}`;
    targets.push({ table: 'viot', fwnode: found.viommu, id: found.epid });
  }
  return targets;
}
