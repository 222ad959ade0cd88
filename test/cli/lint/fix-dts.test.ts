// What --fix-dts prints is taken by patch, and what it is about is not found any more.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Change, type LintFinding, unifiedDiff } from '../../../src/report/index.ts';
import { folderWith, found, type Sources } from './sources.ts';

/** Apply what is to be written instead; the lines that go and come. */
function mend(folder: string, fix: NonNullable<LintFinding['fix']>): string[] {
  const files = [...new Set(fix.map(({ file }) => file))];
  const lines = files.flatMap((file) =>
    unifiedDiff(
      file.slice(folder.length + 1),
      readFileSync(file, 'utf8'),
      fix.filter((edit) => edit.file === file),
    ),
  );
  patch(folder, lines);
  return lines.filter((line) => /^[-+](?!--|\+\+)/.test(line));
}

function patch(folder: string, lines: readonly string[]): void {
  const input = lines.map((line) => `${line}\n`).join('');
  const run = spawnSync('patch', ['-p1', '--fuzz=0'], { cwd: folder, input });
  expect(`${run.stdout}${run.stderr}`).not.toMatch(/fuzz|offset|FAILED|malformed/i);
  expect(run.status).toBe(0);
}

const head = '/dts-v1/;\n/ {\n\t#address-cells = <1>;\n\t#size-cells = <1>;\n';
const smmu = `	smmu: iommu@5000 {
		compatible = "arm,smmu-v3";
		reg = <0x5000 0x20000>;
		#iommu-cells = <1>;
	};
`;
const bare = smmu.replace('\t\t#iommu-cells = <1>;\n', '');

function dma(iommus: string): string {
  return `	dma@1000 {\n		compatible = "x,dma";\n		reg = <0x1000 0x100>;\n		${iommus}\n	};\n`;
}

function host(map: string): string {
  return `	pcie@30000000 {
		compatible = "pci-host-ecam-generic";
		device_type = "pci";
		reg = <0x30000000 0x10000000>;
		#address-cells = <3>;
		#size-cells = <2>;
		${map}
	};
`;
}

interface Case {
  readonly rule: string;
  readonly what: string;
  readonly sources: Sources;
  /** What goes and comes. */
  readonly lines: readonly string[];
}

const board = (...parts: readonly string[]): Sources => ({
  'board.dts': `${head}${parts.join('')}};\n`,
});

