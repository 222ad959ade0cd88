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
    if (this.#open?.from !== from || this.#open.assume !== assume)
      this.#open = { from, assume, read: this.#read(from, assume) };
    return this.#open.read;
  }

  async #read(from: string, assume: string | null): Promise<Said<OpenMachine>> {
    const files = await this.#filesOf(from);
    if ('error' in files) return files;
    const said = await this.ask.read(files.ok, assume);
    return 'error' in said ? said : { ok: { ...said.ok, from } };
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
