import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  iortNodeAt,
  parseDmar,
  parseIort,
  parseIvrs,
  parseMcfg,
  parseViot,
} from '../../src/firmware/index.ts';
import {
  dmarSample,
  edited,
  iort,
  iortNode,
  iortSample,
  itsGroup,
  ivrsSample,
  le8,
  le16,
  le32,
  mcfgSample,
  named,
  rootComplex,
  smmuV3,
  table,
  viotSample,
  zeros,
} from './acpi-builder.ts';
import { joined, problemOf, raw } from './fdt-builder.ts';

function fixture(name: string): Uint8Array {
  return readFileSync(new URL(`../fixtures/acpi/${name}.bin`, import.meta.url));
}

describe('table header', () => {
  test('its fields', () => {
    expect(parseMcfg(mcfgSample)).toMatchObject({
      header: {
        signature: 'MCFG',
        length: mcfgSample.length,
        revision: 1,
        oem_id: 'FWSPEC',
        oem_table_id: 'EXAMPLES',
        oem_revision: 7,
        creator_id: 'TEST',
        creator_revision: 9,
      },
      checksum_valid: true,
      notes: [],
    });
  });

  test('a wrong checksum is noted, and the table is read all the same', () => {
    const wrong = edited(mcfgSample, 20, raw('?'));
    const { checksum_valid, notes, allocations } = parseMcfg(wrong);
    expect(checksum_valid).toBe(false);
    expect(notes).toMatchObject([{ code: 'mcfg/bad-checksum', offset: 9 }]);
    expect(allocations).toHaveLength(2);
  });

  test('what follows the table is no part of it', () => {
    const longer = Uint8Array.from([...mcfgSample, 1, 2, 3]);
    expect(parseMcfg(longer).allocations).toEqual(parseMcfg(mcfgSample).allocations);
  });

  const bad: readonly [string, Uint8Array, object][] = [
    ['nothing', new Uint8Array(), { code: 'mcfg/truncated', offset: 0 }],
    ['another signature', viotSample, { code: 'mcfg/bad-signature', offset: 0, found: 'VIOT' }],
    [
      'a length behind the end of the file',
      edited(mcfgSample, 4, le32(mcfgSample.length + 1)),
      { code: 'mcfg/truncated', offset: 4, found: `${mcfgSample.length + 1}` },
    ],
    ['a length within the header', edited(mcfgSample, 4, le32(35)), { code: 'mcfg/bad-length' }],
  ];
  test.each(bad)('%s is an error', (_what, bytes, problem) => {
    expect(problemOf(() => parseMcfg(bytes))).toMatchObject(problem);
  });
});

