import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ruleNamed } from '../../../src/cli/arguments/asked-lint.ts';
import { configFor } from '../../../src/cli/lint/config.ts';
import { withExceptions } from '../../../src/cli/lint/exceptions.ts';
import { pathBelow } from '../../../src/cli/lint/paths.ts';
import type { Linted } from '../../../src/report/index.ts';
import { UsageError } from '../../../src/util/index.ts';
import { found } from './found.ts';

/** A folder with a configuration in it. */
function folderWith(config: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'lint-config-'));
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  writeFileSync(join(folder, '.fwspec.json'), text);
  return folder;
}

const exception = { path: '*.dtb', rule: 'iommus-short', reason: 'an old board' };

describe('a configuration', () => {
  test('is read whole', () => {
    const folder = folderWith({
      $schema: 'x',
      files: ['boards/**/*.dtb'],
      kernel: 'v6.12',
      severity: 'warning',
      maxWarnings: 0,
      baseline: 'known.json',
      ignore: [exception, { ...exception, node: '/soc/*', rule: 'IOMMUS-DANGLING' }],
    });
    expect(configFor(folder)).toEqual({
      path: join(folder, '.fwspec.json'),
      folder,
      files: [pathBelow(folder, 'boards/**/*.dtb')],
      kernel: 'v6.12',
      severity: 'warning',
      maxWarnings: 0,
      baseline: pathBelow(folder, 'known.json'),
      ignore: [
        { ...exception, node: null },
        { ...exception, node: '/soc/*', rule: 'iommus-dangling' },
      ],
    });
  });

  test('of a folder above counts, up to the root of the repository', () => {
    const top = folderWith({ severity: 'error' });
    mkdirSync(join(top, 'a/b'), { recursive: true });
    expect(configFor(join(top, 'a/b'))?.folder).toBe(top);
    mkdirSync(join(top, 'a/.git'));
    expect(configFor(join(top, 'a/b'))).toBeNull();
    expect(configFor(top)?.severity).toBe('error');
  });

  const bad: readonly [what: string, config: unknown, message: RegExp][] = [
    ['no JSON', '{ "severity": ', /: this is no JSON: /],
    ['a list', [], /: the document: expected an object, found \[\]$/],
    ['a number', 7, /: the document: expected an object, found 7$/],
    ['an unknown field', { ignored: [] }, /: there is no field ignored$/],
    ['another type', { files: 'a.dtb' }, /: files: expected a list, found "a.dtb"$/],
    ['a type within a list', { files: [1] }, /: files\[0\]: expected a text, found 1$/],
    ['a word that is none', { severity: 'bad' }, /: severity: expected error or warning or note, /],
    ['a negative number', { maxWarnings: -1 }, /: maxWarnings: expected a whole number, found -1$/],
    ['an exception without a reason', { ignore: [{ path: '*', rule: 'iommus-short' }] }, /reason/],
    ['an empty reason', { ignore: [{ ...exception, reason: '' }] }, /: ignore\[0\]\.reason: /],
    [
      'a rule that is none',
      { ignore: [exception, { ...exception, rule: 'x' }] },
      /ignore\[1\]\.rule/,
    ],
    ['a misspelt field of one', { ignore: [{ ...exception, nodes: 'x' }] }, /ignore\[0\]\.nodes/],
  ];
  test.each(bad)('that has %s is an error', (_what, config, message) => {
    const folder = folderWith(config);
    expect(() => configFor(folder)).toThrow(UsageError);
    expect(() => configFor(folder)).toThrow(message);
  });
});

describe('exceptions', () => {
  const folder = process.cwd();
  const files: readonly Linted[] = [
    {
      file: 'boards/old.dtb',
      error: null,
      findings: [
        found({ file: 'boards/old.dtb', node: '/soc/dma@1' }),
        found({ file: 'boards/old.dtb', node: '/usb' }),
        found({ file: 'boards/old.dtb', rule: 'iommus-dangling' }),
      ],
    },
    { file: 'boards/new.dtb', error: null, findings: [found({ file: 'boards/new.dtb' })] },
  ];
  const left = (...ignore: readonly { path: string; rule?: string; node?: string }[]) => {
    const whole = ignore.map((one) => ({ ...exception, node: null, ...one }));
    const { linted, count, unused } = withExceptions(files, { folder, ignore: whole }, false);
    return {
      left: linted.map(({ findings }) => findings.length),
      count,
      unused: unused.map(({ path }) => path),
    };
  };

  test.each([
    ['a file', { path: 'boards/old.dtb' }, { left: [1, 1], count: 2, unused: [] }],
    ['a glob', { path: '**/*.dtb' }, { left: [1, 0], count: 3, unused: [] }],
    ['a node', { path: '**', node: '/soc/*' }, { left: [2, 1], count: 1, unused: [] }],
    [
      'a node that has none',
      { path: 'boards/*', node: '/pcie' },
      { left: [3, 1], count: 0, unused: ['boards/*'] },
    ],
    ['a file that was not looked at', { path: 'else/*' }, { left: [3, 1], count: 0, unused: [] }],
  ])('for %s', (_what, one, expected) => {
    expect(left(one)).toEqual(expected);
  });

  test('that leave nothing out of a whole run are told, also for files that are gone', () => {
    const ignore = [{ ...exception, node: null, path: 'else/*' }];
    expect(withExceptions(files, { folder, ignore }, true).unused).toEqual(ignore);
  });
});

test.each([
  ['iommus-shirt', /^did you mean iommus-short\?$/],
  ['zzzzzzzzzzzzz', /^near names: [a-z0-9-]+(?:, [a-z0-9-]+){3}$/],
])('a rule that is none is told with few others: %s', (name, hint) => {
  const said = () => ruleNamed(name);
  expect(said).toThrow(`there is no rule "${name}"`);
  expect(said).toThrow(expect.objectContaining({ hint: expect.stringMatching(hint) }));
});
