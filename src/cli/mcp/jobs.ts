import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../../util/index.ts';
import { type Allowed, type Asked, bounds } from './asked.ts';
import { answerProgram, type FromAnswer, type Said, type ToAnswer } from './messages.ts';

/** Seconds that a search has to say what it found, when its time is over. */
const grace = 20;

/** What a process of ours gets of the environment: nothing that tells other programs what to do. */
const passed = ['PATH', 'HOME', 'LANG', 'XDG_CACHE_HOME', 'SystemRoot'];

/** How a question is followed, and ended. */
export interface Following {
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
}

/** Answers questions, each in a process of its own, so many at once. */
export class Jobs {
  readonly #allowed: Allowed;
  readonly #most: number;
  readonly #running = new Set<() => void>();
  readonly #waiting: (() => void)[] = [];
  #atWork = 0;
  #isClosed = false;

  constructor(allowed: Allowed, most: number = Math.max(1, Math.min(4, availableParallelism()))) {
    this.#allowed = allowed;
    this.#most = most;
  }

  /** @throws UsageError where there is no answer */
  async answer(asked: Asked, following: Following): Promise<Said> {
    await this.#turn(following.signal);
    try {
      return await this.#run(asked, following);
    } finally {
      // The turn is handed on, so that nobody comes in between.
      const next = this.#waiting.shift();
      if (next === undefined) this.#atWork--;
      else next();
    }
  }

  /** End everything. */
  close(): void {
    this.#isClosed = true;
    for (const end of this.#running) end();
  }

  async #turn(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw cancelled();
    if (this.#atWork < this.#most) {
      this.#atWork++;
      return;
    }
    if (this.#waiting.length >= bounds.waiting)
      throw new UsageError(
        'cli/busy',
        `${this.#most} requests are at work and ${bounds.waiting} wait: ask again later`,
      );
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push(resolve);
      signal.addEventListener('abort', () => {
        const i = this.#waiting.indexOf(resolve);
        // Who is cancelled while it waits has no turn to hand on.
        if (i >= 0) this.#waiting.splice(i, 1);
        if (i >= 0) reject(cancelled());
      });
    });
  }

  async #run(asked: Asked, following: Following): Promise<Said> {
    if (following.signal.aborted || this.#isClosed) throw cancelled();
    const work = mkdtempSync(join(tmpdir(), 'fwspec-mcp-'));
    try {
      return await this.#follow(asked, following, work);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }

  async #follow(asked: Asked, { signal, progress }: Following, work: string): Promise<Said> {
    const child = started(asked, this.#allowed, work);
    const kill = (): void => end(child);
    const closed = new Promise((resolve) => child.once('close', resolve));
    // Nothing outlives the server.
    const clean = (): void => {
      kill();
      rmSync(work, { recursive: true, force: true });
    };
    this.#running.add(kill);
    process.once('exit', clean);
    signal.addEventListener('abort', kill);
    const send = (message: ToAnswer): void => {
      if (child.connected) child.send(message, () => {});
    };
    const timers = [
      setTimeout(() => send({ kind: 'stop' }), asked.seconds * 1000),
      setTimeout(kill, (asked.seconds + (asked.searches ? grace : 0)) * 1000),
    ];
    const { content: _, ...order } = asked;
    const { folders, linux } = this.#allowed;
    send({ kind: 'order', order: { asked: order, folders, linux, work } });
    const began = performance.now();
    try {
      return await new Promise<Said>((resolve, reject) => {
        child.on('message', (message: FromAnswer) => {
          if (message.kind === 'progress') progress(message.text);
          else if (message.kind === 'said') resolve(message.said);
          else reject(new UsageError('cli/failed', message.text));
        });
        child.on('error', (error) => reject(error));
        child.on('close', () => {
          const isOver = performance.now() - began >= asked.seconds * 1000 - 5;
          reject(signal.aborted ? cancelled() : isOver ? overdue(asked.seconds) : gone());
        });
      });
    } finally {
      for (const timer of timers) clearTimeout(timer);
      kill();
      await closed;
      process.off('exit', clean);
      signal.removeEventListener('abort', kill);
      this.#running.delete(kill);
    }
  }
}

function cancelled(): UsageError {
  return new UsageError('cli/cancelled', 'cancelled');
}

function gone(): UsageError {
  const why = `it took more than ${bounds.memory} MB of memory, or was ended from outside`;
  return new UsageError('cli/gone', `no answer: ${why}`);
}

function overdue(seconds: number): UsageError {
  return new UsageError(
    'cli/overdue',
    `no answer in ${seconds} seconds`,
    'ask for less, or for more of max_seconds',
  );
}

/** A process with as little of its surroundings as there has to be, the first of a group of its own. */
function started({ content }: Asked, { folders }: Allowed, work: string): ChildProcess {
  const kept = passed.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  const child = fork(answerProgram, [], {
    cwd: folders[0] ?? work,
    env: { ...Object.fromEntries(kept), TMPDIR: work },
    execArgv: [`--max-old-space-size=${bounds.memory}`],
    detached: true,
    // Nothing but messages comes from it.
    stdio: [content === null ? 'ignore' : 'pipe', 'ignore', 'ignore', 'ipc'],
  });
  // It may end before it has read everything.
  child.stdin?.on('error', () => {});
  child.stdin?.end(content);
  return child;
}

/** With all the programs that it has started. */
function end(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // All of them are gone, or the system has no groups.
    child.kill('SIGKILL');
  }
}
