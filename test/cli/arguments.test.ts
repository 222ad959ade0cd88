// The table of the command line, and what is made from it.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkLine } from '../../src/cli/arguments/checked.ts';
import { commands } from '../../src/cli/arguments/commands.ts';
import { type CommandEntry, type OptionEntry, takes } from '../../src/cli/arguments/entries.ts';
import { completionFor } from '../../src/cli/arguments/help/completion.ts';
import { helpOf, overview } from '../../src/cli/arguments/help/help.ts';
import { manPage } from '../../src/cli/arguments/help/man.ts';
import { readLine } from '../../src/cli/arguments/line.ts';
import { options } from '../../src/cli/arguments/options/options.ts';
import { load } from '../../src/cli/commands/index.ts';
import { names } from '../../src/cli/commands/self/completion.ts';
import { help } from '../../src/cli/commands/self/help.ts';
import { version } from '../../src/cli/system/version.ts';
import { formats, tableFormats } from '../../src/report/index.ts';
import { UsageError } from '../../src/util/index.ts';
import { root, scratch } from './fwspec.ts';

const pairs = commands.flatMap((command) =>
  [...new Set(options.map(({ name }) => name))].map((name) => ({ command, name })),
);

/** As many operands as the command needs. */
function operandsFor({ operands }: CommandEntry): string[] {
  return operands.map(({ words }) => (typeof words === 'string' ? 'x' : (words[0] ?? '')));
}

/** The words of the fwspec in a command line, up to a redirection. */
function shellWords(line: string): string[] {
  const [program = ''] = /fwspec [^<>|()]*/.exec(line) ?? [];
  return program.trim().split(' ');
}

