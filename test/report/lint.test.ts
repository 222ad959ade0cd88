import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rules } from '../../src/machine/index.ts';
import {
  type Linted,
  type LintFinding,
  lintGithub,
  lintJson,
  lintSarif,
  lintText,
} from '../../src/report/index.ts';
import { columnsOf } from '../../src/util/index.ts';
import { found } from '../cli/lint/found.ts';

const tool = { version: '1.2.3', rules };

const path = createRequire(import.meta.url).resolve('schemastore/schemas/json/sarif-2.1.0.json');
const ajv = new Ajv({
  strict: false,
  allErrors: true,
  validateFormats: false,
  unicodeRegExp: false,
});
const isSarif = ajv.compile(JSON.parse(readFileSync(path, 'utf8')));

const finding = (more: Partial<LintFinding> = {}): LintFinding =>
  found({ file: 'boards/a.dtb', ...more });

const linted: readonly Linted[] = [
  {
    file: 'boards/a.dtb',
    error: null,
    findings: [
      finding(),
      finding({ rule: 'iommu-disabled', severity: 'warning', offset: null, property: null }),
      finding({ file: 'boards/a b.dts', line: 12, nodes: ['/dma@1000', '/dma@2000'] }),
    ],
  },
  { file: '/abs/x.dtb', error: '/abs/x.dtb: it does not exist', findings: [] },
  { file: 'good.dtb', error: null, findings: [] },
];

// Everything that a name in firmware can be.
const hostile = fc.string({ unit: 'binary', maxLength: 40 });
const hostileFinding = fc
  .record({ file: hostile, node: hostile, property: hostile, message: hostile, help: hostile })
  .map((more) => finding(more));

describe('SARIF', () => {
  const valid = (files: readonly Linted[]): unknown =>
    isSarif(lintSarif(files, tool)) ? [] : isSarif.errors;

  test('fits the schema of SARIF 2.1.0', () => {
    expect(valid(linted)).toEqual([]);
    expect(valid([])).toEqual([]);
  });

  test('fits it whatever firmware calls its nodes', () => {
    fc.assert(
      fc.property(hostileFinding, hostile, (found, error) => {
        const files = [
          { file: found.file, error: null, findings: [found] },
          { file: error, error, findings: [] },
        ];
        expect(valid(files)).toEqual([]);
      }),
    );
  });

  test('has a line where the source is text, else a byte', () => {
    const [run] = lintSarif(linted, tool).runs;
    const regions = JSON.parse(JSON.stringify(run.results)).map(
      (result: { locations: [{ physicalLocation: { region?: unknown } }] }) =>
        result.locations[0].physicalLocation.region,
    );
    expect(regions).toEqual([{ byteOffset: 0x78, byteLength: 1 }, undefined, { startLine: 12 }]);
  });

  test('has what to write instead, where that is known', () => {
    const edit = { file: 'a b.dts', line: 2, column: 3, endLine: 2, endColumn: 9, text: '0x1' };
    const findings = [finding({ file: 'a b.dts', line: 2, fix: [edit] }), finding()];
    const log = lintSarif([{ file: 'a b.dts', error: null, findings }], tool);
    expect(isSarif(log)).toBe(true);
    expect(log.runs[0].results).toMatchObject([
      {
        fixes: [
          {
            artifactChanges: [
              {
                artifactLocation: { uri: 'a%20b.dts' },
                replacements: [
                  {
                    deletedRegion: { startLine: 2, startColumn: 3, endLine: 2, endColumn: 9 },
                    insertedContent: { text: '0x1' },
                  },
                ],
              },
            ],
          },
        ],
      },
      {},
    ]);
    expect(log.runs[0].results[1]).not.toHaveProperty('fixes');
  });

  test('tells each rule that is broken, once', () => {
    const [run] = lintSarif(linted, tool).runs;
    expect(run.tool.driver.rules).toMatchObject([{ id: 'iommu-disabled' }, { id: 'iommus-short' }]);
    expect(run.results).toMatchObject([{ ruleIndex: 1 }, { ruleIndex: 0 }, { ruleIndex: 1 }]);
  });

  test('says which files were not looked at, and that this run was none', () => {
    const [{ invocations }] = lintSarif(linted, tool).runs;
    expect(invocations).toMatchObject([
      {
        executionSuccessful: false,
        toolExecutionNotifications: [
          { locations: [{ physicalLocation: { artifactLocation: { uri: 'file:///abs/x.dtb' } } }] },
        ],
      },
    ]);
  });

  test('was no whole run where somebody interrupted it', () => {
    const [one] = linted;
    const cut = lintSarif(one === undefined ? [] : [one], { ...tool, isWhole: false });
    expect(isSarif(cut)).toBe(true);
    expect(cut.runs[0].invocations).toMatchObject([
      { executionSuccessful: false, toolExecutionNotifications: [{ level: 'error' }] },
    ]);
  });

  test('knows a finding again when the file has moved it', () => {
    const prints = (one: LintFinding): unknown =>
      lintSarif([{ file: one.file, error: null, findings: [one] }], tool).runs[0].results.map(
        (result) => (result as { partialFingerprints: unknown }).partialFingerprints,
      );
    const moved = finding({ offset: 0x99, message: 'expected 1 cells, found 7' });
    expect(prints(moved)).toEqual(prints(finding()));
    expect(prints(finding({ node: '/dma@2000' }))).not.toEqual(prints(finding()));
  });

  test('tells the same finding twice as two', () => {
    const twice = [{ file: 'a', error: null, findings: [finding(), finding()] }];
    const prints = lintSarif(twice, tool).runs[0].results.map((result) => JSON.stringify(result));
    expect(new Set(prints).size).toBe(2);
  });
});

