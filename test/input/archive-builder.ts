// Archives, written out byte by byte.
import { deflateRawSync } from 'node:zlib';

/** What a header of tar says; what is left out is that of an ordinary file. */
export interface TarMember {
  readonly name: string;
  readonly bytes?: Uint8Array;
  readonly typeflag?: string;
  readonly linkname?: string;
  /** Instead of the true size, in the field as it is. */
  readonly size?: string;
}

export function tar(...members: readonly TarMember[]): Uint8Array {
  const parts = members.flatMap((member) => {
    const bytes = member.bytes ?? new Uint8Array();
    return [
      tarHeader(member, bytes.length),
      bytes,
      new Uint8Array((512 - (bytes.length % 512)) % 512),
    ];
  });
  return Buffer.concat([...parts, new Uint8Array(1024)]);
}

function tarHeader({ name, typeflag = '0', linkname = '', size }: TarMember, length: number) {
  const header = Buffer.alloc(512);
  header.write(name.slice(0, 100), 0, 'latin1');
  header.write('0000644\0', 100);
  header.write(size ?? `${length.toString(8).padStart(11, '0')}\0`, 124);
  header.write(' '.repeat(8), 148);
  header.write(typeflag, 156);
  header.write(linkname, 157);
  header.write('ustar\0' + '00', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

/** A member with a long name, as GNU tar writes it. */
export function gnuLong(name: string, bytes: Uint8Array): TarMember[] {
  const long = { name: '././@LongLink', typeflag: 'L', bytes: Buffer.from(`${name}\0`) };
  return [long, { name, bytes }];
}

/** A member whose name is in a record before it, as pax writes it. */
export function paxLong(name: string, bytes: Uint8Array): TarMember[] {
  const text = ` path=${name}\n`;
  const record = `${text.length + String(text.length + 3).length}${text}`;
  return [
    { name: 'PaxHeaders/x', typeflag: 'x', bytes: Buffer.from(record, 'latin1') },
    { name: name.slice(0, 90), bytes },
  ];
}

export interface ZipMember {
  readonly name: string;
  readonly bytes?: Uint8Array;
  readonly stored?: boolean;
  /** What the directory says of it, instead of the truth. */
  readonly says?: { readonly size?: number; readonly flags?: number; readonly mode?: number };
}

export function zip(...members: readonly ZipMember[]): Uint8Array {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const { name, bytes = new Uint8Array(), stored = false, says = {} } of members) {
    const packed = stored ? Buffer.from(bytes) : deflateRawSync(bytes);
    const method = stored ? 0 : 8;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(method, 8);
    local.writeUInt16LE(name.length, 26);
    const header = Buffer.alloc(46);
    header.writeUInt32LE(0x02014b50, 0);
    header.writeUInt16LE(says.flags ?? 0, 8);
    header.writeUInt16LE(method, 10);
    header.writeUInt32LE(crc32(bytes), 16);
    header.writeUInt32LE(packed.length, 20);
    header.writeUInt32LE(says.size ?? bytes.length, 24);
    header.writeUInt16LE(name.length, 28);
    header.writeUInt32LE(((says.mode ?? 0) << 16) >>> 0, 38);
    header.writeUInt32LE(at, 42);
    locals.push(local, Buffer.from(name, 'latin1'), packed);
    central.push(header, Buffer.from(name, 'latin1'));
    at += 30 + name.length + packed.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(Buffer.concat(central).length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, ...central, end]);
}

/** Bit by bit, as the polynomial has it. */
function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return (value ^ 0xffffffff) >>> 0;
}
