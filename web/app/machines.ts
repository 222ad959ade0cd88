// The machine that is open: one at a time, read by a worker of its own, which keeps it.
import { wrap } from 'comlink';
import type { Given, MachineApi, ReadMachine, Said } from '../worker/machine.ts';
import type { Route } from './route.ts';

type Remote = ReturnType<typeof wrap<MachineApi>>;

/** A machine that could be read, and where it is from: `given`, `dropped`, `example/NAME`. */
export interface OpenMachine extends ReadMachine {
  readonly from: string;
}

/** What somebody says about how a machine is read. */
export interface ReadAs {
  /** Whose IOMMU is assumed where there are PCI functions alone; null where nobody says. */
  readonly assume: string | null;
  /** The number of a devicetree, of several in a file; null where nobody says. */
  readonly tree: string | null;
}

export function readAsIn({ params: { assume, tree } }: Route): ReadAs {
  return { assume: assume ?? null, tree: tree ?? null };
}

export class Machines {
  #worker: Remote | null = null;
  #open: {
    readonly from: string;
    readonly as: ReadAs;
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
  open(from: string, as: ReadAs): Promise<Said<OpenMachine>> {
    const { assume, tree } = as;
    const open = this.#open;
    if (open?.from === from && open.as.assume === assume && open.as.tree === tree) return open.read;
    const opens = ++this.#opens;
    const read = this.#read(from, as, opens);
    this.#open = { from, as, read };
    return read;
  }

  async #read(from: string, as: ReadAs, opens: number): Promise<Said<OpenMachine>> {
    const files = await this.#filesOf(from);
    // Files may come in another order than they were asked for: the worker gets those asked for last.
    if (opens !== this.#opens) return { error: 'Another machine was opened meanwhile.' };
    const said = 'error' in files ? files : await this.ask.read(files.ok, as);
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
