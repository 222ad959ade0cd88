// Rules about memory that is set aside for devices, and about what of memory a bus reaches.

import { compatibleOf, dmaRangesOf, type FdtNode, propertyOf } from '../../../firmware/index.ts';
import { hex } from '../../../util/index.ts';
import {
  type IommuAddresses,
  iommuAddresses,
  memoryOf,
  regionsOf,
} from '../../firmware/reserved-memory.ts';
import type { Finding } from '../../inspection.ts';
import { type Judged, offsetOf } from '../judged.ts';

export function regionFindings(judged: Judged): Finding[] {
  const users = usersOfRegions(judged);
  const findings: Finding[] = [];
  for (const node of judged.enabled) {
    if (propertyOf(node, 'iommu-addresses') !== undefined)
      findings.push(...addressFindings(judged, node, users.get(node) ?? new Set()));
    findings.push(...rangeFindings(node));
  }
  return [...findings, ...poolFindings(judged)];
}

/** The regions that enabled devices have in `memory-region`. */
function usersOfRegions({ fdt, enabled }: Judged): Map<FdtNode, Set<FdtNode>> {
  const users = new Map<FdtNode, Set<FdtNode>>();
  for (const node of enabled)
    for (const region of regionsOf(fdt, node)) {
      const known = users.get(region);
      if (known === undefined) users.set(region, new Set([node]));
      else known.add(node);
    }
  return users;
}

function addressFindings(
  { fdt, enabled }: Judged,
  region: FdtNode,
  users: ReadonlySet<FdtNode>,
): Finding[] {
  const property = propertyOf(region, 'iommu-addresses');
  if (property === undefined) return [];
  const at = { node: region.path, property: property.name };
  const { entries, trailingBytes } = iommuAddresses(fdt, property);
  const findings: Finding[] = [];
  for (const entry of entries) {
    const { node, offset, phandle } = entry;
    if (node === null || (enabled.has(node) && !users.has(node))) {
      const whose =
        node === null
          ? `no node has the phandle ${hex(phandle)}`
          : `${node.path} has no memory-region that leads here`;
      findings.push({
        ...at,
        rule: 'resv-wrong-dev',
        severity: 'warning',
        offset,
        message: `${whose}: Linux skips the entry`,
        help: 'name the device that has the region in memory-region',
      });
    } else findings.push(...rangeOfDevice(region, entry, at));
  }
  if (trailingBytes > 0 && entries.at(-1)?.node !== null)
    findings.push({
      ...at,
      rule: 'resv-length',
      severity: 'error',
      offset: property.offset + property.value.length - trailingBytes,
      message: `${trailingBytes} bytes are no phandle, address and size: Linux reads on behind the property`,
      help: 'write as many cells as #address-cells and #size-cells of the bus of the device say',
    });
  return findings;
}

/** What is wrong with where a device sees a region. */
function rangeOfDevice(
  region: FdtNode,
  { node, offset, address, size }: IommuAddresses,
  at: Pick<Finding, 'node' | 'property'>,
): Finding[] {
  if (size === 0n)
    return [
      {
        ...at,
        rule: 'resv-zero',
        severity: 'warning',
        offset,
        message: `the range at ${hex(address)} of ${node?.path} has no size: Linux skips it`,
        help: 'write the size, in bytes',
      },
    ];
  const memory = memoryOf(region);
  // A bus that translates addresses of devices may make them equal.
  if (memory === null || node === null || isTranslated(node)) return [];
  if (memory.address === address && memory.size === size) return [];
  return [
    {
      ...at,
      rule: 'resv-not-identity',
      severity: 'warning',
      offset,
      message: `${node.path} is to see ${ofSize(memory)} as ${ofSize({ address, size })}: Linux maps nothing there, and only keeps those addresses free`,
      help: 'write address and size of reg, or leave reg out where nothing is to be mapped',
    },
  ];
}

function isTranslated(node: FdtNode): boolean {
  for (let bus = node.parent; bus !== null; bus = bus.parent)
    if ((propertyOf(bus, 'dma-ranges')?.value.length ?? 0) > 0) return true;
  return false;
}

function ofSize({ address, size }: { address: bigint; size: bigint }): string {
  return `${hex(address)} (${hex(size)} bytes)`;
}

/** Entries of `dma-ranges` that let devices reach nothing. */
function rangeFindings(bus: FdtNode): Finding[] {
  if (bus.parent === null) return [];
  const property = propertyOf(bus, 'dma-ranges');
  if (property === undefined || property.value.length === 0) return [];
  const { entries, trailingBytes } = dmaRangesOf(bus);
  const at = { node: bus.path, property: property.name, rule: 'dma-ranges' } as const;
  const findings: Finding[] = entries
    .filter(({ size }) => size === 0n)
    .map(({ offset, address }) => ({
      ...at,
      severity: 'warning',
      offset,
      message: `the range at ${hex(address)} has no size: devices reach nothing through it`,
      help: 'write the size, in bytes, in as many cells as #size-cells says',
    }));
  if (trailingBytes > 0)
    findings.push({
      ...at,
      severity: 'warning',
      offset: property.offset + property.value.length - trailingBytes,
      message: `its last ${trailingBytes} bytes are no whole range: Linux does not read them`,
      help: 'write address, address on the bus above and size, in the cells that both buses count',
    });
  return findings;
}

/** Pools that bound the DMA of a device which an IOMMU bounds already. */
function poolFindings({ fdt, machine, boot }: Judged): Finding[] {
  const devices = new Map<FdtNode, string[]>();
  for (const of of machine.devices) {
    const group = boot.devices.get(of)?.iommu_group.value ?? null;
    const node = [of.of_node, of.dma_node].find(
      (at) => at !== null && propertyOf(at, 'memory-region') !== undefined,
    );
    if (group === null || node == null) continue;
    const isPool = (region: FdtNode): boolean =>
      compatibleOf(region).includes('restricted-dma-pool');
    if (!regionsOf(fdt, node).some(isPool)) continue;
    const known = devices.get(node);
    if (known === undefined) devices.set(node, [of.name]);
    else known.push(of.name);
  }
  return [...devices].map(([node, names]) => ({
    rule: 'restricted-pool',
    severity: 'note',
    node: node.path,
    property: 'memory-region',
    offset: offsetOf(node, 'memory-region'),
    message: 'an IOMMU is in charge of its DMA: the restricted pool is not used',
    help: 'leave the pool out, or see that the IOMMU is meant',
    devices: names,
  }));
}
