// Rules about VIOT: who is behind which virtio-iommu, under which ID.

import type {
  ViotIommu,
  ViotMmioEndpoint,
  ViotNode,
  ViotPciRange,
} from '../../../firmware/index.ts';
import { dmaAliases, viotPciEndpoint } from '../../../linux/index.ts';
import { hex } from '../../../util/index.ts';
import { pciName } from '../../firmware/pci-names.ts';
import type { Finding } from '../../inspection.ts';
import { inTable, type JudgedTables } from './tables.ts';

type Report = (rule: string, offset: number, message: string, help: string) => void;
type Endpoint = ViotPciRange | ViotMmioEndpoint;

export function viotFindings(judged: JudgedTables): Finding[] {
  const { acpi, boot } = judged;
  const { viot } = acpi;
  if (viot === null) return [];
  const findings: Finding[] = [];
  const report: Report = (rule, offset, message, help) => {
    findings.push(inTable('VIOT', rule, offset, message, help));
  };
  if (acpi.iort !== null) {
    const message = 'the machine has an IORT, too: Linux asks that first';
    report('viot-iort-both', 0, message, 'describe a device in one of them');
  }
  const iommus = viot.nodes.filter(isIommu);
  const [first] = iommus;
  if (first !== undefined && !boot.k.config.CONFIG_VIRTIO_IOMMU) {
    const message = 'the kernel has no driver for virtio-iommu: devices run without the IOMMU';
    report('viot-driver', first.offset, message, 'build the kernel with CONFIG_VIRTIO_IOMMU');
  }
  missing(judged, iommus, report);
  endpoints(viot.nodes, iommus, report);
  aliases(judged, report);
  return findings;
}

function isIommu(node: ViotNode): node is ViotIommu {
  return node.type === 'virtio-iommu-pci' || node.type === 'virtio-iommu-mmio';
}

/** Functions are known where any is, and other devices where the namespace is. */
function missing(
  { acpi, machine }: JudgedTables,
  iommus: readonly ViotIommu[],
  report: Report,
): void {
  const shows = {
    'virtio-iommu-pci': machine.devices.some(({ pci }) => pci !== null),
    'virtio-iommu-mmio': acpi.tables.some(({ header }) => header.signature === 'DSDT'),
  };
  for (const node of iommus) {
    if (machine.acpi?.fwnodes.has(node) || !shows[node.type]) continue;
    const message = `the machine has no ${nameOf(node)}: nothing gets this IOMMU`;
    const help = 'name the function or registers of an IOMMU';
    report('viot-iommu-missing', node.offset, message, help);
  }
}

function nameOf(node: ViotIommu): string {
  if (node.type === 'virtio-iommu-mmio')
    return `device with registers at ${hex(node.base_address)}`;
  const { segment, bdf } = node;
  return `function ${pciName({ segment, bus: bdf >> 8, devfn: bdf & 0xff })}`;
}

function endpoints(nodes: readonly ViotNode[], iommus: readonly ViotIommu[], report: Report): void {
  const at = new Map(iommus.map((node): [number, ViotIommu] => [node.offset, node]));
  const before: Endpoint[] = [];
  const clashes = new Clashes(report);
  for (const node of nodes) {
    if (isIommu(node)) continue;
    if (node.type === 'pci-range' && isReversed(node)) {
      const message = 'the range ends before it begins: Linux finds no function in it';
      report('viot-range-reversed', node.offset, message, 'swap the ends');
      continue;
    }
    const iommu = at.get(node.output_node);
    if (iommu !== undefined && contains(node, iommu)) {
      const message = 'the IOMMU is an endpoint of its own: Linux leaves it out';
      report('viot-self', node.offset, message, 'leave it out of the range');
    }
    const overlapped = before.find((other) => overlap(other, node));
    if (overlapped !== undefined) {
      const what =
        node.type === 'pci-range' ? 'functions are in the range' : 'the device is the endpoint';
      const message = `${what} at ${hex(overlapped.offset)} too: Linux takes this one`;
      report('viot-overlap', node.offset, message, 'let each device be in one place');
    }
    clashes.add(node);
    before.push(node);
  }
}

function isReversed({ segment_start, segment_end, bdf_start, bdf_end }: ViotPciRange): boolean {
  return segment_start > segment_end || bdf_start > bdf_end;
}

function contains(of: Endpoint, iommu: ViotIommu): boolean {
  if (of.type === 'mmio-endpoint')
    return iommu.type === 'virtio-iommu-mmio' && iommu.base_address === of.base_address;
  if (iommu.type !== 'virtio-iommu-pci') return false;
  const { segment, bdf } = iommu;
  return (
    segment >= of.segment_start &&
    segment <= of.segment_end &&
    bdf >= of.bdf_start &&
    bdf <= of.bdf_end
  );
}

function overlap(a: Endpoint, b: Endpoint): boolean {
  if (a.type === 'mmio-endpoint')
    return b.type === 'mmio-endpoint' && a.base_address === b.base_address;
  if (b.type === 'mmio-endpoint') return false;
  return (
    a.segment_start <= b.segment_end &&
    b.segment_start <= a.segment_end &&
    a.bdf_start <= b.bdf_end &&
    b.bdf_start <= a.bdf_end
  );
}

/** A function is behind an IOMMU when each ID that it may be known by is. */
function aliases({ machine, boot }: JudgedTables, report: Report): void {
  for (const of of machine.devices) {
    const pci = boot.devices.get(of)?.pci ?? null;
    if (pci === null) continue;
    const [own, ...others] = dmaAliases(pci).map(({ pdev, alias }) => ({
      alias,
      endpoint: viotPciEndpoint(boot.k, pdev, alias),
    }));
    const hole = others.find(({ endpoint }) => endpoint === null);
    if (own === undefined || own.endpoint === null || hole === undefined) continue;
    const message = `${of.name} is also known as ${hex(hole.alias)}, which is in no range: no IOMMU for it, or from v6.15 on one that does not know the ID`;
    report('viot-alias-hole', 0, message, 'put the ID that a bridge sends into a range');
  }
}

/** Endpoint IDs that two nodes have at one IOMMU. */
class Clashes {
  readonly #report: Report;
  readonly #ids = new Map<number, { readonly first: number; readonly end: number; at: number }[]>();

  constructor(report: Report) {
    this.#report = report;
  }

  add(node: Endpoint): void {
    const known = this.#ids.get(node.output_node) ?? [];
    this.#ids.set(node.output_node, known);
    const first = node.type === 'pci-range' ? node.endpoint_start : node.endpoint;
    const end = first + sizeOf(node);
    const other = known.find((ids) => first < ids.end && ids.first < end);
    if (other !== undefined) {
      const message = `endpoint IDs from ${hex(first)} on belong to the node at ${hex(other.at)} too`;
      this.#report('viot-endpoint-clash', node.offset, message, 'give each endpoint its own ID');
    }
    known.push({ first, end, at: node.offset });
  }
}

/** How many endpoint IDs a node stands for: those of a segment follow those of the one before. */
function sizeOf(node: Endpoint): number {
  if (node.type === 'mmio-endpoint') return 1;
  const { segment_start, segment_end, bdf_start, bdf_end } = node;
  return (segment_end - segment_start) * 0x10000 + bdf_end - bdf_start + 1;
}
