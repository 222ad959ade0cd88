// Configuration spaces of PCI functions, as rows of bytes.

/** Rows of 16 bytes that say nothing. */
function blank(rows: number): string {
  return `${'00 '.repeat(16 * rows)}\n`;
}

/** An endpoint of conventional PCI; IDs and class code as the bytes are. */
export function conventional(ids: string, code: string, header = '00'): string {
  return `
${ids} 06 00 00 00 00 ${code} 00 00 ${header} 00  # vendor, device, class code, header type
${blank(2)}
00 00 00 00 40 00 00 00 00 00 00 00 00 00 00 00  # a list of capabilities, which the status does not speak of
`;
}

interface Express {
  /** Vendor and device ID. */
  readonly ids: string;
  readonly code: string;
  /** 00, 80 for one of several functions, 01 for a bridge. */
  readonly header: string;
  /** Device/port type and version, one byte. */
  readonly type: string;
  /** Of a bridge: primary, secondary and subordinate bus. */
  readonly buses?: string;
  /** The extended capability: its ID, and eight bytes of it. */
  readonly extended: string;
}

/** A function of PCI Express with one extended capability. */
export function express({
  ids,
  code,
  header,
  type,
  buses = '00 00 00',
  extended,
}: Express): string {
  return `
${ids} 06 00 10 00 00 ${code} 00 00 ${header} 00  # vendor, device, status, class code, header type
00 00 00 00 00 00 00 00 ${buses} 00 00 00 00 00  # bus numbers
${blank(1)}
00 00 00 00 40 00 00 00 00 00 00 00 00 00 00 00  # the first capability
10 00 ${type} 00 00 00 00 00 00 00 00 00 00 00 00 00  # PCI Express
${blank(11)}
${extended} 00 00 00 00  # the extended capability
`;
}

/** ACS with all that isolation needs, and it is on. */
export const acs = '0d 00 01 00 5f 00 1d 00 00 00 00 00';

export const ats = '0f 00 01 00 20 00 00 00 00 00 00 00';

export const hostBridge: string = conventional('86 80 00 34', '00 00 06');

/** A function that is an IOMMU of AMD: its capability is at 0x40, and it sends messages. */
export const amdIommu: string = `
22 10 81 14 06 00 10 00 00 00 06 08 00 00 00 00  # vendor, device, status, class code
${blank(2)}
00 00 00 00 40 00 00 00 00 00 00 00 00 00 00 00  # the first capability
0f 64 0b 19 00 00 00 00 00 00 00 00 00 00 00 00  # secure device
${blank(1)}
00 00 00 00 05 00 80 00 00 00 00 00 00 00 00 00  # messages
`;
