import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fwspec, root, withoutTime } from '../fwspec.ts';

/** What a page shows of a command: the command, and lines that it printed, perhaps not all. */
interface Shown {
  readonly page: string;
  readonly command: string;
  readonly lines: readonly string[];
}

const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    // Those of rules, whose examples are in no file, have a test of their own.
    .filter((name) => name.endsWith('.md') && !name.startsWith('reference/rules/'))
    .map((name) => `docs/${name}`)
    .sort(),
];

function shownIn(page: string): Shown[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^```\w*\n\$ (?:npx )?fwspec (.*)\n([\s\S]*?)^```/gm)].map(
    ([, command = '', output = '']) => ({
      page,
      command,
      lines: withoutTime(output).split('\n').filter(Boolean),
    }),
  );
}

/** A program in C needs a compiler; .ci/run installs one. */
const hasClang = spawnSync('clang-14', ['--version']).status === 0;

const shown = pages.flatMap(shownIn).filter(({ command }) => hasClang || !command.startsWith('c '));

/** How wide the terminal was: pages are written on one of 80 columns, or of 100. Tokens are not broken. */
function columnsOf(lines: readonly string[]): string {
  const broken = lines.filter((line) => !line.startsWith('replay:'));
  return broken.some(({ length }) => length > 80) ? '100' : '80';
}

/** The lines of a page that are not among those printed, in their order. */
function missing(lines: readonly string[], printed: readonly string[]): string[] {
  let from = 0;
  return lines.filter((line) => {
    const at = printed.indexOf(line, from);
    if (at >= 0) from = at + 1;
    return at < 0;
  });
}

describe.concurrent('a page', () => {
  test('shows commands', () => {
    expect(new Set(shown.map(({ page }) => page)).size).toBeGreaterThan(2);
  });

  // The guide to patches has a test of its own, which compares every line.
  test.each(shown.filter(({ page }) => !page.endsWith('write-a-patch.md')))(
    'shows what fwspec prints: $page, $command',
    async ({ command, lines }) => {
      const env = { COLUMNS: columnsOf(lines) };
      const { stdout } = await fwspec(command.split(' '), { env });
      expect(missing(lines, withoutTime(stdout).split('\n'))).toEqual([]);
    },
  );
});
