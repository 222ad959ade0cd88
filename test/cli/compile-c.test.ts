// What a compiler of C gives, and what it does not.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compileC } from '../../src/cli/input/compile-c.ts';

const folder = mkdtempSync(join(tmpdir(), 'fwspec-test-'));

/** Says that it is clang, and writes this whatever it is given. */
function compiler(name: string, text: string): string {
  const path = join(folder, name);
  const lines = ['#!/bin/sh', '[ "$1" = --version ] && echo clang version 14.0 && exit', text, ''];
  writeFileSync(path, lines.join('\n'), { mode: 0o755 });
  return path;
}

test('of a file that the compiler makes nothing of the name is told, and what names there are', () => {
  const nothing = compiler('nothing', 'exit 0');
  expect(() => compileC([folder], [], nothing)).toThrow(`${nothing} makes nothing of ${folder}`);
});

test('what it makes is read', () => {
  const some = compiler('some', 'echo "@x = global i32 0"');
  const { modules, compiler: shown } = compileC([folder], [], some);
  expect(modules.map(({ globals }) => globals)).toEqual([['x']]);
  expect(shown).toBe('clang 14');
});