describe('IORT', () => {
  const toIts = { from: 0, count: 1, to: 0, reference: 0x30 };
  test('every type of node', () => {
    const { nodes, notes } = parseIort(iortSample);
    expect(notes).toEqual([]);
    const mapping = { output_base: 0x40, output_reference: 0x48, input_base: 0 };
    const range = { ...mapping, id_count: 0xff, flags: 0 };
    const single = { ...mapping, id_count: 0, flags: 1 };
    const memory_properties = { cache_coherency: 1, hints: 0, memory_flags: 3 };
    expect(nodes).toMatchObject([
      { type: 'its-group', offset: 0x30, identifiers: [5], mappings: [] },
      {
        type: 'smmu-v3',
        offset: 0x48,
        revision: 4,
        mappings: [{ offset: 0x48 + 68, output_base: 7, output_reference: 0x30, flags: 1 }],
        base_address: 0x09050000n,
        node_flags: 9,
        vatos_address: 0x1000n,
        model: 1,
        event_gsiv: 74,
        pri_gsiv: 75,
        gerr_gsiv: 77,
        sync_gsiv: 79,
        proximity_domain: 2,
        id_mapping_index: 0,
      },
      {
        type: 'smmu',
        base_address: 0x2b400000n,
        span: 0x10000n,
        model: 3,
        node_flags: 2,
        global_interrupts: [
          { gsiv: 74, flags: 1 },
          { gsiv: 0, flags: 0 },
        ],
        context_interrupts: [
          { gsiv: 80, flags: 0 },
          { gsiv: 81, flags: 1 },
        ],
        pmu_interrupts: [{ gsiv: 90, flags: 0 }],
      },
      {
        type: 'named-component',
        node_flags: 0x0b,
        memory_properties,
        memory_address_limit: 40,
        device_name: '\\_SB_.DEV0',
        mappings: [single],
      },
      {
        type: 'root-complex',
        identifier: 6,
        memory_properties,
        ats_attribute: 1,
        pci_segment_number: 2,
        memory_address_limit: 48,
        pasid_capabilities: 20,
        node_flags: null,
        mappings: [range],
      },
      {
        type: 'pmcg',
        page0_base_address: 0x2b442000n,
        overflow_gsiv: 0x1b5,
        node_reference: 0x48,
        page1_base_address: 0x2b452000n,
      },
      {
        type: 'rmr',
        node_flags: 1,
        memory_ranges: [
          { base_address: 0x10000n, length: 0x20000n },
          { base_address: 0x8000_0000n, length: 0x10000n },
        ],
        mappings: [single],
      },
      { type: 'iwb', config_frame_base: 0x4000_0000n, iwb_index: 3, device_name: '\\_SB_.IWB0' },
    ]);
  });

  test('fields that older nodes end before are null or 0', () => {
    // As long as a newer one: what is reserved in revision 0 has no meaning.
    const oldRoot = iortNode(2, rootComplex(0).subarray(16));
    const oldSmmu = iortNode(4, smmuV3().subarray(16, 60), { mappings: [toIts] });
    expect(parseIort(iort(oldRoot, oldSmmu)).nodes).toMatchObject([
      { memory_address_limit: null, pasid_capabilities: null, node_flags: null },
      { sync_gsiv: 79, proximity_domain: 0, id_mapping_index: 0 },
    ]);
  });

  test('a root complex of 40 bytes has flags', () => {
    const longer = iortNode(2, joined([rootComplex(0).subarray(16), le32(1)]), { revision: 4 });
    expect(parseIort(iort(longer)).nodes).toMatchObject([{ node_flags: 1 }]);
  });

  test('a reference leads to its node', () => {
    const parsed = parseIort(iortSample);
    expect(iortNodeAt(parsed, 0x48)).toBe(parsed.nodes[1]);
    expect(iortNodeAt(parsed, 0x49)).toBeNull();
  });

  const noted: readonly [string, Uint8Array, string, number][] = [
    [
      'a reference that is not the offset of a node',
      iort(named('A', { mappings: [{ ...toIts, reference: 0x31 }] })),
      'iort/bad-reference',
      0x30 + 32,
    ],
    [
      'a range that passes the last output ID',
      iort(rootComplex(0, { mappings: [{ ...toIts, count: 2, to: 0xffff_ffff }] })),
      'iort/range-overflow',
      0x30 + 36,
    ],
    [
      'a range that passes the last input ID',
      iort(rootComplex(0, { mappings: [{ ...toIts, count: 2, from: 0xffff_ffff }] })),
      'iort/range-overflow',
      0x30 + 36,
    ],
    ['mappings without an offset', changed(0x30 + 8, le32(1)), 'iort/no-mappings', 0x30],
    [
      'mappings outside of their node',
      changed(0x30 + 8, le32(1, 24)),
      'iort/array-outside-node',
      0x30,
    ],
    ['a node of an unknown type', changed(0x30, le8(99)), 'iort/unknown-node', 0x30],
    ['bytes behind the last node', changed(36, le32(1)), 'iort/trailing-bytes', 0x30 + 24],
  ];
  test.each(noted)('%s is noted', (_what, bytes, code, offset) => {
    expect(parseIort(bytes).notes).toContainEqual(expect.objectContaining({ code, offset }));
  });

  test('a single mapping cannot overflow', () => {
    const mapping = { ...toIts, count: 2, to: 0xffff_ffff, flags: 1 };
    expect(parseIort(iort(named('A', { mappings: [mapping] }))).notes).toEqual([]);
  });

  test('nodes that all share one long array are an error, not a lot of memory', () => {
    const one = iortNode(99, new Uint8Array());
    const count = 3000;
    const nodes = Array.from({ length: count }, () => edited(one, 8, le32(2000, 16)));
    const { code } = problemOf(() => parseIort(iort(...nodes)));
    expect(code).toBe('iort/limit');
  });

  test('a machine with an SMMUv3 and named components', () => {
    const { nodes, notes } = parseIort(fixture('iort-named'));
    expect(notes).toEqual([]);
    expect(nodes.map(({ type }) => type)).toEqual([
      'smmu-v3',
      'root-complex',
      ...Array(4).fill('named-component'),
    ]);
    const single = { id_count: 0, output_reference: 0x30, flags: 1 };
    expect(nodes).toMatchObject([
      { base_address: 0x09050000n, event_gsiv: 0x6a, pri_gsiv: 0x6b, gerr_gsiv: 0x6d },
      { mappings: [{ offset: 0x98, id_count: 0x7fff, output_reference: 0x30 }] },
      { device_name: '\\_SB_.VR00', mappings: [{ ...single, output_base: 0x8000 }] },
      { device_name: '\\_SB_.VR01', mappings: [{ ...single, output_base: 0x8001, flags: 0 }] },
      { device_name: '\\_SB_.VR02', mappings: [] },
      {
        device_name: '\\_SB_.VR03',
        mappings: [
          { ...single, output_base: 0x8003 },
          { ...single, output_base: 0x8004 },
        ],
      },
    ]);
  });

  test('a machine with an MMU-500', () => {
    const [smmu] = parseIort(fixture('iort-smmu2')).nodes;
    const context_interrupts = Array.from({ length: 8 }, (_, i) => ({ gsiv: 0xa0 + i, flags: 0 }));
    expect(smmu).toMatchObject({ base_address: 0x8000_0000n, model: 3, context_interrupts });
  });

  test('a PMCG that refers to the middle of a node', () => {
    const { nodes, notes } = parseIort(fixture('iort-pmcg'));
    expect(nodes[2]).toMatchObject({ type: 'pmcg', overflow_gsiv: 0x95, node_reference: 0x70 });
    expect(notes).toMatchObject([{ code: 'iort/bad-reference', offset: 0xac }]);
  });
});

