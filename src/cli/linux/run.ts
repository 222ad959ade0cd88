import { type ChildProcess, spawn } from 'node:child_process';
import { UsageError } from '../../util/index.ts';

export interface Ran {
  /** Null where it could not be started, or was ended by a signal. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How much of what a program writes is kept. */
const most = 1 << 22;

/** What would make a kernel's makefile do something else than it is told. */
const meddling =
  /^(MAKE.*|MFLAGS|GNUMAKEFLAGS|K(BUILD|C|A|CPP|RUST)[A-Z_]*|ARCH|SRCARCH|SUBARCH|LLVM.*|CC|LD|AR|NM|HOST[A-Z]+|CROSS_COMPILE.*|LOCALVERSION|O|V|W|C|M)$/;

/** What runs now. */
const running = new Set<ChildProcess>();
let stopped = false;

/** End what runs: whoever waits for it is refused, as {@link ran} is from now on. */
export function stopRunning(): void {
  stopped = true;
  for (const child of running) child.kill();
}

/** Run a program to its end. What it is told does not hang on who calls. */
export function ran(program: string, args: readonly string[], cwd = '/'): Promise<Ran> {
  const entries = Object.entries(process.env).filter(([name]) => !meddling.test(name));
  const env = { ...Object.fromEntries(entries), LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0' };
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    const texts = ['', ''];
    [child.stdout, child.stderr].forEach((stream, i) => {
      stream.setEncoding('latin1');
      stream.on('data', (text: string) => {
        if ((texts[i] as string).length < most) texts[i] += text;
      });
    });
    const end = (status: number | null): void => {
      running.delete(child);
      if (stopped) reject(new UsageError('cli/interrupted', 'interrupted before all was compiled'));
      resolve({ status, stdout: texts[0] as string, stderr: texts[1] as string });
    };
    child.on('error', () => end(null));
    child.on('close', end);
  });
}

/** The line that says what went wrong, of all that a program wrote. */
export function firstError({ stdout, stderr }: Ran): string {
  const lines = `${stderr}\n${stdout}`.split('\n').map((line) => line.trim());
  // make itself only tells what it gave up.
  const own = lines.filter((line) => /\w/.test(line) && !/^make\b/.test(line));
  const found =
    own.find((line) => /\berror\b/i.test(line)) ?? own.find((line) => line.includes('***'));
  return found ?? own[0] ?? lines.find((line) => line !== '') ?? 'it says nothing';
}