const cases: readonly Case[] = [
  {
    rule: 'iommus-no-cells',
    what: 'the IOMMU is in the same file',
    sources: board(bare, dma('iommus = <&smmu 1>;')),
    lines: ['+\t\t#iommu-cells = <1>;'],
  },
  {
    rule: 'iommus-no-cells',
    what: 'the IOMMU is on one line',
    sources: board(
      '\tsmmu: iommu@5000 { compatible = "arm,smmu-v3"; reg = <0x5000 0x20000>; };\n',
      dma('iommus = <&smmu 1>;'),
    ),
    lines: [
      '-\tsmmu: iommu@5000 { compatible = "arm,smmu-v3"; reg = <0x5000 0x20000>; };',
      '+\tsmmu: iommu@5000 { compatible = "arm,smmu-v3"; #iommu-cells = <1>; reg = <0x5000 0x20000>; };',
    ],
  },
  {
    rule: 'iommus-no-cells',
    what: 'the IOMMU is in a file that dtc includes',
    sources: {
      'board.dts': `/dts-v1/;\n/include/ "soc/soc.dtsi"\n/ {\n\t#address-cells = <1>;\n\t#size-cells = <1>;\n${dma('iommus = <&smmu 1>;')}};\n`,
      'soc/soc.dtsi': `/ {\n${bare}};\n`,
    },
    lines: ['+\t\t#iommu-cells = <1>;'],
  },
  {
    rule: 'iommu-map-no-cells',
    what: 'the IOMMU is in a file that the preprocessor includes, with macros',
    sources: {
      'board.dts': `/dts-v1/;\n#include "soc.dtsi"\n#define ALL 0x10000\n/ {\n\t#address-cells = <1>;\n\t#size-cells = <1>;\n${host('iommu-map = <0 &smmu 0 ALL>;')}};\n`,
      'soc.dtsi': `/* é\n   two lines */\n/ {\n${bare}};\n`,
    },
    lines: ['+\t\t#iommu-cells = <1>;'],
  },
  {
    rule: 'msi-no-cells',
    what: 'the controller has one',
    sources: board(
      smmu,
      '\tits: msi@8000 {\n\t\tcompatible = "arm,gic-v3-its";\n\t\treg = <0x8000 0x1000>;\n\t};\n',
      host('iommu-map = <0 &smmu 0 0x10000>;\n\t\tmsi-map = <0 &its 0 0x10000>;'),
    ),
    lines: ['+\t\t#msi-cells = <1>;'],
  },
  {
    rule: 'smmu3-cells',
    what: 'its users write one cell',
    sources: board(smmu.replace('<1>', '<0>'), dma('iommus = <&smmu 0x100>;')),
    lines: ['-\t\t#iommu-cells = <0>;', '+\t\t#iommu-cells = <0x1>;'],
  },
  {
    rule: 'iommus-zero-phandle',
    what: 'nothing but zeros follows',
    sources: board(smmu, dma('iommus = <&smmu 1>, // one\n\t\t\t <0 0>;')),
    lines: ['-\t\tiommus = <&smmu 1>, // one', '-\t\t\t <0 0>;', '+\t\tiommus = <&smmu 1>;'],
  },
  {
    rule: 'iommus-zero-phandle',
    what: 'zeros are all there is',
    sources: board(smmu, dma('iommus = <0>;')),
    lines: ['-\t\tiommus = <0>;'],
  },
  {
    rule: 'iommus-zero-phandle',
    what: 'of two devices alike',
    sources: board(
      smmu,
      dma('iommus = <&smmu 1 0>;'),
      dma('iommus = <&smmu 2 0>;').replace('@1000', '@2000').replace('0x1000', '0x2000'),
    ),
    lines: [
      '-\t\tiommus = <&smmu 1 0>;',
      '+\t\tiommus = <&smmu 1>;',
      '-\t\tiommus = <&smmu 2 0>;',
      '+\t\tiommus = <&smmu 2>;',
    ],
  },
  {
    rule: 'iommu-self',
    what: 'beside another entry',
    sources: board(
      smmu.replace('<1>;', '<1>;\n\t\tiommus = <&smmu 7 &two 3>;'),
      smmu.replaceAll('5000', '7000').replace('smmu:', 'two:'),
    ),
    lines: ['-\t\tiommus = <&smmu 7 &two 3>;', '+\t\tiommus = <&two 3>;'],
  },
  {
    rule: 'iommu-map-length',
    what: 'zeros are left over',
    sources: board(smmu, host('iommu-map = <0 &smmu 0 0x10000>, <0 0>;')),
    lines: [
      '-\t\tiommu-map = <0 &smmu 0 0x10000>, <0 0>;',
      '+\t\tiommu-map = <0 &smmu 0 0x10000>;',
    ],
  },
  {
    rule: 'iommu-map-base-outside-mask',
    what: 'in the second entry',
    sources: board(
      smmu,
      host(
        'bus-range = <0 0>;\n\t\tiommu-map-mask = <0xff>;\n\t\tiommu-map = <0 &smmu 0 8>,\n\t\t\t<0x108 &smmu 8 0xf8>;',
      ),
    ),
    lines: ['-\t\t\t<0x108 &smmu 8 0xf8>;', '+\t\t\t<0x8 &smmu 8 0xf8>;'],
  },
];

describe.each(cases)('$rule, where $what', ({ rule, sources, lines }) => {
  test('is mended by a patch, and nothing else is wrong then', async () => {
    const folder = folderWith(sources);
    const before = await found(folder);
    const fix = before.filter((of) => of.rule === rule).flatMap((of) => of.fix ?? []);
    expect(mend(folder, fix)).toEqual(lines);
    const known = before.map((of) => of.rule).filter((name) => name !== rule);
    expect(
      (await found(folder)).map((of) => of.rule).filter((name) => !known.includes(name)),
    ).toEqual([]);
  });
});

