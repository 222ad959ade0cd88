// Reads a machine and answers questions about it, away from the page so that the page stays fluid. The
// answers are those of the command line, and made by the same functions.
import { expose } from 'comlink';
import { captureIn, isCapture, machineIn, opened, treeTitles } from '../../src/input/index.ts';
import type { Design, Kconfig } from '../../src/linux/index.ts';
import {
  type AssumedIommu,
  asAsked,
  assumedIommus,
  type Capture,
  type CapturedBoot,
  type Company,
  companyOf,
  deviceNamed,
  devicesNamed,
  type Explainer,
  explainerOf,
  inspect,
  kconfigIn,
  type Machine,
  type PartAt,
  partAt,
  type Reading,
  type Readings,
  readingsOf,
  shapesByDevice,
} from '../../src/machine/index.ts';
import {
  changesBetween,
  type DeviceChange,
  type ExplainDocument,
  explainJson,
  type InspectDocument,
  inspectJson,
} from '../../src/report/index.ts';
import {
  designOf,
  kernels,
  nearestRelease,
  newestKernel,
  threadKernel,
} from '../../src/series/index.ts';
import { present, UsageError } from '../../src/util/index.ts';
import type { ReadAs } from '../app/machines.ts';
import { factsOf, type MachineFacts } from '../machine/facts.ts';
import { inflate } from './inflate.ts';
import type { DeviceShape } from './races/subject.ts';
import { type Said, said } from './said.ts';

export type { Said } from './said.ts';

/** A file that somebody gave: its name, with `/` between folders, and its bytes. */
export type Given = readonly [name: string, bytes: Uint8Array];

/** The kernel that somebody asks about. */
export interface AskedKernel {
  /** Null for the newest, as on the command line. */
  readonly kernel: string | null;
  /** Null for the one that firmware hands over. */
  readonly cmdline: string | null;
  /** Options as `--kconfig` takes them, with commas between; null for what is usual. */
  readonly kconfig: string | null;
}

/** What is known of a machine before anybody asks. */
export interface ReadMachine {
  /** What could not be used of what was given. */
  readonly notes: readonly string[];
  readonly devices: number;
  /** The kernel that was captured with it, and the nearest to it in the model; null where none was. */
  readonly captured: { readonly release: string; readonly kernel: string } | null;
  /** PCI functions alone are known: whose IOMMU there is has to be assumed. */
  readonly assumable: boolean;
  /** What the devicetrees are called that one can choose from; none where there is no choice. Raw. */
  readonly trees: readonly string[];
}

/** Something that the machine was read from. */
export interface SourceEntry {
  /** `devicetree`, the signature of a table, or the name of a PCI function. */
  readonly source: string;
  readonly file: string | null;
  /** In bytes. */
  readonly size: number;
}

/** What two kernels make of the machine. */
export interface Compared {
  readonly document: InspectDocument;
  readonly changes: readonly DeviceChange[];
}

/** A boot with everything written down, for one kernel. */
interface Explained {
  readonly key: string;
  readonly kernel: string;
  readonly machine: Machine;
  readonly config: Kconfig;
  readonly explainer: Explainer;
  readings: Readings | null;
}

class Answers {
  #explained: Explained | null = null;
  #machine: Machine | null = null;
  #capture: Capture | null = null;
  #trees: readonly string[] = [];
  #reads = 0;

