// From a device to the nodes of its IOMMUs in IORT and VIOT, and what _CCA says of it.

import type {
  IortIdMapping,
  IortNode,
  ViotMmioEndpoint,
  ViotPciRange,
} from '../../firmware/index.ts';
import {
  type acpi_fwnode,
  asksByStreamId,
  type DmaAlias,
  dmaAliases,
  IORT_IOMMU_TYPE,
  type IortTarget,
  iort_node_map_id,
  mcStreamId,
  namedComponentOf,
  rootComplexOf,
  targetsOfComponent,
  viotMmioEndpoint,
  viotPciEndpoint,
} from '../../linux/index.ts';
import { hex } from '../../util/index.ts';
import type { Described } from './devicetree.ts';
import { atTable, type Chain } from './explanation.ts';
import { addAlias } from './pci.ts';

/** Size of a mapping, and of the beginning of a node that is shown. */
const mappingSize = 20;
const nodeSize = 16;
/** Where the two tables say how many nodes they have. */
const nodeCount = { IORT: { offset: 36, size: 4 }, VIOT: { offset: 36, size: 2 } } as const;

/** The IOMMUs that the tables name: IORT decides, and VIOT where that says nothing. */
export function addAcpi(chain: Chain, described: Described): acpi_fwnode[] {
  const { k, dev } = described;
  if (!addCoherency(chain, described)) return [];
  const { iort = null, viot = null } = k.acpi ?? {};
  if (iort === null && viot === null) {
    chain.fail('description', 'no ACPI table of the machine describes IOMMUs');
    return [];
  }
  if (iort !== null) {
    const found =
      dev.pci === null ? addComponent(chain, described) : addRootComplex(chain, described);
    if (found.length > 0 || viot === null) return found;
  }
  return dev.pci === null ? addEndpoint(chain, described) : addRanges(chain, described);
}

/** What `_CCA` says: without it, an Arm kernel does not configure DMA at all. */
function addCoherency(chain: Chain, { k, dev }: Described): boolean {
  const object = dev.dma_companion;
  if (object === null) {
    chain.fail('description', 'no object of ACPI describes its DMA');
    return false;
  }
  const { path, cca } = object;
  if (cca === null && k.config.CONFIG_ACPI_CCA_REQUIRED) {
    chain.fail('description', `${path} has no _CCA: its DMA is not configured, no table is asked`);
    return false;
  }
  if (cca !== null) chain.add('description', `${path}: _CCA is ${cca ? 1 : 0}`);
  return true;
}

// ---- IORT --------------------------------------------------------------------------------------

function addRootComplex(chain: Chain, described: Described): acpi_fwnode[] {
  const { k, dev, devices } = described;
  if (dev.pci === null) return [];
  const { segment } = dev.pci;
  const node = rootComplexOf(k, segment);
  if (node === null) {
    const { offset, size } = nodeCount.IORT;
    const text = `IORT has no root complex node for segment ${segment}`;
    chain.fail('description', text, atTable('IORT', 'number of nodes', offset, size));
    return [];
  }
  const text = `IORT: the root complex of segment ${segment}, ${mappingsText(node)}`;
  chain.add('description', text, atIort(node));
  const found: acpi_fwnode[] = [];
  for (const alias of dmaAliases(dev.pci)) {
    addAlias(chain, devices, dev.pci, alias);
    const target = iort_node_map_id(k, node, alias.alias, IORT_IOMMU_TYPE);
    const fwnode = addTarget(chain, described, node, alias.alias, target);
    if (fwnode === null) return found;
    if (!found.includes(fwnode)) found.push(fwnode);
  }
  return found;
}

function addComponent(chain: Chain, described: Described): acpi_fwnode[] {
  const { k, dev } = described;
  const node = namedComponentOf(k, dev);
  if (node === null) {
    const { offset, size } = nodeCount.IORT;
    const object = dev.fwnode?.path ?? dev.name;
    const text = `IORT has no named component called ${object}`;
    chain.fail('description', text, atTable('IORT', 'number of nodes', offset, size));
    return [];
  }
  chain.add(
    'description',
    `IORT: the named component ${node.device_name}, ${mappingsText(node)}`,
    atIort(node),
  );
  const own = asksByStreamId(k, dev, node) ? mcStreamId(k, node) : null;
  const found: acpi_fwnode[] = [];
  for (const target of targetsOfComponent(k, dev, node)) {
    if (own !== null)
      chain.add('map', `fsl_mc_bus asks with the complex's own ID, taken to be ${hex(own)}`);
    const fwnode = addTarget(chain, described, node, own, target);
    if (fwnode === null) return found;
    if (!found.includes(fwnode)) found.push(fwnode);
  }
  if (found.length > 0) return found;
  const text = `it has no single mapping to an SMMU: ${rangesText(described, node)}`;
  chain.fail('map', text, atIort(node));
  return found;
}

