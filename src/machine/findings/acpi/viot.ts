// Rules about VIOT: who is behind which virtio-iommu, under which ID.

import type { ViotIommu, ViotNode, ViotPciRange } from '../../../firmware/index.ts';
import { dmaAliases, viotPciEndpoint } from '../../../linux/index.ts';
import { hex } from '../../../util/index.ts';
import { pciName } from '../../firmware/pci-names.ts';
import type { Finding } from '../../inspection.ts';
import { inTable, type JudgedTables } from './tables.ts';

export function viotFindings(judged: JudgedTables): Finding[] {
  const {
    acpi: { viot, iort },
    machine,
  } = judged;
  if (viot === null) return [];
  const findings: Finding[] = [];
  const report = (rule: string, offset: number, message: string, help: string): void => {
    findings.push(inTable('VIOT', rule, offset, message, help));
  };
  if (iort !== null) {
    const message = 'the machine has an IORT, too: Linux asks that first';
    report('viot-iort-both', 0, message, 'describe a device in one of them');
  }
  const shows = machine.devices.some(({ pci }) => pci !== null);
  const ranges: ViotPciRange[] = [];
  const clashes = new Clashes(report);
  const iommus = new Map(
    viot.nodes.filter(isIommu).map((node): [number, ViotIommu] => [node.offset, node]),
  );
  for (const node of viot.nodes) {
    if (isIommu(node)) {
      if (machine.acpi?.fwnodes.has(node) || (node.type === 'virtio-iommu-pci' && !shows)) continue;
      const message = `the machine has no ${nameOf(node)}: nothing gets this IOMMU`;
      report(
        'viot-iommu-missing',
        node.offset,
        message,
        'name the function or registers of an IOMMU',
      );
    } else if (node.type === 'pci-range') {
      range(node, iommus.get(node.output_node), ranges, report);
      clashes.add(node, node.endpoint_start, sizeOf(node));
      ranges.push(node);
    } else clashes.add(node, node.endpoint, 1);
  }
  aliases(judged, report);
  return findings;
}

type Report = (rule: string, offset: number, message: string, help: string) => void;

/** A function is behind an IOMMU when each ID that it may be known by is. */
function aliases({ machine, boot }: JudgedTables, report: Report): void {
  for (const of of machine.devices) {
    const pci = boot.devices.get(of)?.pci ?? null;
    if (pci === null) continue;
    const [own, ...others] = dmaAliases(pci).map(({ pdev, alias }) => ({
      alias,
      endpoint: viotPciEndpoint(boot.k, pdev, alias),
    }));
    const missing = others.find(({ endpoint }) => endpoint === null);
    if (own === undefined || own.endpoint === null || missing === undefined) continue;
    const message = `${of.name} is also known as ${hex(missing.alias)}, which is in no range: Linux gives it no IOMMU`;
    report('viot-alias-hole', 0, message, 'put the ID that a bridge sends into a range');
  }
}

function isIommu(node: ViotNode): node is ViotIommu {
  return node.type === 'virtio-iommu-pci' || node.type === 'virtio-iommu-mmio';
}

function nameOf(node: ViotIommu): string {
  if (node.type === 'virtio-iommu-mmio')
    return `device with registers at ${hex(node.base_address)}`;
  const { segment, bdf } = node;
  return `function ${pciName({ segment, bus: bdf >> 8, devfn: bdf & 0xff })}`;
}

/** How many endpoint IDs a range stands for: those of a segment follow those of the one before. */
function sizeOf({ segment_start, segment_end, bdf_start, bdf_end }: ViotPciRange): number {
  return (segment_end - segment_start) * 0x10000 + bdf_end - bdf_start + 1;
}

function range(
  node: ViotPciRange,
  iommu: ViotIommu | undefined,
  before: readonly ViotPciRange[],
  report: Report,
): void {
  const { offset, segment_start, segment_end, bdf_start, bdf_end } = node;
  if (segment_start > segment_end || bdf_start > bdf_end) {
    report('viot-range-reversed', offset, 'the range ends before it begins', 'swap the ends');
    return;
  }
  if (iommu?.type === 'virtio-iommu-pci' && contains(node, iommu.segment, iommu.bdf)) {
    const message = 'the IOMMU is in its own range: Linux leaves it out';
    report('viot-self', offset, message, 'leave it out of the range');
  }
  const overlapped = before.find(
    (other) =>
      other.segment_start <= segment_end &&
      segment_start <= other.segment_end &&
      other.bdf_start <= bdf_end &&
      bdf_start <= other.bdf_end,
  );
  if (overlapped === undefined) return;
  const message = `functions are in the range at ${hex(overlapped.offset)} too: Linux takes this one`;
  report('viot-overlap', offset, message, 'let each function be in one range');
}

function contains(of: ViotPciRange, segment: number, bdf: number): boolean {
  return (
    segment >= of.segment_start &&
    segment <= of.segment_end &&
    bdf >= of.bdf_start &&
    bdf <= of.bdf_end
  );
}

/** Endpoint IDs that two nodes have at one IOMMU. */
class Clashes {
  readonly #report: Report;
  readonly #ids = new Map<number, { readonly first: number; readonly end: number; at: number }[]>();

  constructor(report: Report) {
    this.#report = report;
  }

  add(node: ViotNode & { readonly output_node: number }, first: number, size: number): void {
    const known = this.#ids.get(node.output_node) ?? [];
    this.#ids.set(node.output_node, known);
    const end = first + size;
    const other = known.find((ids) => first < ids.end && ids.first < end);
    if (other !== undefined) {
      const message = `endpoint IDs from ${hex(first)} on belong to the node at ${hex(other.at)} too`;
      this.#report('viot-endpoint-clash', node.offset, message, 'give each endpoint its own ID');
    }
    known.push({ first, end, at: node.offset });
  }
}
