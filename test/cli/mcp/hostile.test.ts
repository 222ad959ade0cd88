// What a client of the server must not get, and what must not end the server.
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/cli/input/compile-devicetree.ts';
import { bounds } from '../../../src/cli/mcp/asked.ts';
import { checkPatch } from '../../../src/cli/mcp/patch-text.ts';
import { pathIn } from '../../../src/cli/mcp/request.ts';
import { confineTo, mayRead } from '../../../src/cli/system/confined.ts';
import { kindOf, namesIn, readBytes } from '../../../src/cli/system/io.ts';
import { build, fixture, root, scratch } from '../fwspec.ts';
import { clientOf } from './client.ts';

build();

const secret = 'a word that nobody may read';
const blob = readFileSync(join(root, fixture('a64-dt-smmu-rp')));

/** A folder that is shown, beside one that is not. */
function folders() {
  const top = scratch();
  const [inside, outside] = [join(top, 'inside'), join(top, 'outside')];
  for (const folder of [inside, outside]) mkdirSync(join(folder, 'machine'), { recursive: true });
  writeFileSync(join(inside, 'machine.dtb'), blob);
  writeFileSync(join(inside, 'live'), blob);
  writeFileSync(join(outside, 'machine.dtb'), blob);
  writeFileSync(join(outside, 'secret.dts'), secret);
  symlinkSync(join(outside, 'machine.dtb'), join(inside, 'there.dtb'));
  symlinkSync(join(outside, 'nowhere.dtb'), join(inside, 'nowhere.dtb'));
  symlinkSync(outside, join(inside, 'out'));
  const boards = join(inside, 'boards');
  mkdirSync(boards);
  writeFileSync(join(boards, 'one.dtb'), blob);
  symlinkSync('.', join(boards, 'loop'));
  symlinkSync(outside, join(boards, 'out'));
  symlinkSync(join(outside, 'machine.dtb'), join(boards, 'two.dtb'));
  symlinkSync(join(outside, 'machine.dtb'), join(inside, 'machine/machine.dtb'));
  execFileSync('mkfifo', [join(inside, 'fifo')]);
  execFileSync('tar', ['cf', join(inside, 'link.tar'), '-C', join(inside, 'machine'), '.']);
  const up = ['--transform', 's,^,../outside/,', '-C', outside, 'machine.dtb'];
  execFileSync('tar', ['cPf', join(inside, 'up.tar'), ...up]);
  return { inside, outside };
}

const { inside, outside } = folders();

/** As if whoever runs this were confined to a folder. */
function confined<T>(places: readonly string[], work: () => T): T {
  confineTo(places);
  try {
    return work();
  } finally {
    delete process.env.FWSPEC_ONLY_IN;
  }
}

const nothing = /it does not exist, or is in no directory that may be read/;

describe('of what is outside of the folder nobody learns whether it is there', () => {
  test.each([
    ['a link that leads to a file', 'there.dtb'],
    ['a link that leads nowhere', 'nowhere.dtb'],
    ['a file behind a link to a folder', 'out/machine.dtb'],
    ['no file behind it', 'out/nothing.dtb'],
    ['the folder itself', '../outside'],
    ['a file beside', '../outside/machine.dtb'],
    ['what the kernel makes up', '/proc/self/environ'],
    ['a device', '/dev/zero'],
    ['nothing', 'nothing.dtb'],
  ])('%s', (_what, name) => {
    const path = name.startsWith('/') ? name : join(inside, name);
    confined([inside], () => {
      expect(kindOf(path)).toBe('nothing');
      expect(() => readBytes(path)).toThrow(nothing);
      expect(() => namesIn(path)).toThrow(nothing);
    });
  });

  test('what was opened counts, and not what its path has become meanwhile', () => {
    const files = [outside, inside].map((folder) => openSync(join(folder, 'machine.dtb'), 'r'));
    const allowed = confined([inside], () =>
      files.map((file) => mayRead(file, join(inside, 'machine.dtb'))),
    );
    for (const file of files) closeSync(file);
    expect(allowed).toEqual([false, true]);
  });

  test('what is inside is read', () => {
    confined([inside], () => {
      expect(readBytes(join(inside, 'machine.dtb')).length).toBe(blob.length);
      expect(kindOf(join(inside, 'machine'))).toBe('directory');
      expect(kindOf(join(inside, 'fifo'))).toBe('special');
    });
  });

  test('a folder of everything has no devices, and nothing of the kernel', () => {
    confined(['/'], () => {
      expect(kindOf('/dev/null')).toBe('nothing');
      expect(kindOf('/proc/version')).toBe('nothing');
      expect(kindOf(inside)).toBe('directory');
    });
  });

  test('a folder is not one that begins with its name', () => {
    mkdirSync(`${inside}-more`);
    writeFileSync(`${inside}-more/x.dtb`, blob);
    confined([inside], () => expect(kindOf(`${inside}-more/x.dtb`)).toBe('nothing'));
  });
});

