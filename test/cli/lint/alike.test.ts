// A fault of several nodes is one finding, and is known, or left out, node by node.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readOptions } from '../../../src/cli/arguments/checked.ts';
import { lint } from '../../../src/cli/commands/machine/lint.ts';
import { withExceptions } from '../../../src/cli/lint/exceptions.ts';
import { lintInput } from '../../../src/cli/lint/lint-input.ts';
import type { Console } from '../../../src/cli/output/console.ts';
import type { LintFinding } from '../../../src/report/index.ts';
import { be32, blob, node, prop, text } from '../../firmware/fdt-builder.ts';

/** A tree in which these devices have a list that is too short. */
function tree(...devices: readonly number[]): Uint8Array {
  const cells = ['#address-cells', '#size-cells'].map((name) => prop(name, be32(1)));
  const smmu = [
    ...[prop('compatible', text('arm,smmu-v3')), prop('reg', be32(0x5000, 0x20000))],
    ...[prop('#iommu-cells', be32(1)), prop('phandle', be32(1))],
  ];
  const children = devices.map((at) =>
    node(`dma@${at}`, [prop('compatible', text('x,dma')), prop('iommus', be32(1))]),
  );
  return blob(node('', cells, [node('iommu@5000', smmu), ...children]));
}

const folder = mkdtempSync(join(tmpdir(), 'lint-alike-'));
const file = join(folder, 'board.dtb');
const baseline = join(folder, 'known.json');

function write(...devices: readonly number[]): void {
  writeFileSync(file, tree(...devices));
}

/** What `lint` finds, and how it ends. */
async function run(...options: readonly string[]) {
  const findings: LintFinding[] = [];
  const quiet: Console = {
    style: (_kind, said) => said,
    width: 80,
    line: () => {},
    json: (document) => findings.push(...(document as { findings: LintFinding[] }).findings),
    answer: () => {},
    note: () => {},
    progress: () => {},
  };
  const asked = readOptions(['lint', file, '--format', 'json', '--jobs', '1', ...options]);
  const code = await lint.run(asked, quiet, { requested: false });
  return { code, findings };
}

const known = ['--baseline', baseline] as const;

test('what several nodes have is one finding', async () => {
  write(1, 2, 3);
  const { code, findings } = await run();
  const nodes = ['/dma@1', '/dma@2', '/dma@3'];
  expect([code, findings]).toMatchObject([1, [{ node: '/dma@1', nodes }]]);
  expect(findings).toHaveLength(1);
});

test('one that has it beside those that a baseline knows is new, and told where it is', async () => {
  write(1, 3);
  await run(...known, '--update-baseline');
  expect(await run(...known)).toEqual({ code: 0, findings: [] });
  write(1, 2, 3);
  const [whole] = (await run()).findings;
  const { code, findings } = await run(...known);
  expect([code, findings]).toMatchObject([1, [{ rule: 'iommus-short', node: '/dma@2' }]]);
  expect(findings[0]?.nodes).toEqual(['/dma@2']);
  expect(findings[0]?.offset).toBeGreaterThan(whole?.offset ?? 0);
});

test('those that a baseline knows stay known when the first of them is mended', async () => {
  write(1, 2, 3);
  await run(...known, '--update-baseline');
  write(2, 3);
  expect(await run(...known)).toEqual({ code: 0, findings: [] });
});

test('an exception for one of them leaves out that one', async () => {
  write(1, 2, 3);
  const linted = await lintInput({ given: file, isWalked: false }, readOptions(['lint', file]), {
    note: () => {},
  });
  const ignore = [{ path: '*.dtb', rule: 'iommus-short', node: '/dma@2', reason: 'known' }];
  const left = withExceptions(linted === null ? [] : [linted], { folder, ignore }, true);
  expect(left).toMatchObject({ count: 1, unused: [] });
  expect(left.linted[0]?.findings.map((of) => of.node)).toEqual(['/dma@1', '/dma@3']);
});