function refusal(argv: readonly string[]): UsageError | null {
  try {
    checkLine(readLine(argv));
    return null;
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
}

/** A value that the option takes. */
function valueFor({ words, value }: OptionEntry): string {
  if (value === 'N') return '3';
  if (words === undefined || words === 'any' || words === 'file' || words === 'command') return 'x';
  return (typeof words === 'string' ? names[words] : words)[0] ?? '';
}

describe('an option', () => {
  test.each(pairs)('$command.name --$name', ({ command, name }) => {
    const entries = options.filter((option) => option.name === name);
    const own = entries.find((option) => takes(option, command.name));
    const shown = own ?? (entries[0] as OptionEntry);
    const value = shown.value === undefined ? [] : [valueFor(shown)];
    const problem = refusal([command.name, ...operandsFor(command), `--${name}`, ...value]);
    if (own !== undefined) {
      expect(problem).toBeNull();
      return;
    }
    // The message names the command that does take it.
    const takers = commands.filter((other) => entries.some((entry) => takes(entry, other.name)));
    expect(problem?.message).toBe(`${command.name} does not take --${name}`);
    expect(problem?.hint).toContain(`--${name} is for `);
    for (const taker of takers) expect(problem?.hint).toContain(taker.name);
  });

  test('is one thing for each command', () => {
    for (const { command, name } of pairs) {
      const own = options.filter((option) => option.name === name && takes(option, command.name));
      expect(own.length, `${command.name} --${name}`).toBeLessThan(2);
    }
    for (const name of new Set(options.map((option) => option.name))) {
      const same = options.filter((option) => option.name === name);
      // Before the command is known there is but one way to read it.
      expect(new Set(same.map(({ value }) => value === undefined)).size, name).toBe(1);
    }
  });

  test('takes the formats that there are', () => {
    const words = options
      .filter(({ name, of }) => name === 'format' && of !== 'every command')
      .map(({ words }) => words);
    const sorted = words.map((list) => [...(list ?? [])].sort());
    expect(sorted).toContainEqual(formats.toSorted());
    expect(sorted).toContainEqual(tableFormats.toSorted());
  });
});

test.each<[typed: string, argv: string[], says: RegExp]>([
  ['a command with letters changed', ['exlpore'], /did you mean explore\?/],
  ['a command that begins so', ['insp'], /did you mean inspect\?/],
  ['a command that is near to none', ['frobnicate'], /commands: check, inspect/],
  ['an option with a letter too few', ['explore', 'x', '--ful'], /did you mean --full\?/],
  ['an option near to one of its own', ['compare', '--kernel', 'x'], /mean --kernels\?.*for check/],
  ['an option near to one of another', ['list', 'rules', '--kernls'], /did you mean --kernels\?/],
  ['a kernel option', ['check', 'x', '--kconfig', 'MODULE=y'], /did you mean CONFIG_MODULES\?/],
  ['a kind of bug', ['check', 'x', '--ignore', 'datarace'], /did you mean data-race\?/],
])('%s: near names are told', (_what, argv, says) => {
  expect(refusal(argv)?.hint).toMatch(says);
});

test.each<[string[], string | null, RegExp | null]>([
  [['--kernel', 'v6.12'], 'v6.12', null],
  [['--kernel', '6.12'], 'v6.12', null],
  [['--kernel', '6.7-rc1'], 'v6.7-rc1', null],
  [['--kernel', '6.12.118'], 'v6.12', /no 6\.12\.118; .*v6\.12/],
  [['--kernel', 'v6.13'], 'v6.12', /no v6\.13; .*v6\.12/],
  [['--kernel', '7.3.4'], 'v7.3', /v7\.3/],
  [['--kernel', '6.12.0-45-generic'], 'v6.12', /v6\.12/],
  [['--kernel', 'v99.1'], 'v7.3', /v7\.3/],
  [['--kernel', 'v5.4'], 'v6.1', /v6\.1/],
  [['--kernel', 'fwspec-v2/8'], 'fwspec-v2/8', null],
  // No names of releases: whoever looks the kernel up refuses them.
  [['--kernel', 'v6.12+mine'], 'v6.12+mine', null],
  [['--kernel', 'v1'], 'v1', null],
  [[], null, null],
])('%j is the kernel %s', (args, kernel, remark) => {
  const { kernel: taken, remarks } = checkLine(readLine(['inspect', 'x', ...args]));
  expect(taken).toBe(kernel);
  expect(remarks.length).toBe(remark === null ? 0 : 1);
  if (remark !== null) expect(remarks[0]).toMatch(remark);
});

test('whatever is typed, it is taken or refused in one line', () => {
  const known = [...options.flatMap(({ name }) => [`--${name}`, `--${name}=`, `--${name}=v6.7`])];
  const strange = ['-', '--', '---', '', '-qh', '-q=', '--=', '--__proto__', '--toString=1', '-é'];
  const word = fc.oneof(
    fc.constantFrom(...commands.map(({ name }) => name), ...known, ...strange),
    fc.string({ unit: 'binary', maxLength: 8 }),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 5 }), (argv) => {
      const problem = refusal(argv);
      if (problem !== null) expect(problem.code).toMatch(/^cli\/[a-z-]+$/);
    }),
    { numRuns: 500 },
  );
});