  /** Of two that are read at once, the one that was asked for last is open then. */
  read(given: readonly Given[], { assume, tree }: ReadAs): Promise<Said<ReadMachine>> {
    return said(async () => {
      const read = ++this.#reads;
      this.#machine = null;
      this.#explained = null;
      this.#trees = [];
      const open = await opened(new Map(given), inflate);
      const tools = { inflate, compile: null };
      const trees = treeTitles(open);
      if (read === this.#reads) this.#trees = trees;
      const choice = { tree: treeNumber(tree), assume: assumed(assume) };
      const machine = await machineIn(open, tools, choice);
      const capture = isCapture(open.files) ? await captureIn(open.files) : null;
      if (read !== this.#reads) throw otherOpened();
      this.#machine = machine;
      this.#capture = capture;
      const release = capture?.release ?? null;
      return {
        notes: open.notes,
        devices: machine.devices.length,
        captured: release === null ? null : { release, kernel: nearestRelease(release).name },
        assumable: machine.firmware === 'none',
        trees,
      };
    });
  }

  /** What the devicetrees of what was given last are called, whether or not there is a machine in it. */
  trees(): readonly string[] {
    return this.#trees;
  }

  /** Every kernel of the model, by name, oldest first. */
  kernels(): readonly string[] {
    return kernels.map(({ design }) => design.name);
  }

  /** What each device gets, and where it is. */
  inspect(asked: AskedKernel): Promise<Said<MachineFacts>> {
    return said(() => {
      const { design, machine, config, options } = this.#boot(asked);
      return factsOf(machine, inspect(machine, design, config, options), design.name);
    });
  }

  /** A device as races about it are explored: its shape, and how the kernel is built for it. */
  shape(device: string, kernel: string | null, kconfig: string | null): Promise<Said<DeviceShape>> {
    return said(() => {
      const asked = { kernel: kernel ?? threadKernel, cmdline: null, kconfig };
      const { design, machine, config, options } = this.#boot(asked);
      const { name } = deviceNamed(machine, device);
      const found = [...shapesByDevice(machine, design, config, options)].find(
        ([of]) => of.name === name,
      )?.[1];
      if (found === undefined || typeof found === 'string')
        throw new UsageError(
          'cli/nothing-to-explore',
          `nothing to explore for ${name}: ${found ?? 'no shape of devices has it'}`,
        );
      return { name, shape: found, config };
    });
  }

  /** What another kernel makes of the machine, and what is different from `from`. */
  compare(from: AskedKernel, to: AskedKernel): Promise<Said<Compared>> {
    return said(() => {
      const [before, document] = [from, to].map((asked) => this.#inspected(asked)) as [
        InspectDocument,
        InspectDocument,
      ];
      return { document, changes: changesBetween(before, document) };
    });
  }

  /** Why a device gets what it gets. */
  explain(asked: AskedKernel, device: string): Promise<Said<ExplainDocument>> {
    return said(() => {
      const { machine, explainer, kernel } = this.#explainerFor(asked);
      const [first, ...others] = devicesNamed(machine, device).map((of) => explainer.explain(of));
      return explainJson([present(first, device), ...others], kernel);
    });
  }

  /** Whether it can be given to a guest by itself, as `fwspec groups` answers it, and who is in its group. */
  companies(asked: AskedKernel, device: string): Promise<Said<readonly Company[]>> {
    return said(() => {
      const { machine, explainer, config } = this.#explainerFor(asked);
      return devicesNamed(machine, device).map((of) => companyOf(machine, explainer, config, of));
    });
  }

  /** All that the machine was read from. */
  sources(): Promise<Said<readonly SourceEntry[]>> {
    return said(() => {
      const { sources = new Map() } = this.#opened();
      return [...sources].map(([source, { file, bytes }]) => ({
        source,
        file,
        size: bytes.length,
      }));
    });
  }

  bytes(source: string): Promise<Said<Uint8Array>> {
    return said(() => {
      const found = this.#opened().sources?.get(source);
      if (found === undefined) throw new UsageError('web/no-source', `there is no ${source}`);
      return found.bytes;
    });
  }

  /** What the chains of all devices read of a source. */
  readings(asked: AskedKernel, source: string): Promise<Said<readonly Reading[]>> {
    return said(() => {
      const explained = this.#explainerFor(asked);
      explained.readings ??= readingsOf(explained.machine, explained.explainer);
      return explained.readings.get(source) ?? [];
    });
  }

  /** What a byte of a source is part of; null where nothing is read there. */
  part(source: string, offset: number): Promise<Said<PartAt | null>> {
    return said(() => partAt(this.#opened(), source, offset));
  }

  #explainerFor(asked: AskedKernel): Explained {
    const key = JSON.stringify(asked);
    if (this.#explained?.key === key) return this.#explained;
    const { design, machine, config, options } = this.#boot(asked);
    const explainer = explainerOf(machine, design, config, options);
    this.#explained = { key, kernel: design.name, machine, config, explainer, readings: null };
    return this.#explained;
  }

  #inspected(asked: AskedKernel): InspectDocument {
    const { design, machine, config, options } = this.#boot(asked);
    return inspectJson(inspect(machine, design, config, options), design.name);
  }

  #opened(): Machine {
    if (this.#machine === null) throw new UsageError('web/no-machine', 'no machine is open');
    return this.#machine;
  }

  #boot({ kernel, cmdline, kconfig }: AskedKernel): CapturedBoot & { readonly design: Design } {
    const machine = this.#opened();
    const design = designOf(kernel ?? newestKernel);
    const options = { cmdline, kconfig: kconfig === null ? {} : kconfigIn([kconfig]) };
    return { design, ...asAsked(machine, this.#capture, design, options) };
  }
}

function otherOpened(): UsageError {
  return new UsageError('web/other-machine', 'another machine was opened meanwhile');
}

function assumed(name: string | null): AssumedIommu | null {
  const found = assumedIommus.find((known) => known === name) ?? null;
  if (found !== null || name === null) return found;
  const all = assumedIommus.join(', ');
  throw new UsageError('cli/bad-option', `assume takes ${all}, not "${name}"`);
}

function treeNumber(text: string | null): number | null {
  if (text === null) return null;
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new UsageError('cli/bad-option', `a devicetree has a number from 1 on, not "${text}"`);
}

export type MachineApi = Answers;

expose(new Answers());
