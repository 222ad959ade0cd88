// The machine that is open: one at a time, read by a worker of its own, which keeps it.
import { wrap } from 'comlink';
import type { Given, MachineApi, ReadMachine, Said } from '../worker/machine.ts';

type Remote = ReturnType<typeof wrap<MachineApi>>;

/** A machine that could be read, and where it is from: `given`, `dropped`, `example/NAME`. */
export interface OpenMachine extends ReadMachine {
  readonly from: string;
}

export class Machines {
  #worker: Remote | null = null;
  #open: {
    readonly from: string;
    readonly assume: string | null;
    readonly read: Promise<Said<OpenMachine>>;
  } | null = null;
  /** How often a machine was opened. */
  #opens = 0;
  /** What was dropped last: a link cannot bring it back after a reload. */
  #dropped: readonly Given[] | null = null;

  /** Asks questions about the machine that is open. */
  get ask(): Remote {
    this.#worker ??= wrap<MachineApi>(
      new Worker(new URL('../worker/machine.ts', import.meta.url), {
        type: 'module',
        name: 'machine',
      }),
    );
    return this.#worker;
  }

  /** Keep what somebody dropped, to be opened as `dropped`. */
  drop(files: readonly Given[]): void {
    this.#dropped = files;
    if (this.#open?.from === 'dropped') this.#open = null;
  }

  /** Open a machine, unless it is open. */
  open(from: string, assume: string | null = null): Promise<Said<OpenMachine>> {
    if (this.#open?.from === from && this.#open.assume === assume) return this.#open.read;
    const opens = ++this.#opens;
    const read = this.#read(from, assume, opens);
    this.#open = { from, assume, read };
    return read;
  }

  async #read(from: string, assume: string | null, opens: number): Promise<Said<OpenMachine>> {
    const files = await this.#filesOf(from);
    // Files may come in another order than they were asked for: the worker gets those asked for last.
    if (opens !== this.#opens) return { error: 'Another machine was opened meanwhile.' };
    const said = 'error' in files ? files : await this.ask.read(files.ok, assume);
    if ('ok' in said) return { ok: { ...said.ok, from } };
    // It may be there when somebody asks again.
    if (opens === this.#opens) this.#open = null;
    return said;
  }

  async #filesOf(from: string): Promise<Said<readonly Given[]>> {
    if (from === 'dropped') {
      if (this.#dropped !== null) return { ok: this.#dropped };
      return {
        error: 'This link is about files that were opened here before. Open them again to see it.',
      };
    }
    const { fetched } = await import('./fetched.ts');
    return await fetched(from);
  }
}
