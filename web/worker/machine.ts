// Reads a machine and answers questions about it, away from the page so that the page stays fluid. The
// answers are those of the command line, and made by the same functions.
import { expose } from 'comlink';
import { captureIn, isCapture, machineIn, opened } from '../../src/input/index.ts';
import type { Design } from '../../src/linux/index.ts';
import {
  type AssumedIommu,
  asAsked,
  assumedIommus,
  type Capture,
  type CapturedBoot,
  inspect,
  type KernelOptions,
  type Machine,
} from '../../src/machine/index.ts';
import { designOf, nearestRelease, newestKernel } from '../../src/series/index.ts';
import { UsageError } from '../../src/util/index.ts';
import { factsOf, type MachineFacts } from '../machine/facts.ts';
import { inflate } from './inflate.ts';
import { type Said, said } from './said.ts';

export type { Said } from './said.ts';

/** A file that somebody gave: its name, with `/` between folders, and its bytes. */
export type Given = readonly [name: string, bytes: Uint8Array];

/** The kernel that somebody asks about. */
export interface AskedKernel {
  /** Null for the one that was captured, else the newest. */
  readonly kernel: string | null;
  /** Null for the one that firmware hands over. */
  readonly cmdline: string | null;
  readonly kconfig: KernelOptions['kconfig'];
}

/** What is known of a machine before anybody asks. */
export interface ReadMachine {
  /** What could not be used of what was given. */
  readonly notes: readonly string[];
  readonly devices: number;
  /** The release of the kernel that was captured with it; null where none was. */
  readonly captured: string | null;
  /** The kernel that is shown where nobody names one. */
  readonly kernel: string;
  /** PCI functions alone are known: whose IOMMU there is has to be assumed. */
  readonly assumable: boolean;
}

class Answers {
  #machine: Machine | null = null;
  #capture: Capture | null = null;
  #release: string | null = null;

  read(given: readonly Given[], assume: string | null): Promise<Said<ReadMachine>> {
    return said(async () => {
      this.#machine = null;
      const open = await opened(new Map(given), inflate);
      const tools = { inflate, compile: null };
      const machine = await machineIn(open, tools, { tree: null, assume: assumed(assume) });
      const capture = isCapture(open.files) ? await captureIn(open.files) : null;
      this.#machine = machine;
      this.#capture = capture;
      this.#release = capture?.release ?? null;
      return {
        notes: open.notes,
        devices: machine.devices.length,
        captured: this.#release,
        kernel: this.#usualKernel(),
        assumable: machine.firmware === 'none',
      };
    });
  }

  /** What each device gets, and where it is. */
  inspect(asked: AskedKernel): Promise<Said<MachineFacts>> {
    return said(() => {
      const { design, machine, config, options } = this.#boot(asked);
      return factsOf(machine, inspect(machine, design, config, options), design.name);
    });
  }

  #usualKernel(): string {
    return this.#release === null ? newestKernel : nearestRelease(this.#release).name;
  }

  #boot({ kernel, cmdline, kconfig }: AskedKernel): CapturedBoot & { readonly design: Design } {
    if (this.#machine === null) throw new UsageError('web/no-machine', 'no machine is open');
    const design = designOf(kernel ?? this.#usualKernel());
    return { design, ...asAsked(this.#machine, this.#capture, design, { cmdline, kconfig }) };
  }
}

function assumed(name: string | null): AssumedIommu | null {
  return assumedIommus.find((known) => known === name) ?? null;
}

export type MachineApi = Answers;

expose(new Answers());
