// The forms in which a machine can be given, through the command line.

import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { capture, fwspec, root, scratch } from './fwspec.ts';

const iort = readFileSync(join(root, 'test/fixtures/acpi/iort-named.bin'));
const machine = capture('iort-named-k6.12');

/** Rows of 16 bytes, each with its offset. */
function rows(bytes: Uint8Array, print: (offset: string, row: Buffer) => string): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = Buffer.from(bytes.subarray(at, at + 16));
    lines.push(`${print(at.toString(16).padStart(4, '0'), row)}\n`);
  }
  return lines.join('');
}

function pairs(row: Buffer): string {
  return (row.toString('hex').match(/../g) ?? []).join(' ');
}

const dump = `IORT @ 0x0000000000000000\n${rows(iort, (at, row) => `    ${at}: ${pairs(row)}  ...`)}\n`;
const canonical = `${rows(iort, (at, row) => `0000${at}  ${pairs(row)}  |...|`)}${iort.length.toString(16).padStart(8, '0')}\n`;

function file(name: string, content: string | Uint8Array): string {
  const path = join(scratch(), name);
  writeFileSync(path, content);
  return path;
}

async function inspected(path: string, input?: string | Uint8Array) {
  const options = input === undefined ? {} : { input: Buffer.from(input) };
  const { stdout, stderr } = await fwspec(['inspect', path, '--json'], options);
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

describe.concurrent('one table is a machine of its own', () => {
  test.each<[string, string | Uint8Array]>([
    ['raw', iort],
    ['as acpidump prints it', dump],
    ['as hexdump -C prints it', canonical],
    ['as xxd prints it', rows(iort, (at, row) => `0000${at}: ${pairs(row)}  ...`)],
    ['as hexadecimal digits', iort.toString('hex')],
    ['in base64', iort.toString('base64').replace(/.{76}/g, '$&\n')],
    ['in a mail', `Hi,\n\n> $ hexdump -C IORT\n${canonical.replace(/^/gm, '> ')}\nThanks\n`],
  ])('%s, in a file or on standard input', async (_what, content) => {
    const named = await inspected(file('table', content));
    expect(named.iommus).toMatchObject([{ name: 'arm-smmu-v3.0.auto', state: 'registered' }]);
    expect(await inspected('-', content)).toEqual(named);
  });
});

describe.concurrent('all tables of a machine', () => {
  const tables = readdirSync(join(machine, 'acpi'));
  const bytes = (name: string) => readFileSync(join(machine, 'acpi', name));

  test.each<[string, (folder: string) => void]>([
    [
      'in a directory of their own',
      (folder) => {
        for (const name of tables) copyFileSync(join(machine, 'acpi', name), join(folder, name));
      },
    ],
    [
      'called as acpixtract calls them, next to other files',
      (folder) => {
        for (const name of tables)
          writeFileSync(join(folder, name.replace('.bin', '.dat').toLowerCase()), bytes(name));
        writeFileSync(join(folder, 'notes.txt'), 'IORT is the interesting one');
        mkdirSync(join(folder, 'data'));
      },
    ],
    [
      'one behind the other in a dump',
      (folder) => {
        const texts = tables.map((name) => {
          const lines = rows(bytes(name), (at, row) => `    ${at}: ${pairs(row)}  ...`);
          return `${name.slice(0, 4)} @ 0x0\n${lines}\n`;
        });
        writeFileSync(join(folder, 'acpidump.txt'), texts.join(''));
      },
    ],
  ])('%s, with the functions of PCI beside them', async (_what, fill) => {
    const folder = scratch();
    fill(folder);
    // Firmware alone: with a kernel's answers beside it, its command line would count.
    const whole = scratch();
    cpSync(join(machine, 'acpi'), join(whole, 'acpi'), { recursive: true });
    for (const to of [folder, whole])
      cpSync(join(machine, 'pci'), join(to, 'pci'), { recursive: true });
    const { devices, groups } = await inspected(whole);
    expect(groups.length).toBeGreaterThan(3);
    expect(await inspected(folder)).toMatchObject({ devices, groups });
  });
});

describe.concurrent('what is wrong with a table is said on one line, by file, place, and what was found', () => {
  const longer = Buffer.from(iort);
  longer.writeUInt32LE(iort.length + 16, 4);
  const lost = canonical.replace(/^00000020.*\n/m, '');

  test.each<[string, () => string, RegExp]>([
    [
      'a length that is too long',
      () => file('IORT', longer),
      /^fwspec: \/.*\/IORT: IORT length at offset 0x4: expected .*, found \d+\n$/,
    ],
    [
      'a dump with a row lost',
      () => file('paste.txt', lost),
      /^fwspec: \/.*\/paste\.txt: line \d+ at offset 0x\w+: expected the row at 0x20, found that at 00000030\n$/,
    ],
    [
      'a table in a directory',
      () => {
        const folder = scratch();
        mkdirSync(join(folder, 'acpi'));
        writeFileSync(join(folder, 'acpi/IORT.bin'), iort.subarray(0, 40));
        return folder;
      },
      /^fwspec: \/.*\/acpi\/IORT\.bin: IORT length at offset 0x4: expected .*, found \d+\n$/,
    ],
    [
      'a text without a dump',
      () => file('IORT.txt', 'there is nothing here, really'),
      /^fwspec: \/.*\/IORT\.txt: file at offset 0x0: expected .*, found text: "there is nothing here, really" \(on the machine/,
    ],
  ])('%s', async (_what, path, says) => {
    for (const command of ['inspect', 'check']) {
      const { code, stdout, stderr } = await fwspec([command, path()]);
      expect(stderr).toMatch(says);
      expect([code, stdout]).toEqual([2, '']);
    }
  });
});

test('what the kernel log of a capture says of registers counts for inspect', async () => {
  // More domains than context banks: v7.3 gives the SMMU up.
  const folder = capture('dtb-v2-plain-k7.3');
  const { iommus } = await inspected(folder);
  expect(iommus).toMatchObject([{ name: '70000000.iommu', state: 'failed' }]);
  const blob = await inspected(join(folder, 'machine.dtb'));
  expect(blob.iommus).toMatchObject([{ name: '70000000.iommu', state: 'registered' }]);
});
