/** What a test says of a function. */
export interface Config {
  readonly ids?: readonly [vendor: number, device: number];
  /** Class code, of three bytes; a bridge's own unless told. */
  readonly code?: number;
  /** Device/port type; conventional PCI when there is none. */
  readonly type?: number;
  readonly multifunction?: boolean;
  /** Secondary bus of a bridge. */
  readonly secondary?: number;
  /** The bus that it says it is on, 0 unless told, and the last one that it leads to. */
  readonly primary?: number;
  readonly subordinate?: number;
  /** Capability and control of ACS. */
  readonly acs?: readonly [number, number];
  /** Number, offset and stride of virtual functions. */
  readonly vfs?: readonly [number, number, number];
  /** 16-bit words by offset, written last. */
  readonly words?: readonly (readonly [number, number])[];
}

/** Configuration space, 4096 bytes of it. */
export function configSpace({
  ids = [0x1b36, 0x000c],
  type,
  multifunction,
  secondary,
  primary = 0,
  subordinate = secondary,
  code = secondary === undefined ? 0 : 0x060400,
  acs,
  vfs,
  words = [],
}: Config): Uint8Array {
  const view = new DataView(new ArrayBuffer(4096));
  view.setUint16(0, ids[0], true);
  view.setUint16(2, ids[1], true);
  view.setUint8(0x09, code & 0xff);
  view.setUint16(0x0a, code >> 8, true);
  view.setUint8(0x0e, (secondary === undefined ? 0 : 1) | (multifunction === true ? 0x80 : 0));
  if (secondary !== undefined) {
    view.setUint8(0x18, primary);
    view.setUint8(0x19, secondary);
    view.setUint8(0x1a, subordinate ?? secondary);
  }
  if (type !== undefined) {
    view.setUint16(0x06, 0x10, true);
    view.setUint8(0x34, 0x40);
    view.setUint16(0x40, 0x0010, true);
    view.setUint16(0x42, (type << 4) | 2, true);
  }
  if (acs !== undefined) {
    view.setUint32(0x100, 0x0001_000d, true);
    view.setUint16(0x104, acs[0], true);
    view.setUint16(0x106, acs[1], true);
  }
  if (vfs !== undefined) {
    view.setUint32(0x100, 0x0001_0010, true);
    view.setUint16(0x10e, vfs[0], true);
    view.setUint16(0x110, vfs[0], true);
    view.setUint16(0x114, vfs[1], true);
    view.setUint16(0x116, vfs[2], true);
  }
  for (const [offset, word] of words) view.setUint16(offset, word, true);
  return new Uint8Array(view.buffer);
}
