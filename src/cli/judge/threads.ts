import { Worker } from 'node:worker_threads';
import { ModelError } from '../../explore/index.ts';
import type { Interruption } from '../search/request.ts';
import { inPackage } from '../system/package.ts';
import type { Ran, RunRequest } from './run.ts';

export type ToJudgeThread =
  | { readonly kind: 'run'; readonly request: RunRequest }
  | { readonly kind: 'stop' };

export type FromJudgeThread =
  | { readonly kind: 'progress'; readonly text: string }
  | { readonly kind: 'done'; readonly result: Ran }
  | { readonly kind: 'failed'; readonly message: string; readonly isOfModel: boolean };

interface Job {
  readonly request: RunRequest;
  readonly resolve: (ran: Ran) => void;
  readonly reject: (error: Error) => void;
}

/** Threads that explore side by side; there are as many as there is work for, up to a number. */
export class JudgeThreads {
  readonly #most: number;
  readonly #interruption: Interruption;
  readonly #progress: (text: string) => void;
  readonly #waiting: Job[] = [];
  readonly #threads = new Set<Worker>();
  readonly #idle: Worker[] = [];
  readonly #jobs = new Map<Worker, Job>();

  constructor(most: number, interruption: Interruption, progress: (text: string) => void) {
    this.#most = most;
    this.#interruption = interruption;
    this.#progress = progress;
    interruption.onRequest = () => {
      for (const thread of this.#threads) tell(thread, { kind: 'stop' });
    };
  }

  /** @throws ModelError where the program cannot be explored */
  run(request: RunRequest): Promise<Ran> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      this.#employ();
    });
  }

  async close(): Promise<void> {
    this.#interruption.onRequest = undefined;
    const all = [...this.#threads];
    this.#threads.clear();
    await Promise.all(all.map((thread) => thread.terminate()));
  }

  #employ(): void {
    if (this.#waiting.length === 0) return;
    const thread = this.#idle.pop() ?? (this.#threads.size < this.#most ? this.#hire() : null);
    if (thread === null) return;
    const job = this.#waiting.shift() as Job;
    this.#jobs.set(thread, job);
    tell(thread, { kind: 'run', request: job.request });
  }

  #hire(): Worker {
    const thread = new Worker(inPackage('dist/cli/judge-thread.js'));
    this.#threads.add(thread);
    if (this.#interruption.requested) tell(thread, { kind: 'stop' });
    thread.on('message', (message: FromJudgeThread) => {
      if (message.kind === 'progress') {
        this.#progress(message.text);
        return;
      }
      const job = this.#jobs.get(thread);
      this.#jobs.delete(thread);
      this.#idle.push(thread);
      if (message.kind === 'done') job?.resolve(message.result);
      else {
        const { isOfModel, message: text } = message;
        job?.reject(isOfModel ? new ModelError(text) : new Error(text));
      }
      this.#employ();
    });
    const end = (error: unknown): void => {
      if (this.#threads.delete(thread))
        this.#jobs.get(thread)?.reject(error instanceof Error ? error : new Error(String(error)));
    };
    thread.on('error', end);
    thread.on('exit', () => end('a thread ended'));
    return thread;
  }
}

function tell(thread: Worker, message: ToJudgeThread): void {
  thread.postMessage(message);
}