describe('VIOT', () => {
  test('every type of node', () => {
    const { nodes, notes } = parseViot(viotSample);
    expect(notes).toEqual([]);
    expect(nodes).toEqual([
      { type: 'virtio-iommu-pci', offset: 0x30, segment: 1, bdf: 0x18 },
      { type: 'virtio-iommu-mmio', offset: 0x40, base_address: 0xa000_0000n },
      {
        type: 'pci-range',
        offset: 0x50,
        endpoint_start: 0x100,
        segment_start: 1,
        segment_end: 2,
        bdf_start: 8,
        bdf_end: 0xff,
        output_node: 0x30,
      },
      {
        type: 'mmio-endpoint',
        offset: 0x68,
        endpoint: 0x77,
        base_address: 0xa000_1000n,
        output_node: 0x40,
      },
    ]);
  });

  test('an endpoint that names no IOMMU is noted', () => {
    const { notes } = parseViot(edited(viotSample, 0x50 + 16, le16(0x50)));
    expect(notes).toContainEqual(
      expect.objectContaining({ code: 'viot/bad-reference', offset: 0x50 }),
    );
  });

  test('a node of an unknown type is left out and noted', () => {
    const { nodes, notes } = parseViot(edited(viotSample, 0x68, le8(9)));
    expect(nodes).toHaveLength(3);
    expect(notes).toContainEqual(
      expect.objectContaining({ code: 'viot/unknown-node', offset: 0x68 }),
    );
  });

  test('a machine with two ranges', () => {
    expect(parseViot(fixture('viot')).nodes).toMatchObject([
      { type: 'virtio-iommu-pci', offset: 0x30, segment: 0, bdf: 0xf0 },
      { type: 'pci-range', endpoint_start: 0, bdf_start: 0, bdf_end: 0xff, output_node: 0x30 },
      { type: 'pci-range', endpoint_start: 0x8000, bdf_start: 0x8000, bdf_end: 0x81ff },
    ]);
  });
});

