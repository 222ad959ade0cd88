// What is no description of a machine is told what it is, and what to do about it.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { captureIn } from '../../src/input/index.ts';
import { FormatError } from '../../src/util/index.ts';
import { blob, node, prop, raw, text } from '../firmware/fdt-builder.ts';
import { filesOf } from '../machine/capture/packed-captures.ts';
import { machineOfFiles } from './node-tools.ts';

const log = `[    0.000000] Linux version 6.12.1 (a@b)
[    0.012345] DMAR: IOMMU enabled
[    1.500000] pci 0000:00:01.0: Adding to iommu group 1
`;
const journal = `Nov 27 10:00:00 host kernel: DMAR: Host address width 39
Nov 27 10:00:01 host systemd[1]: Started something.
2026-11-27T10:00:01+0100 host kernel: pci 0000:00:01.0: Adding to iommu group 1
`;
const script = `IOMMU Group 0:
\t00:00.0 Host bridge [0600]: Intel Corporation Device [8086:a700]
IOMMU Group 1:
\t00:01.0 PCI bridge [0604]
`;
const found = '/sys/kernel/iommu_groups/7/devices/0000:00:1f.3\n';
const dsl = `/*
 * Intel ACPI Component Architecture
 * AML/ASL+ Disassembler version 20230628 (64-bit version)
 */
DefinitionBlock ("", "DSDT", 2, "A", "B", 0x00000001)
{
}
`;
const page = '<!DOCTYPE html>\n<html><body>[ 0.000000] Linux version</body></html>';
const rows = `DMAR @ 0x000000007B5F1000
  49 4E 54 45 4C 20 00 00  44 4D 41 52 30 00 00 00  INTEL ..DMAR0...
    0020: 49 4E 54 45 4C 20 00 00 44 4D 41 52 30 00 00 00  INTEL ..DMAR0...
`;
const starting = (letters: string, length = 600): Uint8Array => {
  const bytes = Buffer.alloc(length, 0xa5);
  bytes.write(letters, 0, 'latin1');
  return bytes;
};

const padded = (letters: string, at: number): Uint8Array => {
  const bytes = Buffer.alloc(0x4000, 0xff);
  bytes.write(letters, at, 'latin1');
  return bytes;
};
const zeros = '\0'.repeat(100);

