import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { saidText } from '../../../src/cli/output/message.ts';
import { colorsFor, showsProgress, widthFor } from '../../../src/cli/system/terminal.ts';
import { columnsOf } from '../../../src/util/index.ts';
import { capture, fwspec, root } from '../fwspec.ts';

const token =
  readFileSync('test/golden/replay-cover-letter.txt', 'utf8').match(/f1\/\S+/)?.[0] ?? '';

const commands: Readonly<Record<string, () => string[]>> = {
  'inspect an example': () => ['inspect', 'examples/arm64-virt-smmuv3'],
  'inspect a capture': () => ['inspect', capture('x86-vtd-p2p-k7.3')],
  explain: () => ['explain', 'examples/arm64-virt-smmuv3', '0000:00:02.0'],
  'explain --full': () => ['explain', 'examples/arm64-virt-smmuv3', '0000:00:02.0', '--full'],
  explore: () => [
    'explore',
    'cover-letter',
    '--kernel',
    'v6.8',
    '--driver',
    'virtio-iommu',
    '--histogram',
  ],
  replay: () => ['replay', token],
  compare: () => [
    'compare',
    '--kernels',
    'v6.7,v6.8,v7.3',
    '--scenarios',
    'cover-letter',
    '--max-executions',
    '5',
  ],
  verify: () => ['verify', capture('x86-vtd-p2p-k7.3'), capture('dtb-map-two-k6.12')],
  'list rules': () => ['list', 'rules'],
  'list kernels': () => ['list', 'kernels'],
};

/** Whether a line may be longer: a command to copy, or a single word that cannot be broken. */
function cannotBeBroken(line: string): boolean {
  return /^\s*(replay: )?fwspec replay \S+$/.test(line) || !/\S\s+\S/.test(line);
}

describe.concurrent.each([60, 80, 100, 120])('on %i columns no line is wider', (width) => {
  test.each(Object.keys(commands))('%s', async (name) => {
    const { stdout } = await fwspec(commands[name]?.() ?? [], { env: { COLUMNS: String(width) } });
    const lines = stdout.split('\n');
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.filter((line) => columnsOf(line) > width && !cannotBeBroken(line))).toEqual([]);
  });
});

test.each<
  [
    seen: string,
    env: { COLUMNS?: string },
    stream: { isTTY?: boolean; columns?: number },
    lines: number,
  ]
>([
  ['on a terminal', {}, { isTTY: true, columns: 40 }, 4],
  ['where somebody says how wide it is', { COLUMNS: '40' }, {}, 4],
  ['in a file', {}, {}, 1],
])('what is said beside the result goes on below %s', (_seen, env, stream, count) => {
  const text = saidText(`a.dtb: ${'word '.repeat(20).trim()}`, env, stream);
  const lines = text.trimEnd().split('\n');
  expect(lines).toHaveLength(count);
  expect(text).toMatch(/^fwspec: a\.dtb: .*\n$/s);
  if (count > 1) expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
});

test.each([
  [{ COLUMNS: '72' }, 120, 72],
  [{ COLUMNS: '' }, 120, 120],
  [{ COLUMNS: 'wide' }, 120, 120],
  [{ COLUMNS: '3' }, undefined, 40],
  [{}, undefined, 100],
])('with %j on a terminal of %s columns, lines have %i', (environment, terminal, width) => {
  expect(widthFor(environment, terminal)).toBe(width);
});

test.each([
  ['auto', {}, 'terminal', true],
  ['auto', {}, 'pipe', false],
  ['auto', { NO_COLOR: '1' }, 'terminal', false],
  ['auto', { TERM: 'dumb' }, 'terminal', false],
  ['auto', { FORCE_COLOR: '1' }, 'pipe', true],
  ['auto', { FORCE_COLOR: '1', NO_COLOR: '1' }, 'file', true],
  ['auto', { FORCE_COLOR: '0' }, 'terminal', false],
  ['never', { FORCE_COLOR: '1' }, 'terminal', false],
  ['always', { FORCE_COLOR: '0', NO_COLOR: '1' }, 'pipe', true],
] as const)('--color %s with %j to a %s: %s', (option, environment, destination, colors) => {
  expect(colorsFor(option, environment, destination)).toBe(colors);
});

test.each([
  ['terminal', 'terminal', true],
  ['file', 'terminal', true],
  ['pipe', 'terminal', false],
  ['terminal', 'file', false],
] as const)('results to a %s, errors to a %s: progress %s', (results, errors, shown) => {
  expect(showsProgress(results, errors)).toBe(shown);
});

test('the command in a mail, pasted into a shell, replays the same bytes', async () => {
  const mail = await fwspec(['replay', token, '--format', 'mail']);
  const command = mail.stdout.slice(mail.stdout.indexOf('fwspec replay'));
  const { stdout } = spawnSync('sh', {
    cwd: root,
    input: `fwspec() { '${process.execPath}' dist/cli/main.js "$@"; }\n${command}`,
    encoding: 'utf8',
    env: { ...process.env, COLUMNS: '', FORCE_COLOR: '' },
  });
  expect(command).toContain('\\\n');
  expect(stdout).toBe((await fwspec(['replay', token])).stdout);
});