describe('DMAR', () => {
  test('every type of structure', () => {
    const { host_address_width, flags, structures, notes } = parseDmar(dmarSample);
    expect([host_address_width, flags, notes]).toEqual([39, 5, []]);
    const path = (device: number, fn = 0) => ({ device, function: fn });
    expect(structures).toMatchObject([
      {
        type: 'drhd',
        offset: 0x30,
        flags: 1,
        base_address: 0xfed9_0000n,
        scopes: [{ type: 'ioapic', enumeration_id: 2, start_bus: 0xf0, path: [path(0x1f, 7)] }],
      },
      {
        type: 'rmrr',
        segment: 1,
        base_address: 0x8000_0000n,
        end_address: 0x8000_ffffn,
        scopes: [{ type: 'pci-endpoint', path: [path(0x14)] }],
      },
      {
        type: 'atsr',
        scopes: [
          { type: 'pci-bridge', path: [path(1)] },
          { type: 'pci-endpoint', path: [path(1, 1), path(0)] },
        ],
      },
      { type: 'rhsa', base_address: 0xfed9_0000n, proximity_domain: 1 },
      { type: 'andd', device_number: 9, device_name: '\\_SB_.PCI0.UA00' },
      { type: 'satc', flags: 1, scopes: [{ type: 'namespace', enumeration_id: 9 }] },
      { type: 'sidp', segment: 3, scopes: [{ type: 'pci-endpoint', path: [path(3)] }] },
    ]);
  });

  test('a machine whose unit names its devices', () => {
    const [unit] = parseDmar(fixture('dmar-scopes')).structures;
    expect(unit).toMatchObject({ type: 'drhd', flags: 0, base_address: 0xfed9_0000n });
    const scopes = unit?.type === 'drhd' ? unit.scopes : [];
    expect(scopes.map(({ type, start_bus, path: [step] }) => [type, start_bus, step])).toEqual([
      ['ioapic', 0xff, { device: 0, function: 0 }],
      ['pci-endpoint', 0, { device: 0, function: 0 }],
      ['pci-endpoint', 0, { device: 1, function: 0 }],
      ['pci-endpoint', 0, { device: 4, function: 0 }],
      ['pci-endpoint', 0, { device: 5, function: 0 }],
      ['pci-endpoint', 0, { device: 0x1f, function: 0 }],
      ['pci-endpoint', 0, { device: 0x1f, function: 2 }],
      ['pci-endpoint', 0, { device: 0x1f, function: 3 }],
      ['pci-bridge', 0x80, { device: 0, function: 0 }],
    ]);
  });

  test('a machine with reserved memory', () => {
    const [, reserved] = parseDmar(fixture('dmar-rmrr')).structures;
    expect(reserved).toMatchObject({
      type: 'rmrr',
      base_address: 0x3fff_0000n,
      end_address: 0x3fff_ffffn,
      scopes: [{ type: 'pci-endpoint', start_bus: 0, path: [{ device: 3 }, { device: 0 }] }],
    });
  });
});

