// The action's steps, run as a runner runs them: each script by bash, with its environment.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { build, root } from '../fwspec.ts';

beforeAll(build);

interface Step {
  readonly id?: string;
  readonly shell: string;
  readonly env: Readonly<Record<string, string>>;
  readonly run: string;
}

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

const read = (path: string): unknown => parse(readFileSync(join(root, path), 'utf8'));
const action = read('action.yml') as Action;

const short = 'dtb-plat-short.dtb';
const good = 'a64-dt-smmu-rp.dtb';

function workspaceWith(...names: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'lint-action-'));
  mkdirSync(join(folder, 'boards'));
  for (const name of names)
    cpSync(join(root, 'test/fixtures/dtb', name), join(folder, 'boards', name));
  return folder;
}

/** What the step that lints comes to. Files that GitHub reads are empty at first. */
function lint(cwd: string, inputs: Readonly<Record<string, string>>) {
  const step = action.runs.steps.find(({ id }) => id === 'lint') as Step;
  const values = (text: string): string =>
    text.replace(/\$\{\{ *([\w.-]+) *\}\}/g, (_all, name: string) => {
      if (name === 'github.action_path') return root;
      const input = name.replace('inputs.', '');
      expect(Object.keys(action.inputs)).toContain(input);
      return inputs[input] ?? action.inputs[input]?.default ?? '';
    });
  const output = join(cwd, '.output');
  writeFileSync(output, '');
  const env = Object.fromEntries(Object.entries(step.env).map(([k, v]) => [k, values(v)]));
  const { status, stdout, stderr } = spawnSync(
    'bash',
    ['--noprofile', '--norc', '-e', '-o', 'pipefail', '-c', step.run],
    { cwd, encoding: 'utf8', env: { ...process.env, ...env, GITHUB_OUTPUT: output } },
  );
  return { status, stdout, stderr, output: readFileSync(output, 'utf8') };
}

describe('the action', () => {
  test('is composite, has no expression in a script, and builds before it lints', () => {
    expect(action.runs.using).toBe('composite');
    for (const { run, shell } of action.runs.steps) {
      expect(shell).toBe('bash');
      expect(run).not.toContain('${{');
    }
    expect(action.runs.steps.map(({ run }) => /prepare|lint/.exec(run)?.[0])).toEqual([
      'prepare',
      'lint',
    ]);
  });

  test('passes where nothing is wrong', () => {
    const { status, stdout } = lint(workspaceWith(good), { files: 'boards' });
    expect([status, stdout]).toEqual([0, '1 file: no findings\n']);
  });

  test('fails on an error, which is an annotation', () => {
    const { status, stdout } = lint(workspaceWith(good, short), { files: 'boards\n' });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^::error file=boards\/dtb-plat-short\.dtb,title=iommus-short::/m);
  });

  test('writes what code scanning reads, and says where, also when it fails', () => {
    const folder = workspaceWith(short);
    const result = lint(folder, { files: 'boards/*.dtb', 'sarif-file': 'all.sarif' });
    expect([result.status, result.output]).toEqual([1, 'sarif-file=all.sarif\n']);
    const { runs } = JSON.parse(readFileSync(join(folder, 'all.sarif'), 'utf8'));
    expect(runs[0].results).toHaveLength(1);
  });

  test('takes each line for a file, whatever is in its name', () => {
    const folder = workspaceWith();
    const odd = '--help $(touch owned) ; a.dtb';
    cpSync(join(root, 'test/fixtures/dtb', short), join(folder, odd));
    const { status, stdout } = lint(folder, { files: `${odd}\n` });
    expect(status).toBe(1);
    expect(stdout).toContain('title=iommus-short');
    expect(existsSync(join(folder, 'owned'))).toBe(false);
  });

  test('lints what .fwspec.json says where no file is named', () => {
    const folder = workspaceWith(short);
    writeFileSync(join(folder, '.fwspec.json'), '{ "files": ["boards/*.dtb"] }');
    expect(lint(folder, {}).stdout).toContain('title=iommus-short');
  });

  test.each([
    ['kernel', 'v99', 2],
    ['severity', 'bad', 2],
    ['baseline', 'none.json', 2],
    ['max-warnings', 'x', 2],
  ])('hands %s on', (input, value, status) => {
    expect(lint(workspaceWith(good), { files: 'boards', [input]: value }).status).toBe(status);
  });
});

describe('the examples', () => {
  test('give the action inputs that it has', () => {
    const { jobs } = read('examples/ci/github.yml') as {
      jobs: { lint: { steps: { uses?: string; with?: object }[] } };
    };
    const step = jobs.lint.steps.find(({ uses }) => uses?.includes('/fwspec@'));
    for (const name of Object.keys(step?.with ?? {}))
      expect(Object.keys(action.inputs)).toContain(name);
  });

  test('name the hook that there is, which runs on what lint reads', () => {
    const [hook] = read('.pre-commit-hooks.yaml') as { id: string; entry: string; files: string }[];
    const { repos } = read('examples/ci/pre-commit-config.yaml') as {
      repos: { hooks: { id: string }[] }[];
    };
    expect(repos[0]?.hooks[0]?.id).toBe(hook?.id);
    expect(hook?.entry).toBe('fwspec lint');
    const files = new RegExp(hook?.files ?? '');
    expect(['a.dtb', 'x/a.dts', 'a.dtsi', 'a.c'].map((name) => files.test(name))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