describe('annotations of GitHub', () => {
  test('have file, line and rule', () => {
    expect(lintGithub(linted)).toEqual([
      '::error file=boards/a.dtb,title=iommus-short::/dma@1000 iommus at offset 0x78: expected 1 cells, found 0%0Ahelp: write as many cells as #iommu-cells says',
      '::warning file=boards/a.dtb,title=iommu-disabled::/dma@1000: expected 1 cells, found 0%0Ahelp: write as many cells as #iommu-cells says',
      '::error file=boards/a b.dts,line=12,title=iommus-short::/dma@1000 iommus at offset 0x78: expected 1 cells, found 0%0Ahelp: write as many cells as #iommu-cells says',
      '::error file=/abs/x.dtb,title=cannot be read::/abs/x.dtb: it does not exist',
      '3 files: 2 errors, 1 warning',
    ]);
  });

  test('are one command each, whatever firmware calls its nodes', () => {
    fc.assert(
      fc.property(hostileFinding, (found) => {
        const lines = lintGithub([{ file: found.file, error: null, findings: [found] }]);
        expect(lines).toHaveLength(2);
        const [line = ''] = lines;
        expect(line).toMatch(/^::error file=[^:,]*,title=iommus-short::[^\p{Cc}\u2028\u2029]*$/u);
      }),
    );
  });
});

describe('the text', () => {
  test('is by file and node, and says at the end what it comes to', () => {
    expect(lintText(linted, { width: 80 })).toEqual([
      'boards/a.dtb',
      '  /dma@1000',
      '    error iommus-short: iommus at offset 0x78',
      '      expected 1 cells, found 0',
      '      help: write as many cells as #iommu-cells says',
      '    warning iommu-disabled:',
      '      expected 1 cells, found 0',
      '      help: write as many cells as #iommu-cells says',
      '    error iommus-short: iommus boards/a b.dts:12',
      '      and 1 more: /dma@2000',
      '      expected 1 cells, found 0',
      '      help: write as many cells as #iommu-cells says',
      '',
      '/abs/x.dtb: it does not exist',
      '',
      '3 files: 1 good, 1 with errors, 1 that cannot be read; 2 errors, 1 warning',
      'next   fwspec lint --explain iommus-short',
    ]);
  });

  test('keeps to the columns, whatever firmware calls its nodes', () => {
    fc.assert(
      fc.property(hostileFinding, (found) => {
        const lines = lintText([{ file: 'a.dtb', error: null, findings: [found] }], { width: 80 });
        // Only a word that is longer than a line makes a longer one.
        for (const line of lines) {
          const longest = Math.max(...line.trim().split(' ').map(columnsOf));
          expect(columnsOf(line)).toBeLessThanOrEqual(Math.max(80, longest + 8));
          expect(line).not.toMatch(/\p{Cc}/u);
        }
      }),
    );
  });
});

test('the document has the findings of an only file at its top as well', () => {
  const [one] = linted;
  const document = lintJson(one === undefined ? [] : [one], 'v7.3');
  expect(document.findings).toEqual(document.files[0]?.findings);
  expect(document.findings?.map(({ nodes }) => nodes)).toEqual([
    ['/dma@1000'],
    ['/dma@1000'],
    ['/dma@1000', '/dma@2000'],
  ]);
  expect(lintJson(linted, 'v7.3').findings).toBeUndefined();
});
