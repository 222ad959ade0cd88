// Virtual I/O Translation Table (ACPI 6.5, 5.2.33).

import { hex } from '../../../util/index.ts';
import { bytes, type Struct, struct, u8, u16, u32, u64 } from '../../binary/struct.ts';
import {
  type OpenTable,
  openTable,
  orNote,
  problem,
  readIn,
  type Sdt,
  type TableRecord,
} from '../table.ts';

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
  reserved: bytes(18, 6),
});

const mmio_endpoint = struct('VIOT MMIO endpoint', 'little', {
  endpoint: u32(4),
  base_address: u64(8),
  output_node: u16(16),
  reserved: bytes(18, 6),
});

const virtio_iommu_pci = struct('VIOT virtio-iommu (PCI)', 'little', {
  segment: u16(4),
  bdf: u16(6),
  reserved: u64(8),
});

const virtio_iommu_mmio = struct('VIOT virtio-iommu (MMIO)', 'little', { base_address: u64(8) });

/** Read a VIOT. Throws {@link FormatError}. */
export function parseViot(bytes: Uint8Array): Viot & Sdt {
  const table = openTable(bytes, 'VIOT');
  const whole = { offset: 0, end: table.bytes.length };
  const { node_count, node_offset } = readIn(table, viot_header, whole);
  const nodes: ViotNode[] = [];
  if (node_offset < viot_header.size && node_count > 0) {
    const message = `nodes begin at ${hex(node_offset)}, inside the header: Linux reads none`;
    table.notes.push({ code: 'viot/bad-offset', offset: 38, message });
    return { ...table, nodes };
  }
  let offset = node_offset;
  let index = 0;
  for (; index < node_count; index++) {
    const record = orNote(table, () => nodeAt(table, offset));
    const node = record && orNote(table, () => readNode(table, record));
    if (record === null || node === null) break;
    if (node !== undefined) nodes.push(node);
    offset = record.end;
  }
  if (index === node_count && offset < table.bytes.length) {
    const message = `${table.bytes.length - offset} bytes follow the last of ${node_count} nodes`;
    table.notes.push({ code: 'viot/trailing-bytes', offset, message });
  }
  noteOutputs(table, nodes);
  return { ...table, nodes };
}

/** Linux looks at where a node begins; that it passes the end of the table does not matter. */
function nodeAt(table: OpenTable, offset: number): TableRecord {
  const end = table.bytes.length;
  const { type, length } = readIn(table, node_header, { offset, end });
  if (length < node_header.size) {
    const field = 'VIOT node.length';
    throw problem('viot', 'bad-length', offset + 2, field, 'at least 4 bytes', `${length}`);
  }
  return { type, offset, end: offset + length };
}

/** Undefined for a node that Linux steps over. */
function readNode(table: OpenTable, record: TableRecord): ViotNode | undefined {
  const { type, offset } = record;
  switch (type) {
    case 1:
      return { type: 'pci-range', offset, ...fieldsOf(table, pci_range, record) };
    case 2:
      return { type: 'mmio-endpoint', offset, ...fieldsOf(table, mmio_endpoint, record) };
    case 3:
    case 4:
      return readIommu(table, record) ?? undefined;
    default:
      table.notes.push({ code: 'viot/unknown-node', offset, message: `node of type ${type}` });
      return undefined;
  }
}

/** The size of a node is that with what is reserved. */
function fieldsOf<T extends { readonly reserved: unknown }>(
  table: OpenTable,
  layout: Struct<T>,
  record: TableRecord,
): Omit<T, 'reserved'> {
  const { reserved: _, ...fields } = readIn(table, layout, record);
  return fields;
}

/** An IOMMU is looked at when an endpoint names it; the nodes behind it are read in any case. */
function readIommu(table: OpenTable, record: TableRecord): ViotIommu | null {
  const { type, offset } = record;
  return orNote(table, () =>
    type === 3
      ? { type: 'virtio-iommu-pci', offset, ...fieldsOf(table, virtio_iommu_pci, record) }
      : { type: 'virtio-iommu-mmio', offset, ...readIn(table, virtio_iommu_mmio, record) },
  );
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
