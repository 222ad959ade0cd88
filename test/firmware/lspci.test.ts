import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLspci, parsePciConfig } from '../../src/firmware/pci/index.ts';
import { FormatError } from '../../src/util/index.ts';

function codeOf(text: string): string | null {
  try {
    parseLspci(text);
    return null;
  } catch (error) {
    if (error instanceof FormatError) return error.problem.code;
    throw error;
  }
}

/** The dump as lspci prints it: offsets have two digits below 0x100 and three from there on. */
function dumpOf(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const line = [...bytes.subarray(at, at + 16)].map((byte) => byte.toString(16).padStart(2, '0'));
    lines.push(`${at.toString(16).padStart(2, '0')}: ${line.join(' ')}`);
  }
  return `${lines.join('\n')}\n`;
}

const port = `00:01.0 PCI bridge: Red Hat, Inc. QEMU PCIe Root port
00: 36 1b 0c 00 07 05 10 00 00 00 04 06 00 00 81 00
10: 00 00 00 00 00 00 00 00 00 02 03 00 00 00 00 00
20: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
30: 00 00 00 00 40 00 00 00 00 00 00 00 00 01 00 00
`;

describe('parseLspci', () => {
  it('reads what lspci -x prints', () => {
    const functions = parseLspci(port);
    expect([...functions.keys()]).toEqual(['0000:00:01.0']);
    const bytes = functions.get('0000:00:01.0') ?? new Uint8Array();
    expect(bytes.length).toBe(64);
    expect(parsePciConfig(bytes)).toMatchObject({
      vendor_id: 0x1b36,
      device_id: 0x000c,
      multifunction: true,
      secondary_bus: 2,
      subordinate_bus: 3,
    });
  });

  it('reads functions with and without a segment, of any depth', () => {
    const full = new Uint8Array(4096).map((_, i) => (i * 7) & 0xff);
    const small = full.subarray(0, 256);
    const text = `0001:40:1F.7 Audio device\n${dumpOf(full)}\n10000:e1:00.0 Disk\n${dumpOf(small)}`;
    expect(parseLspci(text)).toEqual(
      new Map([
        ['0001:40:1f.7', full],
        ['10000:e1:00.0', small],
      ]),
    );
  });

  it('does not mind what -v and -k write, nor other ends of lines', () => {
    const verbose = port
      .replace(
        '\n',
        '\n\tSubsystem: Device 1af4:1100\n\tCapabilities: [54] Express Root Port (Slot+)\n\tBus: primary=00\n',
      )
      .replaceAll('\n', '\r\n');
    expect(
      parseLspci(`pcilib: sysfs_read_vpd failed\n${verbose}\tKernel driver in use: x\n`),
    ).toEqual(parseLspci(port));
  });

  it('refuses what is missing a part', () => {
    expect(codeOf('')).toBe('lspci/no-function');
    expect(codeOf('hello')).toBe('lspci/no-function');
    expect(codeOf('00: 36 1b 0c 00\n')).toBe('lspci/no-function');
    expect(codeOf('00:01.0 PCI bridge: no dump\n')).toBe('lspci/no-dump');
    expect(codeOf(port.replace(/^10:.*\n/m, ''))).toBe('lspci/gap');
    expect(codeOf(port + port)).toBe('lspci/twice');
    expect(codeOf(port.replace('10:', '11:'))).toBe('lspci/gap');
  });

  it('names the line that is wrong', () => {
    expect(() => parseLspci(port.replace(/^20:.*\n/m, ''))).toThrow(
      'line 4: expected offset 20 of 0000:00:01.0, found offset 30',
    );
  });

  it('reads back any configuration space that is printed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 256 }), (bytes) => {
        const padded = new Uint8Array(Math.ceil(bytes.length / 16) * 16);
        padded.set(bytes);
        expect(parseLspci(`0000:02:03.1 X\n${dumpOf(padded)}`).get('0000:02:03.1')).toEqual(padded);
      }),
    );
  });

  it('throws nothing but a FormatError, wherever the text is cut or damaged', () => {
    for (let length = 0; length < port.length; length++) codeOf(port.slice(0, length));
    fc.assert(
      fc.property(fc.nat(port.length), fc.string({ maxLength: 40 }), (at, inserted) => {
        codeOf(port.slice(0, at) + inserted + port.slice(at));
      }),
    );
  });
});