/** The mappings that lead from a node to an SMMU. */
function addTarget(
  chain: Chain,
  described: Described,
  from: IortNode,
  id: number | null,
  target: IortTarget | null,
): acpi_fwnode | null {
  const { k } = described;
  if (target === null) {
    chain.fail(
      'map',
      `no mapping leads ID ${hex(id ?? 0)} to an SMMU: ${rangesText(described, from)}`,
      atIort(from),
    );
    return null;
  }
  let at = id;
  let node: IortNode | null = from;
  for (const map of target.via) {
    const n: number = node === null ? 0 : node.mappings.indexOf(map);
    const out: number =
      isSingle(map) || at === null ? map.output_base : map.output_base + at - map.input_base;
    const place = atTable('IORT', `ID mapping ${n}`, map.offset, mappingSize);
    chain.add('map', mappingText(map, at, out >>> 0, n), place);
    at = out >>> 0;
    node = nodeAt(k.acpi?.iort?.nodes ?? [], map.output_reference);
  }
  const fwnode = k.acpi?.fwnodes.get(target.node) ?? null;
  if (fwnode === null)
    chain.fail('iommu', 'Linux has made no device of that node', atIort(target.node));
  return fwnode;
}

function mappingText(map: IortIdMapping, id: number | null, out: number, n: number): string {
  const where = `the node at ${hex(map.output_reference)}`;
  if (isSingle(map) || id === null)
    return `mapping ${n}, a single one, gives ${where} ID ${hex(out)}`;
  const { input_base, id_count, output_base } = map;
  const range = `${hex(input_base)} to ${hex(input_base + id_count)}`;
  const sum = `${hex(id)} - ${hex(input_base)} + ${hex(output_base)} = ${hex(out)}`;
  return `${hex(id)} is in mapping ${n}, which sends ${range} to ${where}: ${sum}`;
}

function isSingle({ flags }: IortIdMapping): boolean {
  return (flags & 1) !== 0;
}

function nodeAt(nodes: readonly IortNode[], offset: number): IortNode | null {
  return nodes.find((node) => node.offset === offset) ?? null;
}

function mappingsText({ mappings: { length } }: IortNode): string {
  return `${length} ID ${length === 1 ? 'mapping' : 'mappings'}`;
}

/** The mappings of a node, and what they lead to. */
function rangesText({ k }: Described, { mappings }: IortNode): string {
  const shown = mappings.slice(0, 8).map((map) => {
    const { input_base, id_count, output_reference } = map;
    const range = isSingle(map)
      ? 'a single one'
      : `${hex(input_base)} to ${hex(input_base + id_count)}`;
    const target = nodeAt(k.acpi?.iort?.nodes ?? [], output_reference);
    return `${range} for ${target === null ? 'no node' : `a node of type ${target.type}`}`;
  });
  if (mappings.length > shown.length) shown.push(`and ${mappings.length - shown.length} more`);
  return shown.length === 0 ? 'it has none' : `it has ${shown.join(', ')}`;
}

function atIort({ offset }: IortNode) {
  return atTable('IORT', 'node', offset, nodeSize);
}

// ---- VIOT --------------------------------------------------------------------------------------

function addRanges(chain: Chain, described: Described): acpi_fwnode[] {
  const { k, dev, devices } = described;
  if (dev.pci === null) return [];
  const found: acpi_fwnode[] = [];
  for (const alias of dmaAliases(dev.pci)) {
    addAlias(chain, devices, dev.pci, alias);
    const endpoint = viotPciEndpoint(k, alias.pdev, alias.alias);
    if (endpoint === null) {
      failViot(chain, `VIOT has no PCI range with ${rangeWanted(alias)}`);
      return found;
    }
    chain.add('map', rangeText(endpoint.node, alias, endpoint.epid), atViot(endpoint.node));
    if (!found.includes(endpoint.viommu)) found.push(endpoint.viommu);
  }
  return found;
}

function rangeWanted({ pdev, alias }: DmaAlias): string {
  return `ID ${hex(alias)} of segment ${hex(pdev.segment)} whose IOMMU is there`;
}

function rangeText(
  node: ViotPciRange | ViotMmioEndpoint,
  { alias }: DmaAlias,
  epid: number,
): string {
  const where = `the node at ${hex(node.output_node)}`;
  if (node.type !== 'pci-range') return `${where}, endpoint ${hex(epid)}`;
  const { bdf_start, bdf_end, endpoint_start } = node;
  const sum = `${hex(alias)} - ${hex(bdf_start)} + ${hex(endpoint_start)} = ${hex(epid)}`;
  const range = `${hex(bdf_start)} to ${hex(bdf_end)}`;
  return `${hex(alias)} is last in the VIOT range ${range}, for ${where}: endpoint ${sum}`;
}

function addEndpoint(chain: Chain, { k, dev }: Described): acpi_fwnode[] {
  const found = viotMmioEndpoint(k, dev);
  if (found === null) {
    failViot(chain, 'VIOT has no endpoint with the registers of the device');
    return [];
  }
  const text = `VIOT: the endpoint with its registers is ${hex(found.epid)} of the node at ${hex(found.node.output_node)}`;
  chain.add('map', text, atViot(found.node));
  return [found.viommu];
}

function failViot(chain: Chain, text: string): void {
  const { offset, size } = nodeCount.VIOT;
  chain.fail('map', text, atTable('VIOT', 'number of nodes', offset, size));
}

function atViot({ offset }: { readonly offset: number }) {
  return atTable('VIOT', 'node', offset, 24);
}