describe('IVRS', () => {
  test('every type of block and entry', () => {
    const { iv_info, blocks, notes } = parseIvrs(ivrsSample);
    expect([iv_info, notes]).toEqual([0x203041, []]);
    const unit = {
      device_id: 2,
      capability_offset: 0x40,
      base_address: 0xfd20_0000n,
      info: 0x1300,
    };
    expect(blocks).toMatchObject([
      {
        ...unit,
        block_type: 0x10,
        features: 0x44,
        efr: null,
        efr2: null,
        entries: [
          { type: 'start', device_id: 8 },
          { type: 'end', device_id: 0xfffe },
          { type: 'pad' },
          { type: 'all' },
        ],
      },
      {
        ...unit,
        block_type: 0x11,
        efr: 0x22294a5an,
        efr2: 1n,
        entries: [
          { type: 'alias-select', device_id: 0x80, source_id: 0xa5 },
          { type: 'alias-start', device_id: 0x100, source_id: 0xa6 },
          { type: 'end', device_id: 0x1ff },
          { type: 'extended-select', settings: 0xd7, extended_settings: 0x8000_0000 },
          { type: 'extended-start', device_id: 0x300, extended_settings: 0 },
          { type: 'end', device_id: 0x3ff },
          { type: 'special', handle: 33, source_id: 0xa0, variety: 1, settings: 0xd7 },
        ],
      },
      {
        ...unit,
        block_type: 0x40,
        entries: [
          { type: 'acpi', device_id: 0x60, hid: 'AMDI0040', uid_type: 2, uid: raw('_U1') },
          { type: 'select', device_id: 0x18 },
        ],
      },
      {
        type: 'ivmd',
        block_type: 0x22,
        flags: 8,
        device_id: 0x10,
        auxiliary: 0x17,
        start_address: 0x8000_0000n,
        memory_length: 0x1000n,
      },
    ]);
  });

  test('an unknown block is noted', () => {
    const { blocks, notes } = parseIvrs(edited(ivrsSample, 0x30, le8(0x51)));
    expect(blocks[0]).toEqual({ type: 'other', offset: 0x30, block_type: 0x51 });
    expect(notes).toContainEqual(
      expect.objectContaining({ code: 'ivrs/unknown-block', offset: 0x30 }),
    );
  });

  test('a machine whose unit is described twice', () => {
    const { blocks } = parseIvrs(fixture('ivrs'));
    expect(blocks).toMatchObject([
      { block_type: 0x10, device_id: 8, base_address: 0xfed8_0000n, efr: null },
      { block_type: 0x11, device_id: 8, base_address: 0xfed8_0000n, efr: 0x29d3n },
    ]);
    const [first, second] = blocks.map((block) => (block.type === 'ivhd' ? block.entries : []));
    expect(first?.map(({ type, device_id }) => [type, device_id]).slice(2, 6)).toEqual([
      ['select', 0x10],
      ['start', 0x100],
      ['end', 0x1ff],
      ['select', 0x18],
    ]);
    expect(first?.at(-1)).toMatchObject({ type: 'special', source_id: 0xa0, variety: 1 });
    expect(second).toHaveLength(first?.length ?? 0);
  });

  test('a machine with a unity mapping', () => {
    expect(parseIvrs(fixture('ivrs-ivmd')).blocks[1]).toMatchObject({
      block_type: 0x22,
      flags: 7,
      device_id: 0x100,
      auxiliary: 0x2ff,
      start_address: 0x3fff_0000n,
      memory_length: 0x1_0000n,
    });
  });
});

describe('MCFG', () => {
  test('ranges of buses', () => {
    expect(parseMcfg(mcfgSample).allocations).toEqual([
      { offset: 44, base_address: 0xe000_0000n, segment: 0, start_bus: 0, end_bus: 0x7f },
      { offset: 60, base_address: 0xf000_0000n, segment: 1, start_bus: 0x80, end_bus: 0xff },
    ]);
  });

  test('half a range at the end is left out and noted', () => {
    const { allocations, notes } = parseMcfg(table('MCFG', zeros(8), zeros(16), zeros(15)));
    expect(allocations).toHaveLength(1);
    expect(notes).toMatchObject([{ code: 'mcfg/trailing-bytes', offset: 60 }]);
  });

  test('a machine with one segment', () => {
    expect(parseMcfg(fixture('mcfg')).allocations).toMatchObject([
      { base_address: 0x40_1000_0000n, segment: 0, start_bus: 0, end_bus: 0xff },
    ]);
  });
});

/** An IORT of two ITS groups at 0x30 and 0x48, with other bytes at `offset`. */
function changed(offset: number, ...by: readonly Uint8Array[]): Uint8Array {
  return edited(iort(itsGroup(1), itsGroup(2)), offset, joined(by));
}
