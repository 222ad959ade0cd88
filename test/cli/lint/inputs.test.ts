import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inputsOf } from '../../../src/cli/lint/inputs.ts';

/** A folder with these files, which are empty. */
function folderWith(...names: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'lint-inputs-'));
  for (const name of names) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), '');
  }
  return folder;
}

/** The paths that operands mean, from the folder. */
async function pathsOf(folder: string, ...operands: readonly string[]): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path, isWalked } of inputsOf(operands.map((name) => join(folder, name))))
    paths.push(`${path.slice(folder.length + 1)}${isWalked ? '' : ' (named)'}`);
  return paths;
}

describe('a directory', () => {
  test.each([
    ['machine.dtb'],
    ['acpi/IORT.bin'],
    ['DSDT'],
    ['lspci.txt'],
    ['expected.json'],
    ['pci/0000:00:00.0.bin'],
    ['#address-cells'],
  ])('with %s in it is one machine', async (name) => {
    const folder = folderWith(`board/${name}`, 'board/other.dtb');
    expect(await pathsOf(folder, 'board')).toEqual(['board (named)']);
  });

  test('that is none is walked: all that may be machines, by name, and machines below it', async () => {
    const folder = folderWith(
      'b.dtb',
      'a.dts',
      'soc/z.dtb',
      'soc/z.dts',
      'soc/Makefile',
      'x.dtbo',
      'x.dtsi',
      'box/acpi/IORT',
      'IORT.bin',
      '.git/c.dtb',
      'node_modules/d.dtb',
    );
    const below = ['IORT.bin', 'a.dts', 'b.dtb', 'box', 'soc/z.dtb'];
    expect(await pathsOf(folder, '.')).toEqual(below.map((path) => path));
  });

  test('that a link leads back to is walked once', async () => {
    const folder = folderWith('a/b.dtb');
    symlinkSync(folder, join(folder, 'a/back'));
    expect(await pathsOf(folder, 'a')).toEqual(['a/b.dtb']);
  });
});

describe('other operands', () => {
  test('come in the order given', async () => {
    const folder = folderWith('b.dtb', 'a.dtb');
    expect(await pathsOf(folder, 'b.dtb', 'a.dtb')).toEqual(['b.dtb (named)', 'a.dtb (named)']);
  });

  test('are patterns where no file has the name, each in order', async () => {
    const folder = folderWith('x/b.dtb', 'a.dtb', 'b[1].dtb');
    expect(await pathsOf(folder, '**/*.dtb')).toEqual([
      'a.dtb (named)',
      'b[1].dtb (named)',
      'x/b.dtb (named)',
    ]);
    expect(await pathsOf(folder, 'b[1].dtb')).toEqual(['b[1].dtb (named)']);
  });

  test('that are nothing stay, so that somebody says so', async () => {
    const folder = folderWith();
    expect(await pathsOf(folder, 'none.dtb', '*.dtb')).toEqual([
      'none.dtb (named)',
      '*.dtb (named)',
    ]);
  });
});

describe('an archive', () => {
  const packed = (folder: string): string => {
    const bytes = execFileSync('tar', ['-cz', '-C', folder, '.']);
    writeFileSync(join(folder, 'all.tgz'), bytes);
    return 'all.tgz';
  };

  test('of many machines is each of them', async () => {
    const folder = folderWith('b.dtb', 'a.dtb', 'README', 'box/acpi/IORT', 'soc/z.dtb');
    expect(await pathsOf(folder, packed(folder))).toEqual([
      'all.tgz/a.dtb',
      'all.tgz/b.dtb',
      'all.tgz/box',
      'all.tgz/soc/z.dtb',
    ]);
  });

  test('of one is that one', async () => {
    const folder = folderWith('machine.dtb', 'pci/0000:00:00.0.bin');
    expect(await pathsOf(folder, packed(folder))).toEqual(['all.tgz (named)']);
  });

  test('that is damaged stays, so that somebody says so', async () => {
    const folder = folderWith('broken.tgz');
    expect(await pathsOf(folder, 'broken.tgz')).toEqual(['broken.tgz (named)']);
  });
});
