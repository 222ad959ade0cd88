import { FormatError, hex } from '../../util/index.ts';
import { type Row, type Struct, struct, u8, u16, u32 } from '../binary/struct.ts';
import type { Note } from '../note.ts';

/** A capability in the first 256 bytes (PCI Local Bus Specification 3.0, 6.7). */
export interface PciCapability {
  readonly id: number;
  readonly offset: number;
}

/** An extended capability, from 0x100 on (PCI Express Base Specification, 7.6.3). */
export interface PciExtendedCapability {
  readonly id: number;
  readonly version: number;
  readonly offset: number;
}

/** The PCI Express capability (7.5.3): `type` is "Device/Port Type" of its capabilities register. */
export interface PciExpress {
  readonly type: number;
  readonly offset: number;
  /** Bit 28: Function Level Reset. */
  readonly device_capabilities: number;
}

/** The Advanced Features capability of conventional PCI (ECN of 2006). */
export interface PciAdvancedFeatures {
  readonly offset: number;
  /** Bit 1: Function Level Reset. */
  readonly capabilities: number;
}

/** PCI Power Management (PCI Bus Power Management Interface Specification 1.2, 3.2). */
export interface PciPowerManagement {
  readonly offset: number;
  /** Bit 3: no reset comes with the way from D3hot to D0. */
  readonly control_status: number;
}

/** Access Control Services (7.7.11): what the function can enforce and what is enabled. */
export interface PciAcs {
  readonly offset: number;
  readonly capability: number;
  readonly control: number;
  /** Where the control register is. */
  readonly control_offset: number;
}

/** Single Root I/O Virtualization (9.3.3). */
export interface PciSriov {
  readonly offset: number;
  readonly total_vfs: number;
  readonly num_vfs: number;
  readonly first_vf_offset: number;
  readonly vf_stride: number;
  /** Of its virtual functions, whose own reads all ones. */
  readonly vf_device_id: number;
}

/** The capability of an AMD IOMMU (AMD I/O Virtualization Technology Specification, 3.2). */
export interface PciSecureDevice {
  readonly offset: number;
  /** Its first register. */
  readonly header: number;
}

/** What a function's configuration space says, with the specification's field names. */
export interface PciConfig {
  readonly vendor_id: number;
  readonly device_id: number;
  readonly command: number;
  readonly status: number;
  readonly revision_id: number;
  /** 24 bits: base class, sub-class, programming interface. */
  readonly class_code: number;
  /** The layout, bits 0 to 6 of the register: 0 endpoint, 1 bridge, 2 CardBus bridge. */
  readonly header_type: number;
  /** Bit 7 of the same register. */
  readonly multifunction: boolean;
  /** Bus numbers of a bridge (header type 1), null in every other function. */
  readonly primary_bus: number | null;
  readonly secondary_bus: number | null;
  readonly subordinate_bus: number | null;
  readonly capabilities: readonly PciCapability[];
  readonly pci_express: PciExpress | null;
  readonly extended_capabilities: readonly PciExtendedCapability[];
  readonly acs: PciAcs | null;
  readonly sriov: PciSriov | null;
  readonly secure_device: PciSecureDevice | null;
  readonly advanced_features: PciAdvancedFeatures | null;
  readonly power_management: PciPowerManagement | null;
  /** RCBA where this is the LPC bridge of an Intel PCH up to the 9 series; null where it is not shown. */
  readonly root_complex_base: number | null;
  /** Lists of capabilities that lead back into themselves, or to where no byte is known. */
  readonly notes: readonly Note[];
}

/** Captures cut trailing zeros, but never into the predefined header. */
const headerSize = 64;
/** Where the space ends that every function has, and the extended capabilities begin. */
const extendedBase = 0x100;
/** The whole space of a PCI Express function. */
const fullSize = 4096;

/** Intel's datasheets of the 5 to 9 series, LPC interface (D31:F0). */
const rcba_register = struct('root complex base address', 'little', { rcba: u32(0xf0) });

/** PCI Local Bus Specification 3.0, 6.1: the part that all layouts share. */
const common_header = struct('configuration header', 'little', {
  vendor_id: u16(0x00),
  device_id: u16(0x02),
  command: u16(0x04),
  status: u16(0x06),
  revision_id: u8(0x08),
  class_code: u24(0x09),
  header_type: u8(0x0e),
});

/** PCI-to-PCI Bridge Architecture Specification 1.2, 3.2: layout 1. */
const bridge_header = struct('bridge header', 'little', {
  primary_bus: u8(0x18),
  secondary_bus: u8(0x19),
  subordinate_bus: u8(0x1a),
});

/** PCI Express Base Specification, 7.5.3, up to the device capabilities register. */
const pci_express_capability = struct('PCI Express capability', 'little', {
  pci_express_capabilities: u16(0x02),
  device_capabilities: u32(0x04),
});

