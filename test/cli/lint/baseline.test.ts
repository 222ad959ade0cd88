import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { againstBaseline, writeBaseline } from '../../../src/cli/lint/baseline.ts';
import type { Linted, LintFinding } from '../../../src/report/index.ts';
import { UsageError } from '../../../src/util/index.ts';
import { found } from './found.ts';

const folder = mkdtempSync(join(tmpdir(), 'lint-baseline-'));
const path = join(folder, 'known.json');

function lintedOf(name: string, ...findings: readonly LintFinding[]): Linted {
  const file = join(folder, name);
  return { file, error: null, findings: findings.map((of) => ({ ...of, file })) };
}

const first = found();
const second = found({ node: '/dma@2000' });

test('what a baseline knows is not told again, and one new fault is', () => {
  writeBaseline([lintedOf('a.dtb', first, second), lintedOf('b.dtb', first)], path);
  const fresh = found({ rule: 'iommus-dangling' });
  const now = [lintedOf('a.dtb', first, fresh, second), lintedOf('b.dtb', first)];
  const { linted, known, gone } = againstBaseline(now, path);
  expect(linted.map(({ findings }) => findings.map(({ rule }) => rule))).toEqual([
    ['iommus-dangling'],
    [],
  ]);
  expect({ known, gone }).toEqual({ known: 3, gone: 0 });
});

test.each([
  ['bytes move', { offset: 0x1234 }, 0],
  ['numbers change', { message: 'expected 1 cells, found 17' }, 0],
  ['the help is another', { help: 'do it' }, 0],
  ['the node is another', { node: '/dma@2000' }, 1],
  ['the property is another', { property: 'iommu-map' }, 1],
  ['something else is said', { message: 'no cells' }, 1],
])('where %s', (_what, change, fresh) => {
  writeBaseline([lintedOf('a.dtb', first)], path);
  const { linted } = againstBaseline([lintedOf('a.dtb', found(change))], path);
  expect(linted[0]?.findings).toHaveLength(fresh);
});

test('a second fault like a known one is new', () => {
  writeBaseline([lintedOf('a.dtb', first)], path);
  const { linted } = againstBaseline([lintedOf('a.dtb', first, first)], path);
  expect(linted[0]?.findings).toHaveLength(1);
});

test('the same fault in another file is new', () => {
  writeBaseline([lintedOf('a.dtb', first)], path);
  const { linted } = againstBaseline([lintedOf('b.dtb', first)], path);
  expect(linted[0]?.findings).toHaveLength(1);
});

test('what was mended is told, of files that were looked at', () => {
  writeBaseline([lintedOf('a.dtb', first, second), lintedOf('b.dtb', first)], path);
  expect(againstBaseline([lintedOf('a.dtb', first)], path).gone).toBe(1);
  expect(againstBaseline([lintedOf('c.dtb')], path).gone).toBe(0);
});

test('files are known from the baseline’s folder, wherever the command runs', () => {
  mkdirSync(join(folder, 'boards'), { recursive: true });
  writeBaseline([lintedOf('boards/a.dtb', first)], path);
  expect(readFileSync(path, 'utf8')).toContain('{"file":"boards/a.dtb",');
});

test('is written the same in whatever order files come', () => {
  const files = [lintedOf('b.dtb', second, first), lintedOf('a.dtb', first)];
  writeBaseline(files, path);
  const text = readFileSync(path, 'utf8');
  writeBaseline(files.toReversed(), path);
  expect(readFileSync(path, 'utf8')).toBe(text);
  expect(text.split('\n').filter((line) => line.includes('"rule"'))).toHaveLength(3);
});

test.each([
  ['no JSON', '{', /known.json: this is no JSON: /],
  ['another document', '{"version":1}', /expected what --update-baseline writes/],
  ['another version', '{"version":2,"findings":[]}', /of version 1/],
  ['what is no finding', '{"version":1,"findings":[{"file":1}]}', /findings\[0\] is no finding/],
])('a baseline that is %s is an error', (_what, text, message) => {
  writeFileSync(path, text);
  expect(() => againstBaseline([], path)).toThrow(UsageError);
  expect(() => againstBaseline([], path)).toThrow(message);
});

test('one that is not there says how to write one', () => {
  expect(() => againstBaseline([], join(folder, 'none.json'))).toThrow(/there is no baseline/);
});
