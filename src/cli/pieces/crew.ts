import { Worker } from 'node:worker_threads';
import { ModelError } from '../../explore/index.ts';
import { givenUp, type Life, newLife, watchOver } from '../kernel/watch.ts';
import { pieceThread } from '../search/messages.ts';
import type { Interruption } from '../search/request.ts';
import type { FromThread, ToThread } from './messages.ts';
import { type Hands, patchIn, type ResultOf, type Work } from './piece.ts';

/** What a piece has thrown, or its thread died of: nobody expected it. */
export class Thrown extends ModelError {}

interface Job {
  readonly make: () => Work;
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/** A thread, and what is done with what comes of it. */
interface Member {
  readonly thread: Worker;
  readonly life: Life;
  onMessage: (message: FromThread) => void;
  /** Null where it ended without an error. */
  onEnd: (error: Error | null) => void;
}

/** Threads that do pieces side by side; there are as many as there is work for, up to a number. */
export class Crew implements Hands {
  readonly count: number;
  readonly #interruption: Interruption;
  readonly #progress: (text: string) => void;
  readonly #waiting: Job[] = [];
  readonly #members = new Set<Member>();
  readonly #idle: Member[] = [];
  #next = 0;

  constructor(count: number, interruption: Interruption, progress: (text: string) => void) {
    this.count = count;
    this.#interruption = interruption;
    this.#progress = progress;
    interruption.onRequest = () => {
      for (const { thread } of this.#members) tell(thread, { kind: 'stop' });
      this.#employ();
    };
  }

  run<W extends Work>(make: () => W): Promise<ResultOf<W> | null> {
    const promise = new Promise<ResultOf<W> | null>((resolve, reject) => {
      this.#waiting.push({ make, resolve, reject });
    });
    // Whoever waits for it sees the error; until then it is nobody's.
    promise.catch(() => {});
    this.#employ();
    return promise;
  }

  async close(): Promise<void> {
    this.#interruption.onRequest = undefined;
    const all = [...this.#members];
    this.#members.clear();
    await Promise.all(all.map(({ thread }) => thread.terminate()));
  }

  #employ(): void {
    while (this.#next < this.#waiting.length) {
      const { requested } = this.#interruption;
      const canHire = this.#members.size < this.count;
      if (!requested && this.#idle.length === 0 && !canHire) return;
      const job = this.#waiting[this.#next++] as Job;
      if (requested) job.resolve(null as never);
      else this.#begin(job);
    }
    this.#waiting.length = 0;
    this.#next = 0;
  }

  #begin({ make, resolve, reject }: Job): void {
    const member = this.#idle.pop() ?? this.#hire();
    const piece = make();
    const patch = patchIn(piece);
    const isAsked = (): boolean => this.#interruption.requested;
    const maxSeconds = piece.kind === 'search' ? piece.request.maxSeconds : null;
    const endWatch =
      patch === null
        ? () => {}
        : watchOver(member.life, { patch, maxSeconds }, isAsked, (error) => {
            this.#dismiss(member);
            end(() => reject(new ModelError(error.message)));
          });
    const end = (settle: () => void): void => {
      endWatch();
      member.onMessage = member.onEnd = () => {};
      settle();
      this.#employ();
    };
    member.onEnd = (error) => {
      this.#dismiss(member);
      end(() => reject(error ?? givenUp(patch, 'ends the program')));
    };
    member.onMessage = (message) => {
      if (message.kind === 'progress') {
        this.#progress(message.text);
        return;
      }
      this.#idle.push(member);
      if (message.kind === 'done') end(() => resolve(message.result as never));
      if (message.kind === 'failed') {
        const { isOfModel, message: text } = message;
        end(() => reject(isOfModel ? new ModelError(text) : new Thrown(text)));
      }
    };
    tell(member.thread, { kind: 'do', piece });
  }

  #hire(): Member {
    const life = newLife();
    const thread = new Worker(pieceThread, { workerData: life });
    const member: Member = { thread, life, onMessage: () => {}, onEnd: () => {} };
    this.#members.add(member);
    thread.on('message', (message: FromThread) => member.onMessage(message));
    thread.on('error', (error) =>
      member.onEnd(error instanceof Error ? error : new Error(String(error))),
    );
    thread.on('exit', () => {
      if (this.#members.has(member)) member.onEnd(null);
    });
    return member;
  }

  #dismiss(member: Member): void {
    if (this.#members.delete(member)) void member.thread.terminate();
  }
}

function tell(thread: Worker, message: ToThread): void {
  thread.postMessage(message);
}