const advanced_features_capability = struct('Advanced Features capability', 'little', {
  capabilities: u8(0x03),
});

const power_management_capability = struct('Power Management capability', 'little', {
  control_status: u16(0x04),
});

/** PCI Express Base Specification, 7.7.11. */
const acs_capability = struct('ACS capability', 'little', {
  capability: u16(0x04),
  control: u16(0x06),
});

/** Errata of Intel's 100 and 200 series: both registers of root ports are twice as wide. */
const wide_acs_capability = struct('ACS capability', 'little', {
  capability: u32(0x04),
  control: u32(0x08),
});

const wideAcsPorts: readonly (readonly [first: number, last: number])[] = [
  [0x9d10, 0x9d1b],
  [0xa110, 0xa11f],
  [0xa167, 0xa16a],
  [0xa290, 0xa29f],
  [0xa2e7, 0xa2ee],
];

/** PCI Express Base Specification, 9.3.3, up to what places the virtual functions. */
const sriov_capability = struct('SR-IOV capability', 'little', {
  total_vfs: u16(0x0e),
  num_vfs: u16(0x10),
  first_vf_offset: u16(0x14),
  vf_stride: u16(0x16),
  vf_device_id: u16(0x1a),
});

/** AMD I/O Virtualization Technology Specification, 3.2.1. */
const secure_device_capability = struct('secure device capability', 'little', {
  header: u32(0x00),
});

const capabilityListBit = 1 << 4;
const idPciExpress = 0x10;
const idSecureDevice = 0x0f;
const idAdvancedFeatures = 0x13;
const idPowerManagement = 0x01;
const idAcs = 0x0d;
const idSriov = 0x10;
/** What a bus returns where nothing answers. */
const noCapability = 0xff;

/** Parse one function's configuration space: 64 to 4096 bytes, missing ones read as zero. */
export function parsePciConfig(bytes: Uint8Array): PciConfig {
  const space = wholeSpace(bytes);
  const header = common_header.read(space, at(0));
  const header_type = header.header_type & 0x7f;
  const notes: Note[] = [];
  const capabilities = readCapabilities(space, header.status, header_type, notes);
  const beyond = capabilities.find(({ offset }) => offset >= bytes.length);
  if (beyond !== undefined) {
    const message = `a capability is at ${hex(beyond.offset)}, and ${bytes.length} bytes are known`;
    notes.push({ code: 'pci/short-dump', offset: beyond.offset, message });
  }
  const extended_capabilities = readExtendedCapabilities(space, notes);
  const acs = findExtended(extended_capabilities, idAcs, acs_capability.size);
  const read = <T extends object>(wanted: number, of: Struct<T>) => {
    const offset = capabilities.find(({ id }) => id === wanted)?.offset;
    return offset === undefined ? null : { offset, ...of.read(space, at(offset)) };
  };
  const sriov = findExtended(extended_capabilities, idSriov, sriov_capability.size);
  return {
    ...header,
    header_type,
    multifunction: (header.header_type & 0x80) !== 0,
    ...(header_type === 1 ? bridge_header.read(space, at(0)) : noBuses),
    capabilities,
    pci_express: readPciExpress(space, capabilities),
    extended_capabilities,
    acs: acs === null ? null : readAcs(space, acs, header),
    sriov: sriov === null ? null : { offset: sriov, ...sriov_capability.read(space, at(sriov)) },
    secure_device: read(idSecureDevice, secure_device_capability),
    advanced_features: read(idAdvancedFeatures, advanced_features_capability),
    power_management: read(idPowerManagement, power_management_capability),
    root_complex_base: showsRcba(bytes, header) ? rcba_register.read(space, at(0)).rcba : null,
    notes,
  };
}

/** An ISA bridge of Intel's, of which more than the header is known. */
function showsRcba(
  bytes: Uint8Array,
  { vendor_id, class_code }: Pick<PciConfig, 'vendor_id' | 'class_code'>,
): boolean {
  return bytes.length > headerSize && vendor_id === 0x8086 && class_code >>> 8 === 0x0601;
}

const noBuses = { primary_bus: null, secondary_bus: null, subordinate_bus: null };

function u24(offset: number): Row<number> {
  return {
    offset,
    size: 3,
    read: (view, start) => view.getUint16(start, true) | (view.getUint8(start + 2) << 16),
  };
}

function at(offset: number) {
  return { format: 'pci', offset, end: fullSize };
}