describe.each(commands)('help of $name', (command) => {
  const text = helpOf(command);

  test('has every option of its own', () => {
    for (const option of options)
      if (takes(option, command.name)) expect(text).toContain(`--${option.name}`);
      else if (!options.some((own) => own.name === option.name && takes(own, command.name)))
        expect(text).not.toMatch(new RegExp(`^  --${option.name}(?: |$)`, 'm'));
  });

  test('has two examples or more, which are taken', () => {
    expect(command.examples.length).toBeGreaterThan(1);
    for (const { line } of command.examples) {
      const [program, ...argv] = shellWords(line);
      expect(program).toBe('fwspec');
      expect(refusal(argv)).toBeNull();
      expect(readLine(argv).command).toBe(command);
    }
  });

  test('fits into 80 columns', () => {
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  test('belongs to a command that can be run', async () => {
    const { name } = command;
    if (name === 'help') expect(help(readLine(['help']))).toBe(overview());
    else expect(await load[name]()).toHaveProperty('run');
  });
});

test('the overview fits into 80 columns, and has every command', () => {
  for (const line of overview().split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  for (const { name } of commands) expect(overview()).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
});

describe('the man page', () => {
  const page = manPage(version());

  test('is the one that is shipped', async () => {
    await expect(page).toMatchFileSnapshot('../../share/man/man1/fwspec.1');
  });

  test('has every option of every command', () => {
    const plain = page.replaceAll('\\', '');
    for (const { name } of options) expect(plain).toContain(`fB--${name}fR`);
    for (const { name } of commands) expect(plain).toContain(`.SS "fwspec ${name}`);
  });

  test.each([
    ['groff', ['-man', '-ww', '-Tutf8']],
    ['mandoc', ['-T', 'lint', '-W', 'warning']],
  ])('%s has nothing against it, where it is installed', (program, args) => {
    const { error, stdout, stderr } = spawnSync(program, args, { input: page, encoding: 'utf8' });
    if (error !== undefined) return;
    const said = program === 'groff' ? stderr : stdout + stderr;
    // A date would be that of the machine it is made on.
    expect(said.split('\n').filter((line) => line !== '' && !/missing date/.test(line))).toEqual(
      [],
    );
  });
});

describe('completion', () => {
  const script = (shell: 'bash' | 'zsh' | 'fish'): string => {
    const file = join(scratch(), `fwspec.${shell}`);
    writeFileSync(file, completionFor(shell, names));
    return file;
  };

  test.each<[typed: string[], words: string[]]>([
    [['ex'], ['explain', 'explore']],
    [['explore', 'cover'], ['cover-letter']],
    [['explore', '--kernel', 'v7'], ['v7.3']],
    [['explore', '--kernel', '=', 'v7'], ['v7.3']],
    [['compare', '--kernels', 'v6.7,v7'], ['v6.7,v7.3']],
    [['compare', '--kern'], ['--kernels']],
    [['compare', '--format', ''], [...tableFormats]],
    [['explore', '--format', 'perf'], ['perfetto']],
    [
      ['--kernel', 'v6.7', 'expl'],
      ['explain', 'explore'],
    ],
    [['check', '--ignore', 'use'], ['use-after-free']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['help', 'insp'], ['inspect']],
    [['list', 'k'], ['kernels']],
    // Files, which the shell itself completes.
    [['check', ''], []],
    [['explore', 'cover-letter', '--patch', ''], []],
  ])('bash: %j', (typed, words) => {
    const run = 'source "$1"; shift; COMP_WORDS=(fwspec "$@"); COMP_CWORD=$#; _fwspec';
    // What is read from a pipe may be taken for a remote shell, which reads the start-up files of the machine.
    const args = [
      '--norc',
      '-euc',
      `${run}; printf '%s\\n' "\${COMPREPLY[@]}"`,
      'bash',
      script('bash'),
    ];
    const { stdout, stderr } = spawnSync('bash', [...args, ...typed], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout.split('\n').filter(Boolean)).toEqual(words);
  });

  test('bash evaluates nothing that is typed', () => {
    const file = join(scratch(), 'evaluated');
    const typed = `$(touch ${file})`;
    const run =
      'source "$1"; COMP_WORDS=(fwspec explore "$2"); COMP_CWORD=2; _fwspec; test ! -e "$3"';
    const { status } = spawnSync('bash', ['-c', run, 'bash', script('bash'), typed, file]);
    expect(status).toBe(0);
  });

  test.each<[words: string, line: string]>([
    ['explain explore', 'fwspec exp'],
    ['v7.3', 'fwspec explore --kernel v7'],
    ['cover-letter', 'fwspec explore cover'],
  ])('fish: %s, where it is installed', (words, line) => {
    const run = 'source $argv[1]; complete -C $argv[2]';
    const args = ['--no-config', '-c', run, script('fish'), line];
    const { error, stdout } = spawnSync('fish', args, { encoding: 'utf8' });
    if (error !== undefined) return;
    expect(stdout.trim().replace(/\t.*$/gm, '').split('\n').join(' ')).toBe(words);
  });

  test('zsh takes it, where it is installed', () => {
    const { error, status, stderr } = spawnSync('zsh', ['-n', script('zsh')], { encoding: 'utf8' });
    if (error !== undefined) return;
    expect([status, stderr]).toEqual([0, '']);
  });
});

test('the table has no path of another machine in it', () => {
  expect(completionFor('bash', names) + manPage(version())).not.toContain(root);
});
