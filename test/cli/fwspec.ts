import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unpack } from '../machine/capture/packed-captures.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const program = join(root, 'dist/cli/main.js');

/** Build what the tests run. */
export function build(): void {
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'build'], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the build fails:\n${stdout}${stderr}`);
}

/** What a run of the program came to. */
export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: Uint8Array;
  /** The folder it runs in; the repository's root unless told. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Send SIGINT after so many milliseconds. */
  readonly interruptAfter?: number;
  /** Close standard output after so many bytes, as `head -c` does. */
  readonly readOnly?: number;
}

/** Run `fwspec` in the repository's root. */
export function fwspec(args: readonly string[], options: RunOptions = {}): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: options.cwd ?? root,
      env: { ...process.env, NO_COLOR: '', FORCE_COLOR: '', COLUMNS: '', ...options.env },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (options.readOnly !== undefined && stdout.length >= options.readOnly)
        child.stdout.destroy();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.on('error', () => {}); // the program may end before it has read everything
    child.stdin.end(options.input ?? '');
    if (options.interruptAfter !== undefined)
      setTimeout(() => child.kill('SIGINT'), options.interruptAfter);
  });
}

/**
 * Run it and send SIGINT while it works: later and later, as long as that comes before the program
 * has got far enough to listen.
 */
export async function interrupted(args: readonly string[]): Promise<Result> {
  for (let delay = 1000; ; delay *= 2) {
    const result = await fwspec(args, { interruptAfter: delay });
    if (result.code !== null || delay > 10_000) return result;
  }
}

/** A devicetree of `test/fixtures/dtb`. */
export function fixture(name: string): string {
  return `test/fixtures/dtb/${name}.dtb`;
}

const unpacked = new Map<string, string>();

/** A directory with a machine of `test/fixtures/captures` and what its kernel decided. */
export function capture(name: string): string {
  const known = unpacked.get(name);
  if (known !== undefined) return known;
  const folder = scratch();
  unpack(name, folder);
  unpacked.set(name, folder);
  return folder;
}

/** The capture of another kernel: in it no group was made for `device`. */
export function captureWithout(
  name: string,
  device: string,
  keys: readonly string[] = ['group'],
): string {
  const folder = scratch();
  cpSync(capture(name), folder, { recursive: true });
  const file = join(folder, 'expected.json');
  const answers = JSON.parse(readFileSync(file, 'utf8'));
  for (const of of answers.devices) if (of.name === device) for (const key of keys) delete of[key];
  writeFileSync(file, JSON.stringify(answers));
  return folder;
}

/** An empty folder; the system clears it away. */
export function scratch(): string {
  return mkdtempSync(join(tmpdir(), 'fwspec-test-'));
}

/** The elapsed time, which is different each time, as `N.NN s`. */
export function withoutTime(text: string): string {
  return text.replace(/ {3}\d+\.\d\d s$/gm, '   N.NN s');
}