test('a line of a source that names another file does not have it read', () => {
  const [path, other] = [join(inside, 'marked.dts'), join(outside, 'secret.dts')];
  const source = `/dts-v1/;\n/ { a = <1>;\n# 1 "${other}"\nb = <2>; };`;
  writeFileSync(path, source);
  const textsIn = (): unknown[] =>
    [...(compile(path, path, Buffer.from(source)).lines?.texts?.keys() ?? [])].sort();
  expect(textsIn()).toEqual([path, other].sort());
  expect(confined([inside], textsIn)).toEqual([path]);
});

describe('a path of a request', () => {
  test.each([
    ['../outside/machine.dtb', /may not go up/],
    ['a/../../b', /may not go up/],
    ['/etc/passwd', nothing],
    ['/proc/self/mem', nothing],
    ['/sys/firmware', nothing],
    ['-', /the path of a file is wanted/],
    ['live', /the path of a file is wanted/],
    ['--patch=x.ts', /the path of a file is wanted/],
    ['a\u0000b', /control character/],
    ['a\nb', /control character/],
  ])('%j is refused', (path, why) => {
    expect(() => pathIn(path, [inside])).toThrow(why);
  });

  test.each(['machine.dtb', './live', 'machine.dtb#2', 'dir/x y.dtb'])('%j is taken', (path) => {
    expect(pathIn(path, [inside])).toBe(path);
  });

  test('is one of the first folder that has it', () => {
    expect(pathIn('secret.dts', [inside, outside])).toBe(join(outside, 'secret.dts'));
    expect(pathIn('machine.dtb', [inside, outside])).toBe('machine.dtb');
  });

  test('leads nowhere where there are no folders', () => {
    expect(() => pathIn('machine.dtb', [])).toThrow(/started without directories/);
  });
});

describe('over the protocol', async () => {
  const { ask } = await clientOf({ folders: [inside] });
  const includes = `/dts-v1/; / { x = /incbin/("${outside}/secret.dts"); };`;

  test.each([
    ['inspect', { machine: 'there.dtb' }, nothing],
    ['inspect', { machine: 'out/nothing.dtb#2' }, nothing],
    ['inspect', { machine: 'machine' }, /cannot read machine\/machine\.dtb: it does not exist, or/],
    ['inspect', { machine: 'fifo' }, /^cannot read fifo: it is no ordinary file$/],
    ['inspect', { machine: 'link.tar' }, /expected machine\.dtb, .* found nothing/],
    ['inspect', { machine: 'up.tar' }, /expected a file inside the archive, found "\.\.\/out/],
    // A link is there, and not what was meant.
    ['inspect', { machine: 'nowhere.dtb' }, /no directory that may be read$/],
    ['explain', { machine: 'machine.dtb' }, /^device is missing$/],
    [
      'inspect',
      {},
      /exactly one of machine, content and content_base64 is needed, and there is none/,
    ],
    ['inspect', { machine: 'machine.dtb', content: 'x' }, /and there are more/],
    ['inspect', { machine: 5 }, /machine must be string/],
    ['inspect', { machine: 'machine.dtb', patch: 'x.ts' }, /inspect takes no "patch"/],
    [
      'inspect',
      { machine: 'x'.repeat(bounds.text + 1) },
      /machine must NOT have more than 4096 characters/,
    ],
    ['inspect', { content_base64: '%%%' }, /no Base64/],
    ['inspect', { content: includes }, /\/incbin\/ can have any file read/],
    [
      'inspect',
      { content: `/dts-v1/;\n#include "${outside}/secret.dts"\n/ { };` },
      /C preprocessor can have any file read/,
    ],
    [
      'lint',
      { machines: Array(bounds.list + 1).fill('x') },
      /machines must NOT have more than 100 items/,
    ],
    ['explore', { scenario: '--patch=x.ts' }, /there is no scenario|unknown scenario/],
    ['explore', { scenario: 'cover-letter', max_seconds: 61 }, /max_seconds must be <= 60/],
    ['explore', { scenario: 'cover-letter', checkpoint: 'x' }, /explore takes no "checkpoint"/],
    ['replay', { token: 'c1/x.c/-fplugin=x.so/0/0/0' }, /of a program in C/],
    ['replay', { token: 'l1/cover-letter' }, /no tree of Linux/],
    ['list', { what: 'files' }, /what must be equal to one of the allowed values/],
  ])('%s %j is an error in a line', async (tool, given, why) => {
    const { isError, text } = await ask(tool, given);
    expect(text).toMatch(why);
    expect(isError).toBe(true);
    expect(text).not.toContain(secret);
    expect(text).not.toMatch(/\n|\bat .*\.js:/);
  });

  test('lint of a folder goes round in no circle, and finds what is inside only', async () => {
    const { document } = await ask('lint', { machines: ['boards', 'boards/*'] });
    const files = document.files.map(({ file }: { file: string }) => file);
    expect(files).toEqual(['boards/one.dtb', 'boards/*']);
    expect(document.files.at(-1).error).toMatch(nothing);
  });

  test('names that a terminal would obey are escaped, and name the device all the same', async () => {
    const odd = blob
      .toString('latin1')
      .replaceAll('virtio_mmio@a000000', 'virtio_\u001b[2J\u009b@a00000');
    const content_base64 = Buffer.from(odd, 'latin1').toString('base64');
    const { document, text } = await ask('inspect', { content_base64 });
    const whole = text + JSON.stringify(document);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(whole).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]|\\u00/);
    const device = document.devices.find(({ name }: { name: string }) => name.includes('\\x1b'));
    const explained = await ask('explain', { content_base64, device: device.name });
    expect(explained.isError, explained.text).toBe(false);
  });

  test('nothing is written in the folder', async () => {
    const before = readdirSync(inside, { recursive: true }).sort();
    await ask('explore', { scenario: 'cover-letter', max_executions: 5 });
    await ask('lint', { machines: ['.'] });
    expect(readdirSync(inside, { recursive: true }).sort()).toEqual(before);
  });
});

