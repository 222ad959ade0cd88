import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PciConfig, parsePciConfig } from '../../src/firmware/pci/index.ts';
import { FormatError } from '../../src/util/index.ts';

/** A configuration space made of little-endian words at given offsets. */
function space(size: number, words: Readonly<Record<number, number>>): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  for (const [offset, word] of Object.entries(words)) view.setUint32(Number(offset), word, true);
  return bytes;
}

/** A root port: PCI Express capability at 0x50, ACS at 0x148 behind an AER capability. */
const rootPort = space(4096, {
  0: 0x000c_1b36,
  4: 0x0010_0507,
  8: 0x0604_0001,
  12: 0x0081_0000,
  24: 0x0003_0200,
  52: 0x40,
  64: 0x0000_5005,
  80: 0x0042_0010,
  256: 0x1482_0001,
  328: 0x0001_000d,
  332: 0x001d_005f,
});

function codeOf(bytes: Uint8Array): string | null {
  try {
    parsePciConfig(bytes);
    return null;
  } catch (error) {
    if (error instanceof FormatError) return error.problem.code;
    throw error;
  }
}

describe('parsePciConfig', () => {
  it('reads a bridge with the names of the specification', () => {
    expect(parsePciConfig(rootPort)).toEqual({
      vendor_id: 0x1b36,
      device_id: 0x000c,
      command: 0x0507,
      status: 0x0010,
      revision_id: 1,
      class_code: 0x060400,
      header_type: 1,
      multifunction: true,
      primary_bus: 0,
      secondary_bus: 2,
      subordinate_bus: 3,
      capabilities: [
        { id: 0x05, offset: 0x40 },
        { id: 0x10, offset: 0x50 },
      ],
      pci_express: { type: 4, offset: 0x50, device_capabilities: 0 },
      extended_capabilities: [
        { id: 0x01, version: 2, offset: 0x100 },
        { id: 0x0d, version: 1, offset: 0x148 },
      ],
      acs: { offset: 0x148, capability: 0x5f, control: 0x1d, control_offset: 0x14e },
      sriov: null,
      secure_device: null,
      advanced_features: null,
      power_management: null,
      root_complex_base: null,
      notes: [],
    } satisfies PciConfig);
  });

  it.each<[what: string, size: number, word0: number, class_code: number, known: number | null]>([
    ['an LPC bridge', 256, 0x1c4e8086, 0x0601_0000, 0xfed1_c001],
    ['its header alone', 64, 0x1c4e8086, 0x0601_0000, null],
    ["another's bridge", 256, 0x00081b36, 0x0601_0000, null],
    ['no bridge', 256, 0x1c4e8086, 0x0200_0000, null],
  ])('knows where the root complex is by an LPC bridge: %s', (_what, size, ids, code, known) => {
    const words = { 0: ids, 8: code, ...(size > 64 ? { 240: 0xfed1_c001 } : {}) };
    expect(parsePciConfig(space(size, words)).root_complex_base).toBe(known);
  });

  it('gives bus numbers to bridges only', () => {
    const endpoint = parsePciConfig(space(64, { 0: 0x1041_1af4, 24: 0x0003_0200 }));
    expect(endpoint).toMatchObject({
      header_type: 0,
      multifunction: false,
      primary_bus: null,
      secondary_bus: null,
      subordinate_bus: null,
    });
  });

  it('reads what a capture cut off as zero', () => {
    expect(parsePciConfig(rootPort.subarray(0, 0x180))).toEqual(parsePciConfig(rootPort));
    expect(parsePciConfig(rootPort.subarray(0, 256)).extended_capabilities).toEqual([]);
  });

  it('follows no capability pointer when the status register says there is no list', () => {
    const bytes = rootPort.slice();
    bytes[0x06] = 0;
    expect(parsePciConfig(bytes).capabilities).toEqual([]);
  });

  it('stops at a capability it has seen, in both lists', () => {
    const looped = parsePciConfig(
      space(4096, {
        0: 0x1,
        4: 0x0010_0000,
        52: 0x40,
        64: 0x4801,
        72: 0x4005,
        256: 0x1402_0001,
        320: 0x1001_000d,
      }),
    );
    expect(looped.capabilities.map(({ offset }) => offset)).toEqual([0x40, 0x48]);
    expect(looped.extended_capabilities.map(({ offset }) => offset)).toEqual([0x100, 0x140]);
  });

  it('reads the virtual functions a device can have and has', () => {
    const bytes = space(4096, {
      0: 0x10c9_8086,
      256: 0x0001_0010,
      268: 0x0008_0008,
      272: 0x0000_0003,
      276: 0x0002_0080,
    });
    expect(parsePciConfig(bytes).sriov).toEqual({
      offset: 0x100,
      total_vfs: 8,
      num_vfs: 3,
      first_vf_offset: 0x80,
      vf_stride: 2,
      vf_device_id: 0,
    });
  });

  it('accepts a virtual function, whose IDs are all ones', () => {
    const bytes = space(64, { 0: 0xffff_ffff, 4: 0x0010_0406, 8: 0x0200_0001 });
    expect(parsePciConfig(bytes)).toMatchObject({ vendor_id: 0xffff, class_code: 0x020000 });
  });

  it('ignores an ACS capability that does not fit', () => {
    const bytes = space(4096, { 0: 1, 256: 0xffc1_0001, 4092: 0x0001_000d });
    expect(parsePciConfig(bytes)).toMatchObject({ acs: null });
  });

  it('refuses what cannot be a configuration space', () => {
    expect(codeOf(new Uint8Array(63))).toBe('pci/too-short');
    expect(codeOf(new Uint8Array(4097))).toBe('pci/too-long');
    expect(codeOf(new Uint8Array(256).fill(0xff))).toBe('pci/no-function');
  });

  it('reads the start of a space, of any length from the header on', () => {
    for (let length = 0; length <= rootPort.length; length++)
      expect(codeOf(rootPort.subarray(0, length))).toBe(length < 64 ? 'pci/too-short' : null);
  });

  it('throws nothing but a FormatError, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.array(fc.tuple(fc.nat(4095), fc.nat(255)), { maxLength: 40 }),
        (bytes, edits) => {
          codeOf(bytes);
          const mutated = rootPort.slice();
          for (const [offset, byte] of edits) mutated[offset] = byte;
          codeOf(mutated);
        },
      ),
    );
  });
});
