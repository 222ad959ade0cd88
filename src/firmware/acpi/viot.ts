// Virtual I/O Translation Table (ACPI 6.5, 5.2.33).

import { hex } from '../../util/index.ts';
import { struct, u8, u16, u32, u64 } from '../binary/struct.ts';
import {
  type OpenTable,
  openTable,
  readIn,
  readRecord,
  type Sdt,
  type TableRecord,
} from './table.ts';

/** PCI functions of a range of segments, of a range of IDs in each. */
export interface ViotPciRange {
  readonly type: 'pci-range';
  readonly offset: number;
  readonly endpoint_start: number;
  readonly segment_start: number;
  readonly segment_end: number;
  readonly bdf_start: number;
  readonly bdf_end: number;
  /** Offset of the IOMMU's node. */
  readonly output_node: number;
}

/** A device with registers in memory. */
export interface ViotMmioEndpoint {
  readonly type: 'mmio-endpoint';
  readonly offset: number;
  readonly endpoint: number;
  readonly base_address: bigint;
  /** Offset of the IOMMU's node. */
  readonly output_node: number;
}

export interface ViotVirtioIommuPci {
  readonly type: 'virtio-iommu-pci';
  readonly offset: number;
  readonly segment: number;
  readonly bdf: number;
}

export interface ViotVirtioIommuMmio {
  readonly type: 'virtio-iommu-mmio';
  readonly offset: number;
  readonly base_address: bigint;
}

export type ViotIommu = ViotVirtioIommuPci | ViotVirtioIommuMmio;
export type ViotNode = ViotPciRange | ViotMmioEndpoint | ViotIommu;

/** What VIOT says. Nodes refer to each other by offset from the start of the table. */
export interface Viot {
  /** In table order, without those of unknown types. */
  readonly nodes: readonly ViotNode[];
}

const viot_header = struct('VIOT', 'little', {
  node_count: u16(36),
  node_offset: u16(38),
  reserved: u64(40),
});

const node_header = struct('VIOT node', 'little', { type: u8(0), length: u16(2) });

const pci_range = struct('VIOT PCI range', 'little', {
  endpoint_start: u32(4),
  segment_start: u16(8),
  segment_end: u16(10),
  bdf_start: u16(12),
  bdf_end: u16(14),
  output_node: u16(16),
});

const mmio_endpoint = struct('VIOT MMIO endpoint', 'little', {
  endpoint: u32(4),
  base_address: u64(8),
  output_node: u16(16),
});

const virtio_iommu_pci = struct('VIOT virtio-iommu (PCI)', 'little', {
  segment: u16(4),
  bdf: u16(6),
});

const virtio_iommu_mmio = struct('VIOT virtio-iommu (MMIO)', 'little', { base_address: u64(8) });

/** Read a VIOT. Throws {@link FormatError}. */
export function parseViot(bytes: Uint8Array): Viot & Sdt {
  const table = openTable(bytes, 'VIOT');
  const whole = { offset: 0, end: table.bytes.length };
  const { node_count, node_offset } = readIn(table, viot_header, whole);
  const nodes: ViotNode[] = [];
  let offset = Math.max(node_offset, viot_header.size);
  for (let index = 0; index < node_count; index++) {
    const record = readRecord(table, node_header, offset, table.bytes.length);
    const node = readNode(table, record);
    if (node !== null) nodes.push(node);
    offset = record.end;
  }
  noteOutputs(table, nodes);
  return { ...table, nodes };
}

function readNode(table: OpenTable, record: TableRecord): ViotNode | null {
  const { type, offset } = record;
  switch (type) {
    case 1:
      return { type: 'pci-range', offset, ...readIn(table, pci_range, record) };
    case 2:
      return { type: 'mmio-endpoint', offset, ...readIn(table, mmio_endpoint, record) };
    case 3:
      return { type: 'virtio-iommu-pci', offset, ...readIn(table, virtio_iommu_pci, record) };
    case 4:
      return { type: 'virtio-iommu-mmio', offset, ...readIn(table, virtio_iommu_mmio, record) };
    default:
      table.notes.push({ code: 'viot/unknown-node', offset, message: `node of type ${type}` });
      return null;
  }
}

function noteOutputs({ notes }: OpenTable, nodes: readonly ViotNode[]): void {
  const iommus = new Set<number>();
  for (const { type, offset } of nodes) if (type.startsWith('virtio-iommu')) iommus.add(offset);
  for (const node of nodes) {
    if (!('output_node' in node) || iommus.has(node.output_node)) continue;
    const message = `output node ${hex(node.output_node)} is not the offset of an IOMMU's node`;
    notes.push({ code: 'viot/bad-reference', offset: node.offset, message });
  }
}
