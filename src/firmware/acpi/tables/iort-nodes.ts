// What the nodes of IORT have besides header and ID mappings (DEN0049, 3.1).

import { bytes, type Row, type Struct, struct, u8, u16, u32, u64 } from '../../binary/struct.ts';
import { type OpenTable, readIn, readName, type TableRecord } from '../table.ts';
import type { Arrays } from './iort-arrays.ts';
import type { IortInterrupt, IortMemoryAccess, IortNode } from './iort-types.ts';

type Header = Pick<IortNode, 'offset' | 'revision' | 'identifier' | 'mappings'>;

const its_group = struct('ITS group', 'little', { count: u32(16) });
const its_identifier = struct('ITS identifier', 'little', { identifier: u32(0) });

const named_component = struct('named component', 'little', {
  node_flags: u32(16),
  memory_properties: memoryAccess(20),
  memory_address_limit: u8(28),
});

const root_complex = struct('root complex', 'little', {
  memory_properties: memoryAccess(16),
  ats_attribute: u32(24),
  pci_segment_number: u32(28),
});
const root_complex_v1 = struct('root complex', 'little', {
  memory_address_limit: u8(32),
  pasid_capabilities: u16(33),
  reserved: u8(35),
});
const root_complex_flags = struct('root complex', 'little', { node_flags: u32(36) });

const smmu = struct('SMMUv1/v2', 'little', {
  base_address: u64(16),
  span: u64(24),
  model: u32(32),
  node_flags: u32(36),
  global_interrupt_offset: u32(40),
  context_interrupt_count: u32(44),
  context_interrupt_offset: u32(48),
  pmu_interrupt_count: u32(52),
  pmu_interrupt_offset: u32(56),
});
type SmmuFields = typeof smmu extends Struct<infer Fields> ? Fields : never;
const interrupt: Struct<IortInterrupt> = struct('interrupt', 'little', {
  gsiv: u32(0),
  flags: u32(4),
});

const smmu_v3 = struct('SMMUv3', 'little', {
  base_address: u64(16),
  node_flags: u32(24),
  vatos_address: u64(32),
  model: u32(40),
  event_gsiv: u32(44),
  pri_gsiv: u32(48),
  gerr_gsiv: u32(52),
  sync_gsiv: u32(56),
});
const smmu_v3_proximity = struct('SMMUv3', 'little', { proximity_domain: u32(60) });
const smmu_v3_index = struct('SMMUv3', 'little', { id_mapping_index: u32(64) });

const pmcg = struct('PMCG', 'little', {
  page0_base_address: u64(16),
  overflow_gsiv: u32(24),
  node_reference: u32(28),
});
const pmcg_v1 = struct('PMCG', 'little', { page1_base_address: u64(32) });

const rmr = struct('RMR', 'little', {
  node_flags: u32(16),
  descriptor_count: u32(20),
  descriptor_offset: u32(24),
});
const rmr_descriptor = struct('RMR descriptor', 'little', {
  base_address: u64(0),
  length: u64(8),
  reserved: bytes(16, 4),
});

const iwb = struct('IWB', 'little', { config_frame_base: u64(16), iwb_index: u16(24) });

/** What ends before is noted as such already. */
const headerSize = 16;