/** The bytes at the start of a zero-filled configuration space of full size. */
function wholeSpace(bytes: Uint8Array): Uint8Array {
  if (bytes.length < headerSize || bytes.length > fullSize) {
    throw new FormatError({
      code: bytes.length < headerSize ? 'pci/too-short' : 'pci/too-long',
      offset: null,
      field: 'configuration space',
      expected: `${headerSize} to ${fullSize} bytes`,
      found: `${bytes.length} bytes`,
    });
  }
  // A virtual function's IDs are all ones too (SR-IOV, 9.3.4.1), so look at more than the IDs.
  if (bytes.subarray(0, 16).every((byte) => byte === 0xff)) {
    throw new FormatError({
      code: 'pci/no-function',
      offset: 0,
      field: 'vendor_id',
      expected: 'a function',
      found: `${hex(0xffff)}, as where no function answers`,
    });
  }
  const space = new Uint8Array(fullSize);
  space.set(bytes);
  return space;
}

function readCapabilities(
  space: Uint8Array,
  status: number,
  headerType: number,
  notes: Note[],
): PciCapability[] {
  const capabilities: PciCapability[] = [];
  if ((status & capabilityListBit) === 0) return capabilities;
  const view = new DataView(space.buffer);
  const visited = new Set<number>();
  // A CardBus bridge has its pointer elsewhere. The two low bits are reserved everywhere.
  let pointer = headerType === 2 ? 0x14 : 0x34;
  const next = (): number => {
    const stored = view.getUint8(pointer);
    const offset = stored & 0xfc;
    if (stored !== offset) notes.push(unaligned(pointer, stored));
    if (offset > 0 && offset < headerSize) notes.push(endAt(pointer, offset, headerSize));
    return offset;
  };
  let offset = next();
  while (offset >= headerSize && !visited.has(offset)) {
    visited.add(offset);
    const id = view.getUint8(offset);
    if (id === noCapability) return capabilities;
    capabilities.push({ id, offset });
    pointer = offset + 1;
    offset = next();
  }
  if (visited.has(offset)) notes.push(loopAt(offset));
  return capabilities;
}

function readPciExpress(
  space: Uint8Array,
  capabilities: readonly PciCapability[],
): PciExpress | null {
  const found = capabilities.find(({ id }) => id === idPciExpress);
  if (found === undefined) return null;
  const { offset } = found;
  const { pci_express_capabilities, device_capabilities } = pci_express_capability.read(
    space,
    at(offset),
  );
  return { type: (pci_express_capabilities >> 4) & 0xf, offset, device_capabilities };
}

function readAcs(
  space: Uint8Array,
  offset: number,
  { vendor_id, device_id }: { readonly vendor_id: number; readonly device_id: number },
): PciAcs {
  const isWide =
    vendor_id === 0x8086 &&
    wideAcsPorts.some(([first, last]) => first <= device_id && device_id <= last);
  const layout = isWide ? wide_acs_capability : acs_capability;
  const control_offset = offset + (isWide ? 8 : 6);
  return { offset, ...layout.read(space, at(offset)), control_offset };
}

function readExtendedCapabilities(space: Uint8Array, notes: Note[]): PciExtendedCapability[] {
  const capabilities: PciExtendedCapability[] = [];
  const view = new DataView(space.buffer);
  const visited = new Set<number>();
  let offset = extendedBase;
  while (offset >= extendedBase && !visited.has(offset)) {
    visited.add(offset);
    const header = view.getUint32(offset, true);
    if (header === 0 || header === 0xffff_ffff) return capabilities;
    capabilities.push({ id: header & 0xffff, version: (header >>> 16) & 0xf, offset });
    const stored = header >>> 20;
    const next = stored & 0xffc;
    if (stored !== next) notes.push(unaligned(offset, stored));
    if (next > 0 && next < extendedBase) notes.push(endAt(offset, next, extendedBase));
    offset = next;
  }
  if (visited.has(offset)) notes.push(loopAt(offset));
  return capabilities;
}

function endAt(offset: number, next: number, first: number): Note {
  const message = `a list of capabilities leads to ${hex(next)}, and they begin at ${hex(first)}`;
  return { code: 'pci/capability-outside', offset, message };
}

function unaligned(offset: number, stored: number): Note {
  const message = `a list of capabilities leads to ${hex(stored)}, of which the lowest two bits are left out`;
  return { code: 'pci/capability-unaligned', offset, message };
}

function loopAt(offset: number): Note {
  const message = `a list of capabilities leads back to ${hex(offset)}`;
  return { code: 'pci/capability-loop', offset, message };
}

/** Where the capability `wanted` of `size` bytes starts, null if there is none or it is cut off. */
function findExtended(
  capabilities: readonly PciExtendedCapability[],
  wanted: number,
  size: number,
): number | null {
  const found = capabilities.find(({ id }) => id === wanted);
  return found === undefined || found.offset + size > fullSize ? null : found.offset;
}
