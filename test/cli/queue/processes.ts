// A real server of Redis, real workers and real clients, all on this machine.
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { afterAll } from 'vitest';
import { root } from '../fwspec.ts';

/** A process, and what it has written so far. */
export class Running {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly ended: Promise<number | null>;
  #onText: () => void = () => {};

  constructor(
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ) {
    const clean = { NO_COLOR: '', FORCE_COLOR: '', COLUMNS: '' };
    this.child = spawn(command, args, { cwd: root, env: { ...process.env, ...clean, ...env } });
    running.add(this);
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.#onText();
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      this.#onText();
    });
    this.ended = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('close', (code) => {
        running.delete(this);
        resolve(code);
        this.#onText();
      });
    });
    this.ended.catch(() => {});
  }

  /** Until it has written this somewhere. */
  async says(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.stdout + this.stderr)) {
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(`ended without ${pattern}:\n${this.stdout}${this.stderr}`);
      await new Promise<void>((resolve) => {
        this.#onText = resolve;
      });
    }
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.child.kill(signal);
    await this.ended;
  }

  /** What it says it has done, by the names of the pieces. */
  get done(): string[] {
    return [...this.stderr.matchAll(/^fwspec: (\w{8}) done in /gm)].map(([, id = '']) => id);
  }
}

const running = new Set<Running>();

afterAll(async () => {
  await Promise.all([...running].map((one) => one.kill()));
});

/** A port of this machine that nobody uses. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** A server that keeps what it has in a folder; started again there, it has it all. */
export async function redis(
  port: number,
  folder: string,
  ...more: readonly string[]
): Promise<Running> {
  const local = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder];
  const server = new Running('redis-server', [
    ...local,
    '--save',
    '',
    '--appendonly',
    'yes',
    ...more,
  ]);
  await server.says(/Ready to accept connections/);
  return server;
}

const program = `${root}/dist/cli/main.js`;

/** A worker; one that is killed is missed after a second, where that is asked for by `--lock 1`. */
export async function worker(url: string, ...more: readonly string[]): Promise<Running> {
  const args = [program, 'worker', '--queue', url, '--jobs', '1', ...more];
  const started = new Running(process.execPath, args);
  await started.says(/ at once, from /);
  return started;
}

export function client(url: string, args: readonly string[]): Running {
  return new Running(process.execPath, [program, ...args, '--queue', url]);
}