/** The node whose header and mappings are known; its own fields end at `fixedEnd`. */
export function readNodeBody(
  table: OpenTable,
  node: TableRecord,
  header: Header,
  fixedEnd: number,
  arrays: Arrays,
): IortNode {
  /** Fields that nodes of older revisions end before; `since` says from which revision all have them. */
  const later = <T>(layout: Struct<T>, since = Number.POSITIVE_INFINITY): T | null => {
    if (node.offset + layout.size <= fixedEnd) return readIn(table, layout, node);
    if (header.revision >= since) {
      const message = `the ${layout.name} needs ${layout.size} bytes in revision ${header.revision} and has ${fixedEnd - node.offset}`;
      table.notes.push({ code: 'iort/short-node', offset: node.offset, message });
    }
    return null;
  };

  /** Fields that every node has. Linux reads them wherever the node ends. */
  const own = <T>(layout: Struct<T>): T => {
    const length = node.end - node.offset;
    if (length >= headerSize && length < layout.size) {
      const message = `the ${layout.name} needs ${layout.size} bytes and has ${length}`;
      table.notes.push({ code: 'iort/short-node', offset: node.offset, message });
    } else if (length >= layout.size && node.offset + layout.size > fixedEnd) {
      const message = `the ID mappings begin at ${fixedEnd - node.offset}, inside the ${layout.size} bytes of the ${layout.name}`;
      table.notes.push({ code: 'iort/array-outside-node', offset: node.offset + 12, message });
    }
    return readIn(table, layout, { offset: node.offset, end: table.bytes.length });
  };

  const ownName = (field: string, start: number): string => {
    const name = readName(table, field, start, table.bytes.length);
    if (start + name.length >= node.end) {
      const message = `${field} has no zero byte before the node ends`;
      table.notes.push({ code: 'iort/short-node', offset: node.offset, message });
    }
    return name;
  };

  switch (node.type) {
    case 0: {
      const { count } = own(its_group);
      const found = arrays(node, 'ITS identifiers', its_group.size, count, its_identifier);
      const room = node.end - (node.offset + its_group.size + count * its_identifier.size);
      if (room >= its_identifier.size && header.mappings.length === 0) {
        const message = `${room} bytes of the group follow its ${count} identifiers: Linux does not read them`;
        table.notes.push({ code: 'iort/uncounted-identifiers', offset: node.offset + 16, message });
      }
      return { type: 'its-group', ...header, identifiers: found.map((entry) => entry.identifier) };
    }
    case 1: {
      const fields = own(named_component);
      const start = node.offset + named_component.size;
      const device_name = ownName('named component.device_name', start);
      return { type: 'named-component', ...header, ...fields, device_name };
    }
    case 2: {
      const v1 = header.revision === 0 ? null : later(root_complex_v1, 1);
      return {
        type: 'root-complex',
        ...header,
        ...own(root_complex),
        memory_address_limit: v1?.memory_address_limit ?? null,
        pasid_capabilities: v1?.pasid_capabilities ?? null,
        node_flags: later(root_complex_flags)?.node_flags ?? null,
      };
    }
    case 3:
      return readSmmu(own(smmu), node, header, arrays);
    case 4:
      return {
        type: 'smmu-v3',
        ...header,
        ...own(smmu_v3),
        proximity_domain: later(smmu_v3_proximity)?.proximity_domain ?? 0,
        id_mapping_index: later(smmu_v3_index, 1)?.id_mapping_index ?? 0,
      };
    case 5: {
      const v1 = header.revision === 0 ? null : later(pmcg_v1, 1);
      const page1_base_address = v1?.page1_base_address ?? null;
      return { type: 'pmcg', ...header, ...own(pmcg), page1_base_address };
    }
    case 6: {
      const { node_flags, descriptor_count, descriptor_offset } = own(rmr);
      const found = arrays(
        node,
        'RMR descriptors',
        descriptor_offset,
        descriptor_count,
        rmr_descriptor,
      );
      const memory_ranges = found.map(({ reserved: _, ...range }) => range);
      return { type: 'rmr', ...header, node_flags, memory_ranges };
    }
    case 7: {
      const fields = own(iwb);
      const device_name = ownName('IWB.device_name', node.offset + iwb.size);
      return { type: 'iwb', ...header, ...fields, device_name };
    }
    default: {
      const message = `node of type ${node.type}`;
      table.notes.push({ code: 'iort/unknown-node', offset: node.offset, message });
      return { type: 'other', ...header, node_type: node.type };
    }
  }
}

function readSmmu(fields: SmmuFields, node: TableRecord, header: Header, arrays: Arrays): IortNode {
  const { base_address, span, model, node_flags, global_interrupt_offset } = fields;
  const interrupts = (what: string, start: number, count: number) =>
    arrays(node, `${what} interrupts`, start, start === 0 ? 0 : count, interrupt).map(
      ({ gsiv, flags }) => ({ gsiv, flags }),
    );
  const { context_interrupt_offset, context_interrupt_count } = fields;
  return {
    type: 'smmu',
    ...header,
    base_address,
    span,
    model,
    node_flags,
    global_interrupts: interrupts('global', global_interrupt_offset, 2),
    context_interrupts: interrupts('context', context_interrupt_offset, context_interrupt_count),
    pmu_interrupts: interrupts('PMU', fields.pmu_interrupt_offset, fields.pmu_interrupt_count),
  };
}

function memoryAccess(offset: number): Row<IortMemoryAccess> {
  return {
    offset,
    size: 8,
    read: (view, at) => ({
      cache_coherency: view.getUint32(at, true),
      hints: view.getUint8(at + 4),
      memory_flags: view.getUint8(at + 7),
    }),
  };
}