/** What is given, and what is said of it: the kind, and what to do. */
const given: readonly (readonly [what: string, bytes: Uint8Array | string, says: RegExp])[] = [
  ['nothing', '', /expected a devicetree .*, found nothing \(on the machine: sudo acpidump/],
  ['white space', ' \n\t\r\n', /found nothing but white space \(on the machine/],
  [
    'a tree that was read as text and written again',
    Buffer.from(Buffer.from(blob(node('', [prop('x', raw('\xff\xfe'))]))).toString('utf8')),
    /found bytes that a program took for text: .* lost \(copy it once more/,
  ],
  ['a kernel log', log, /found a kernel log \(.*acpidump > acpi\.txt/],
  ['a log with colours', `\x1b[32m${log}`, /found a kernel log/],
  ['a log with levels', log.replaceAll('[', '<6>['), /found a kernel log/],
  ['a log with the time of day', '[Fri Nov 27 10:00:00 2026] DMAR: x\n', /found a kernel log/],
  [
    'a log without times',
    'Linux version 6.12.1 (a@b)\nDMAR: IOMMU enabled\n',
    /found a kernel log/,
  ],
  ['a journal', journal, /found a kernel log/],
  ['a listing of groups', script, /found a listing of IOMMU groups/],
  ['groups as find lists them', found, /found a listing of IOMMU groups/],
  ['a log of Windows', log.replaceAll('\n', '\r\n'), /found a kernel log/],
  ['a log in UTF-16', Buffer.from(`\ufeff${log}`, 'utf16le'), /found a kernel log/],
  ['a page', page, /found a page of HTML \(save the text itself/],
  ['disassembled ACPI', dsl, /found disassembled ACPI, .*iasl x\)/],
  [
    'a packed capture',
    read('../fixtures/captures/dtb-plat-two-k6.12.json'),
    /found a capture as the repository of fwspec has them, packed \(there: node tools\/captures/,
  ],
  ['answers alone', '{"kernel": "6.12.1", "iommu_dmesg": []}', /found the answers of a capture/],
  ['JSON', '{\n "a": [1]}', /found a document of JSON/],
  ['XML', '<?xml version="1.0"?><a/>', /found XML/],
  [
    'a tree of lspci',
    '-[0000:00]-+-00.0\n           +-01.0-[01]----00.0\n',
    /found the tree of lspci -t/,
  ],
  [
    'lspci for programs',
    'Slot:\t00:00.0\nClass:\tHost bridge\n',
    /found what lspci -mm or -vmm prints/,
  ],
  [
    'lspci without bytes',
    '00:00.0 Host bridge: Intel\n',
    /line 1: expected a hexadecimal dump of 0000:00:00.0, .* \(sudo lspci -xxxx > lspci\.txt\)/,
  ],
  ['dmidecode', '# dmidecode 3.4\n', /found what dmidecode prints/],
  ['an include file', '&pcie0 {\n  status = "okay";\n};\n', /without \/dts-v1\/ \(give the \.dts/],
  [
    'a source',
    '/dts-v1/;\n/ { };\n',
    /expected a devicetree blob, found the source of one \(compile it/,
  ],
  ['a script', '#!/bin/sh\nlspci\n', /found a script/],
  ['a pointer', 'version https://git-lfs.github.com/spec/v1\n', /found a pointer of Git LFS/],
  [
    'a dump that lost its rows',
    rows,
    /found a damaged dump of an ACPI table: line 1 at offset 0x0, /,
  ],
  [
    'a row that is left',
    rows.split('\n').slice(2).join('\n'),
    /damaged dump .*: line 1 at offset 0x0/,
  ],
  ['words', 'Hello,\nworld', /found text: "Hello," \(on the machine/],
  ['words that bite', `\x1b]0;${'x'.repeat(100)}\x07`, /found text: "[\x20-\x7e]{20,80}\.\.\." \(/],
  ['bytes', starting('\x01\x02\x03'), /found other bytes \(on the machine/],
  ['xz', starting('\xfd7zXZ\0'), /found a file packed by xz \(unpack it first: xz -d x\)/],
  ['zstd', starting('\x28\xb5\x2f\xfd'), /zstd -d x/],
  ['bzip2', starting('BZh91AY'), /bzip2 -d x/],
  ['7-Zip', starting('7z\xbc\xaf\x27\x1c'), /7z x x/],
  [
    'an Android boot image',
    starting('ANDROID!'),
    /found an Android boot image \(.*unpack_bootimg --boot_img x/,
  ],
  ['a vendor_boot image', starting('VNDRBOOT'), /unpack_bootimg --boot_img x/],
  [
    'an Android DT table',
    starting('\xd7\xb7\xab\x1e'),
    /found an Android DT table \(.*mkdtboimg dump x/,
  ],
  ['a U-Boot image', starting('\x27\x05\x19\x56'), /found a U-Boot image \(.*dumpimage/],
  ['an ELF file', starting('\x7fELF'), /found an ELF file, such as vmlinux/],
  ['UEFI firmware', padded('_FVH', 0x28), /found UEFI firmware \(tables are made when it runs; /],
  ['UEFI firmware behind padding', padded('_FVH', 0x3028), /found UEFI firmware/],
  [
    'a capsule',
    Buffer.from(`bd86663b760d3040b70eb5519e2fc5a0${'00'.repeat(50)}`, 'hex'),
    /capsule/,
  ],
  ['an environment', 'arch=arm\nbootcmd=run x\n', /found the environment of U-Boot/],
  [
    'saved',
    Buffer.from(`\x11\x99\0\xffarch=arm\0board=x\0a=\0\0${zeros}`, 'latin1'),
    /environment/,
  ],
  ['saved twice', Buffer.from(`\x11\x99\0\xff\x01arch=arm\0b=x\0a=\0\0`, 'latin1'), /environment/],
  [
    'a configuration',
    '#\n# Linux/x86 6.1 Configuration\n#\nCONFIG_A=y\n',
    /configuration of a kernel/,
  ],
  ['a machine of libvirt', '<domain type="kvm"/>\n', /found XML/],
  ['an EFI program', starting('MZ'), /section \.dtb: objcopy/],
  ['a picture', starting('\x89PNG'), /found a picture/],
  ['a packed log', gzipSync(log), /found a kernel log/],
];

async function refusalOf(files: ReadonlyMap<string, Uint8Array>): Promise<string> {
  const error = await machineOfFiles(files).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(FormatError);
  return (error as FormatError).line;
}

test.each(given)('%s', async (_what, content, says) => {
  const line = await refusalOf(new Map([['x', Buffer.from(content)]]));
  expect(line).toMatch(says);
  expect(line).toMatch(/^x: .* expected .*, found/);
});

describe('devicetrees that are no machine’s', () => {
  const image = (...images: ReturnType<typeof node>[]) =>
    blob(node('', [], [node('images', [], images), node('configurations')]));
  const inner = blob(node('', [prop('model', text('Inner board'))]));
  const overlay = node('', [], [node('fragment@0', [], [node('__overlay__')]), node('__fixups__')]);

  test('of a FIT image the parts that are trees are named', async () => {
    const kernel = node('kernel', [prop('type', text('kernel'))]);
    const tree = node('fdt-1', [prop('type', text('flat_dt')), prop('data', inner)]);
    const line = await refusalOf(new Map([['fit.itb', image(kernel, tree)]]));
    expect(line).toMatch(/FIT image.*dumpimage -T flat_dt -p 1 -o machine\.dtb fit\.itb/);
    expect(line).toMatch(/fit\.itb#1 is Inner board/);
    const machine = await machineOfFiles(new Map([['fit.itb', image(kernel, tree)]]), 1);
    expect(machine.model).toBe('Inner board');
  });

  test('a part that is packed is taken out as it is', async () => {
    const properties = ['type', 'compression'].map((name, i) =>
      prop(name, text(i === 0 ? 'flat_dt' : 'gzip')),
    );
    const line = await refusalOf(new Map([['fit.itb', image(node('fdt-1', properties))]]));
    expect(line).toMatch(/dumpimage -T flat_dt -p 0 -o machine\.dtb\.gz fit\.itb/);
  });

  test('what came by standard input has no name in commands', async () => {
    const tree = node('fdt-1', [prop('type', text('flat_dt')), prop('data', inner)]);
    const line = await refusalOf(new Map([['standard input', image(tree)]]));
    expect(line).toMatch(/^standard input: .*-o machine\.dtb FILE; -#1 is Inner board\)$/);
  });

  test.each<[string, string]>([
    ['alone', 'ovl.dtbo'],
    ['in a directory', 'machine.dtb'],
  ])('an overlay %s is to be applied first', async (_where, name) => {
    const files = new Map([[name, blob(overlay)]]);
    if (name === 'machine.dtb') files.set('pci/', new Uint8Array());
    expect(await refusalOf(files)).toMatch(
      new RegExp(
        `^${name}: .* found an overlay.*fdtoverlay -i base\\.dtb -o machine\\.dtb ${name}`,
      ),
    );
  });

  test('a tree with symbols for overlays is one of a machine', async () => {
    const machine = await machineOfFiles(
      new Map([['a.dtb', blob(node('', [prop('model', text('Base'))], [node('__symbols__')]))]]),
    );
    expect(machine.model).toBe('Base');
  });
});

describe('texts that are nearly what is wanted', () => {
  const table = readFileSync(new URL('../fixtures/acpi/iort-named.bin', import.meta.url));

  test.each<[string, string, string]>([
    [
      'a devicetree as hexdump prints it',
      dumpOf(blob(node('', [prop('model', text('Dumped'))]))),
      'devicetree',
    ],
    [
      'a dump that a terminal has coloured',
      `\x1b[1m$ acpidump\x1b[0m\n${dumpOf(table)}\x1b[0m`,
      'acpi',
    ],
    [
      'lspci behind its command',
      `$ sudo lspci -xxxx\n00:00.0 Host bridge: A\n${['00', '10', '20', '30'].map((at) => `${at}:${' 00'.repeat(16)}\n`).join('')}`,
      'none',
    ],
  ])('%s', async (_what, content, firmware) => {
    const machine = await machineOfFiles(new Map([['x', Buffer.from(content)]]));
    expect(machine.firmware).toBe(firmware);
  });
});

describe('several trees in a file', () => {
  const tree = (model: string) => blob(node('', [prop('model', text(model))]));
  const boards = ['Board A', 'Board B', 'Board C'].map(tree);
  const padding = Buffer.alloc(100, 0xd0);

  test.each<[string, Uint8Array]>([
    ['one behind the other', Buffer.concat(boards)],
    ['with something in between', Buffer.concat(boards.flatMap((one) => [one, padding]))],
  ])('%s, the first counts, and each can be asked for', async (_what, bytes) => {
    const files = new Map([['dtb.img', bytes]]);
    const first = await machineOfFiles(files);
    expect(first.model).toBe('Board A');
    expect(first.notes).toContain(
      '3 trees in this file, this is the first: Board A; dtb.img#2 is Board B, dtb.img#3 is Board C',
    );
    for (const [i, model] of ['Board A', 'Board B', 'Board C'].entries()) {
      const machine = await machineOfFiles(files, i + 1);
      expect(machine.model).toBe(model);
      expect(machine.notes.filter((note) => note.includes('trees in this file'))).toEqual([]);
    }
    await expect(machineOfFiles(files, 4)).rejects.toThrow(/expected 4 trees, found 3/);
  });

  test('in an image of another kind they are named, and can be asked for', async () => {
    const files = new Map([
      ['boot.img', Buffer.concat([Buffer.from('ANDROID!'), padding, ...boards])],
    ]);
    expect(await refusalOf(files)).toMatch(
      /unpack_bootimg.*; boot\.img#1 is Board A, boot\.img#2 is Board B, boot\.img#3 is Board C/,
    );
    expect((await machineOfFiles(files, 2)).model).toBe('Board B');
  });

  test('behind a packed kernel they are named, too', async () => {
    const files = new Map([['Image.gz-dtb', Buffer.concat([gzipSync('kernel'), ...boards])]]);
    expect(await refusalOf(files)).toMatch(/packed kernel.*; Image\.gz-dtb#1 is Board A, /);
    expect((await machineOfFiles(files, 3)).model).toBe('Board C');
  });

  test('bytes behind a tree are no tree', async () => {
    const signed = Buffer.concat([tree('Board A'), Buffer.from('d00dfeed', 'hex'), padding]);
    expect((await machineOfFiles(new Map([['a.dtb', signed]]))).notes.join()).not.toMatch(/trees/);
  });
});

describe('a directory is known by what is in it, where no name says', () => {
  const capture = filesOf('iort-named-k6.12');
  const table = readFileSync(new URL('../fixtures/acpi/iort-named.bin', import.meta.url));
  const dtb = filesOf('dtb-plat-two-k6.12').get('machine.dtb') ?? new Uint8Array();
  const rows16 = ['00', '10', '20', '30'].map((at) => `${at}:${' 00'.repeat(16)}\n`);
  const lspci = Buffer.from(`00:00.0 Host bridge: A\n${rows16.join('')}`);

  test.each<[string, ReadonlyMap<string, Uint8Array>, string]>([
    [
      'a blob and a log',
      new Map([
        ['a.dtb', dtb],
        ['dmesg.txt', Buffer.from(log)],
      ]),
      'devicetree',
    ],
    [
      'a text of Windows with tables',
      new Map([
        ['out.txt', Buffer.from(`\ufeff${dumpOf(table)}`, 'utf16le')],
        ['readme', Buffer.from('hi')],
      ]),
      'acpi',
    ],
    [
      'what lspci printed',
      new Map([
        ['pci-dump', lspci],
        ['readme', Buffer.from('hi')],
      ]),
      'none',
    ],
    [
      'a copy of /sys/firmware',
      new Map(
        [...capture]
          .filter(([name]) => name.startsWith('acpi/'))
          .map(([name, bytes]) => [
            name.replace('acpi/', 'acpi/tables/').replace('.bin', ''),
            bytes,
          ]),
      ),
      'acpi',
    ],
    [
      'files whose names have four letters',
      new Map([
        ['note', Buffer.from('hi')],
        ['tree', dtb],
      ]),
      'devicetree',
    ],
  ])('%s', async (_what, files, firmware) => {
    expect((await machineOfFiles(files)).firmware).toBe(firmware);
  });

  const tables = [...capture].filter(([name]) => name.startsWith('acpi/'));

  test.each<[where: string, files: ReadonlyMap<string, Uint8Array>, firmware: string]>([
    ['/sys', inFolder('sys/firmware/acpi/tables/', tables, 'acpi/'), 'acpi'],
    ['/sys/firmware', inFolder('firmware/acpi/tables/', tables, 'acpi/'), 'acpi'],
    [
      '/sys/firmware/fdt',
      new Map([
        ['sys/firmware/fdt', dtb],
        ['etc/', dtb],
      ]),
      'devicetree',
    ],
    ['/proc', new Map([['proc/device-tree/model', Buffer.from('A\0')]]), 'devicetree'],
    ['/proc/device-tree', new Map([['device-tree/model', Buffer.from('A\0')]]), 'devicetree'],
  ])('%s may be there with the folders around it', async (_where, files, firmware) => {
    expect((await machineOfFiles(files)).firmware).toBe(firmware);
  });

  test('names that lspci printed, without bytes, do no harm to tables', async () => {
    const files = new Map([...tables, ['lspci', Buffer.from('00:00.0 Host bridge: A\n')]]);
    expect((await machineOfFiles(files)).firmware).toBe('acpi');
  });

  test.each([
    [['sos_commands/x', 'proc/cpuinfo'], /a sosreport has no tables; on the machine/],
    [['a/machine.dtb', 'b/machine.dtb'], /give the folder in it that has a machine, or on the/],
    [['readme'], /found readme, x \(on the machine/],
  ])('without a machine it says where one may be: %j', async (names, says) => {
    const files = names.map((name) => [name, Buffer.from('hi')] as const);
    expect(await refusalOf(new Map([...files, ['x', Buffer.from('hi')]]))).toMatch(says);
  });

  test('tables that hackers call in their own ways all count', async () => {
    const names = ['acpi/DSDT.bin', 'acpi/IORT.bin', 'acpi/MCFG.bin'];
    const [dsdt, iort, mcfg] = names.map((name) => capture.get(name) ?? new Uint8Array());
    const files = new Map([
      ['DSDT.aml', dsdt ?? dtb],
      ['IORT-patched.aml', iort ?? dtb],
      ['MCFG (2).dat', mcfg ?? dtb],
    ]);
    const { tables } = await machineOfFiles(files);
    expect(tables?.tables.map(({ header }) => header.signature)).toEqual(['DSDT', 'IORT', 'MCFG']);
  });

  test('what iasl wrote beside tables is none of them', async () => {
    const files = new Map([...capture, ['acpi/dsdt.dsl', Buffer.from(dsl)]]);
    const machine = await machineOfFiles(files);
    expect(machine.devices).toEqual((await machineOfFiles(capture)).devices);
    expect(machine.notes).toContain('dsdt.dsl is not an ACPI table and is ignored');
  });

  test('a table that was read as text is told by its name, whatever else it holds', async () => {
    const table = Buffer.from('4d43464728000000012a', 'hex');
    const lost = Buffer.from(Buffer.concat([table, Buffer.alloc(30, 0xff)]).toString('utf8'));
    const error = machineOfFiles(new Map([...capture, ['acpi/MCFG.bin', Uint8Array.from(lost)]]));
    await expect(error).rejects.toMatchObject({
      file: 'acpi/MCFG.bin',
      message: expect.stringContaining('took for text'),
    });
  });

  test('two machines are one too many', async () => {
    const files = new Map([
      ['a.dtb', dtb],
      ['b.dtb', dtb],
    ]);
    expect(await refusalOf(files)).toBe(
      'directory: expected one machine, found a.dtb, b.dtb (give one of them, or call it machine.dtb)',
    );
  });

  test('tables without functions ask for them', async () => {
    const asked = /no PCI function is shown: put what sudo lspci -xxxx prints beside the tables/;
    const alone = await machineOfFiles(
      new Map([['DMAR', filesOf('x86-vtd-p2p-k6.12').get('acpi/DMAR.bin') ?? dtb]]),
    );
    expect(alone.notes.join('\n')).toMatch(asked);
    expect((await machineOfFiles(filesOf('x86-vtd-p2p-k6.12'))).notes.join('\n')).not.toMatch(
      asked,
    );
  });
});

/** Files of one folder in another. */
function inFolder(
  folder: string,
  files: readonly (readonly [name: string, bytes: Uint8Array])[],
  from: string,
): Map<string, Uint8Array> {
  return new Map(files.map(([name, bytes]) => [folder + name.slice(from.length), bytes]));
}

/** As acpidump prints a table. */
function dumpOf(bytes: Uint8Array): string {
  const lines: string[] = [`${Buffer.from(bytes.subarray(0, 4)).toString('latin1')} @ 0x0`];
  for (let at = 0; at < bytes.length; at += 16) {
    const row =
      Buffer.from(bytes.subarray(at, at + 16))
        .toString('hex')
        .match(/../g) ?? [];
    lines.push(`    ${at.toString(16).padStart(4, '0')}: ${row.join(' ')}  ...`);
  }
  return `${lines.join('\r\n')}\r\n`;
}

test.each<[string, Uint8Array, string, RegExp | null]>([
  ['packed', read('../fixtures/captures/dtb-plat-two-k6.12.json'), 'packed', /^there: node tools/],
  ['a note', Buffer.from('nothing\n'), 'found text: "nothing"', null],
])('of a file that is no capture is told what it is: %s', async (name, bytes, says, hint) => {
  const files = new Map([[name, Uint8Array.from(bytes)]]);
  const error = await captureIn(files).catch((caught: unknown) => caught);
  if (!(error instanceof FormatError)) throw error;
  expect(error.message).toContain(says);
  // Where tables come from is of no use to whoever has no answers.
  if (hint === null) expect(error.problem.hint).toBeUndefined();
  else expect(error.problem.hint).toMatch(hint);
});

function read(path: string): Buffer {
  return readFileSync(new URL(path, import.meta.url));
}