describe('nobody but a person knows', () => {
  test.each<[string, string, Sources]>([
    ['iommus-short', 'which ID is missing', board(smmu, dma('iommus = <&smmu>;'))],
    [
      'iommu-map-base-outside-mask',
      'what is meant where the range would be another’s',
      board(
        smmu,
        host(
          'bus-range = <0 0>;\n\t\tiommu-map-mask = <0xff>;\n\t\tiommu-map = <0 &smmu 0 8>, <0x104 &smmu 8 8>;',
        ),
      ),
    ],
    [
      'iommu-map-wrap',
      'which IDs are meant',
      board(smmu, host('iommu-map = <0 &smmu 0xfffffff0 0x20>;')),
    ],
    [
      'msi-no-cells',
      'how many cells there are of a controller that may have none',
      board(
        smmu,
        '\tgic: gic@8000 {\n\t\tcompatible = "arm,gic-v3";\n\t\treg = <0x8000 0x1000>;\n\t};\n',
        host('iommu-map = <0 &smmu 0 0x10000>;\n\t\tmsi-map = <0 &gic 0 0x10000>;'),
      ),
    ],
    [
      'iommus-no-cells',
      'how many cells there are where the lists do not fit',
      board(bare, dma('iommus = <&smmu 1 2>;')),
    ],
    [
      'iommus-zero-phandle',
      'what comes behind a zero',
      board(smmu, dma('iommus = <&smmu 1 0 3>;')),
    ],
    [
      'iommus-zero-phandle',
      'what a macro stands for',
      {
        'board.dts': `#define LIST &smmu 1 0\n${board(smmu, dma('iommus = <LIST>;'))['board.dts']}`,
      },
    ],
  ])('%s: %s', async (rule, _what, sources) => {
    const findings = (await found(folderWith(sources))).filter((of) => of.rule === rule);
    expect(findings.length).toBe(1);
    expect(findings[0]).not.toHaveProperty('fix');
  });
});

test('any changes of any text are a patch that makes them', () => {
  const word = fc.constantFrom('a', 'b c', '\n', '\n\n\n\n\n\n\n\n', '\t', 'é😀', ';');
  const texts = fc.array(word, { maxLength: 20 }).map((words) => words.join(''));
  fc.assert(
    fc.property(texts, fc.array(fc.tuple(fc.nat(60), texts), { maxLength: 6 }), (text, drawn) => {
      const chars = [...text];
      const at = drawn.map(([place]) => place % (chars.length + 1)).sort((a, b) => a - b);
      const changes: (Change & { readonly from: number; readonly to: number })[] = [];
      for (let i = 0; i + 1 < at.length; i += 2) {
        const [from = 0, to = 0] = [at[i], at[i + 1]];
        const place = (end: number): readonly [number, number] => {
          const before = chars.slice(0, end).join('').split('\n');
          return [before.length, [...(before.at(-1) ?? '')].length + 1];
        };
        const [[line, column], [endLine, endColumn]] = [place(from), place(to)];
        changes.push({ from, to, line, column, endLine, endColumn, text: drawn[i]?.[1] ?? '' });
      }
      let wanted = '';
      let end = 0;
      for (const { from, to, text: instead } of changes) {
        wanted += chars.slice(end, from).join('') + instead;
        end = to;
      }
      wanted += chars.slice(end).join('');
      const folder = folderWith({ 'a b.dts': text });
      const lines = unifiedDiff('a b.dts', text, changes);
      if (lines.length > 0 && wanted !== text) patch(folder, lines);
      // A file with nothing in it is taken away.
      if (wanted !== '') expect(readFileSync(join(folder, 'a b.dts'), 'utf8')).toBe(wanted);
    }),
    { numRuns: 60 },
  );
});