describe('a patch of a stranger', () => {
  const patch = (...added: readonly string[]): string =>
    ['--- a/x.c', '+++ b/x.c', '@@ -1,2 +1,9 @@', ' #include <a.h>', ...added, ' int x;', ''].join(
      '\n',
    );

  test.each([
    ['an absolute path', '+#include "/etc/passwd"'],
    ['a path far up', '+#include "../../../secret.h"'],
    ['what is no header', '+#include "secret.txt"'],
    ['a name from a macro', '+#include NAME'],
    ['spaces', '+ \t# \t include  </etc/hosts>'],
    ['a comment before', '+/* x */ #include "/etc/passwd"'],
    ['a comment that ends there', '+x */#include "/etc/passwd" /* y */'],
    ['a comment inside', '+#/* x */include "/etc/passwd"'],
    ['another spelling', '+%:include "/etc/passwd"'],
    ['a trigraph', '+??=include "/etc/passwd"'],
    ['import', '+#import "x.h"'],
    ['include_next', '+#include_next <x.h>'],
    ['embed', '+#embed "/etc/passwd"'],
    ['the next line', '+#inc\\', '+lude "/etc/passwd"'],
    ['a question', '+#if __has_include("/etc/shadow")'],
    ['a pragma', '+#pragma GCC dependency "/etc/shadow"'],
    ['a pragma in an expression', '+_Pragma("GCC dependency \\"/etc/shadow\\"")'],
    ['an assembler', '+asm(".incbin \\"/etc/passwd\\"");'],
    ['a line marker', '+# 1 "/etc/passwd"'],
    ['a name for a line', '+#line 1 "/etc/passwd"'],
  ])('may have nothing read by %s', (_what, ...added) => {
    expect(() => checkPatch('p', patch(...added))).toThrow(/^the patch "p" is not compiled here/);
  });

  test('may not be binary', () => {
    expect(() => checkPatch('p', 'GIT binary patch\nliteral 3\n')).toThrow(/it is binary/);
  });

  test.each([
    ['+#include <linux/iommu.h>'],
    ['+#include "../../dma-iommu.h" /* neighbours */'],
    ['+#ifdef CONFIG_X', '+#define A(x) \\', '+\t#x', '+#endif'],
    ['+int y; /* include "/etc/passwd" */'],
    ['-#include "/etc/passwd"'],
  ])('may be what patches usually are: %s', (...added) => {
    expect(() => checkPatch('p', patch(...added))).not.toThrow();
  });
});
