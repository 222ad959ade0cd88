// A machine out of what was given. Nothing here reads a file: bytes come by their names.

import {
  type Acpi,
  type Fdt,
  parseFdt,
  parseLspci,
  readAcpi,
  type SourceLines,
} from '../firmware/index.ts';
import {
  type AssumedIommu,
  bootargsOf,
  type Machine,
  machineFromAcpi,
  machineFromDevicetree,
  machineFromFunctions,
} from '../machine/index.ts';
import { FormatError } from '../util/index.ts';
import { refuse } from './bytes.ts';
import { type ChosenTree, choiceOf, numbered, titlesIn, treeOf } from './devicetree.ts';
import { readDevicetreeFolder } from './devicetree-folder.ts';
import { bytesIn, type Files, nameInCommands, naming, soleFile, textOf } from './files.ts';
import { type Functions, functionsIn, noFunctions } from './functions.ts';
import { partsOf } from './parts.ts';
import { lacking, lacksBytes, plainBytes, recognise } from './recognise/recognise.ts';
import { blobSource, pciSources, tableSources, titled, withSources } from './sources.ts';
import type { Tools } from './tools.ts';
import { bareName, gunzip, type Opened } from './unpack.ts';

/** What of several things in one file is asked for. */
export interface Choice {
  /** The number of a devicetree, from 1 on; null where nobody says. */
  readonly tree: number | null;
  /** Whose IOMMU is assumed where there are PCI functions alone; null where nobody says. */
  readonly assume?: AssumedIommu | null;
}

/**
 * The machine that files describe: one file, a devicetree blob or source, ACPI tables or PCI functions in
 * any form; or several, `machine.dtb`, `devicetree/` or `acpi/` and perhaps `pci/` or `lspci.txt`.
 *
 * @throws FormatError when they describe none, with what they are and what to do
 */
export async function machineIn(
  { files, notes }: Opened,
  tools: Tools,
  choice: Choice = { tree: null },
): Promise<Machine> {
  const name = soleFile(files);
  const machine =
    name === null
      ? await fromFolder(files, tools, choice)
      : await fromFile(files, name, noFunctions, tools, choice);
  return { ...machine, notes: [...notes, ...machine.notes] };
}

/**
 * What the devicetrees are called that `Choice.tree` chooses among; none where a machine is given in
 * another way, or damaged. Raw.
 */
export function treeTitles(open: Opened): string[] {
  try {
    return titlesGiven(open);
  } catch (error) {
    // Whoever reads the machine is told what is wrong.
    if (error instanceof FormatError) return [];
    throw error;
  }
}

function titlesGiven({ files }: Opened): string[] {
  const sole = soleFile(files);
  const { tables, blob } = sole === null ? partsOf(files) : { tables: null, blob: sole };
  const name = tables === null ? blob : null;
  return name === null ? [] : titlesIn(bytesIn(files, name));
}

async function fromFolder(files: Files, tools: Tools, choice: Choice): Promise<Machine> {
  const parts = partsOf(files);
  const functions = functionsIn(files, parts.lspci);
  const { pci } = functions;
  try {
    const machine = await fromParts(files, parts, functions, tools, choice);
    const whole = withSources(machine, machine.sources ?? new Map(), functions.sources);
    const { text } = functions;
    return text === null ? whole : titled(whole, text.file, text.content);
  } catch (error) {
    // A configuration space is called by its function where no file is known.
    if (error instanceof FormatError && error.file !== null && pci.has(error.file))
      error.file = `${functions.text?.file ?? 'pci'}/${error.file}`;
    throw error;
  }
}

async function fromParts(
  files: Files,
  parts: ReturnType<typeof partsOf>,
  functions: Functions,
  tools: Tools,
  choice: Choice,
): Promise<Machine> {
  const { pci } = functions;
  const { tables, blob, devicetree } = parts;
  if (tables !== null) {
    const { folder, names } = tables;
    const machine = fromTables(acpiIn(files, folder, names), folder, pci);
    const shown = files.has('expected.json') || pci.size > 0 ? machine : withoutFunctions(machine);
    return folder === '' ? shown : { ...shown, ...(await besides(files, shown)) };
  }
  if (blob !== null) return await fromFile(files, blob, functions, tools, choice);
  if (devicetree !== null) {
    const folder = devicetree.slice(0, -1);
    const bytes = readDevicetreeFolder(files, devicetree);
    return await naming(folder, () => fromTree(treeOf(folder, bytes, choice.tree), pci, null));
  }
  return machineFromFunctions(pci, choice.assume);
}

/** Where UEFI boots a kernel that reads ACPI, a tree beside the tables says no more than the command line. */
async function besides(files: Files, { notes }: Machine): Promise<Partial<Machine>> {
  const name = 'machine.dtb';
  if (!files.has(name)) return { bootargs: '' };
  return await naming(name, () => {
    const fdt = parseFdt(bytesIn(files, name));
    const bootargs = bootargsOf(fdt);
    return isStub(fdt) ? { bootargs } : { bootargs, notes: [bothDescribed, ...notes] };
  });
}

/** Nothing but what a boot loader says. @linux arch/arm64/kernel/acpi.c dt_is_stub */
function isStub({ root }: Fdt): boolean {
  return root.children.every(({ name }) => /^(?:chosen|hypervisor)$/.test(name));
}

const bothDescribed =
  'machine.dtb describes devices, as the tables do: on Arm, Linux takes it instead of them, unless acpi=on or acpi=force is given; fwspec takes the tables, and machine.dtb when it is given alone';

function acpiIn(files: Files, folder: string, names: readonly string[]): Acpi {
  const given = names.map((name) => ({ name, bytes: plainBytes(bytesIn(files, folder + name)) }));
  try {
    const [first] = given.filter(({ bytes }) => lacksBytes(bytes));
    if (first !== undefined) {
      const error = refuse('lost', 'file', 0, 'an ACPI table', lacking.what, lacking.hint ?? '');
      throw Object.assign(error, { file: first.name });
    }
    return readAcpi(given);
  } catch (error) {
    if (error instanceof FormatError)
      error.file = error.file === null ? folder.slice(0, -1) || null : folder + error.file;
    throw error;
  }
}

type Pci = Functions['pci'];

function fromTables(acpi: Acpi, place: string, pci: Pci): Machine {
  return fromAcpi(acpi, pci, (file) => `${place}${file}`);
}

function fromAcpi(acpi: Acpi, pci: Pci, place: (file: string) => string): Machine {
  const machine = machineFromAcpi(acpi, pci);
  const ignored = acpi.notes.map(({ message }) => message);
  const whole = { ...machine, notes: [...ignored, ...machine.notes] };
  return withSources(whole, tableSources(acpi, place));
}

/** Tables do not show PCI functions, and whoever gives tables alone may not know. */
function withoutFunctions(machine: Machine): Machine {
  const note =
    'no PCI function is shown: put what sudo lspci -xxxx prints beside the tables, as lspci.txt';
  const shows = machine.devices.some(({ bus }) => bus === 'pci');
  return shows ? machine : { ...machine, notes: [...machine.notes, note] };
}

function fromTree(tree: ChosenTree, pci: Pci, lines: SourceLines | null): Machine {
  const { file, fdt, bytes, notes } = tree;
  const machine = machineFromDevicetree(fdt, pci);
  const whole = { ...machine, notes: [...notes, ...machine.notes] };
  return withSources(whole, blobSource(file, bytes, lines));
}

/** What one file describes, with the functions that are shown beside it. */
async function fromFile(
  files: Files,
  name: string,
  functions: Functions,
  tools: Tools,
  choice: Choice,
): Promise<Machine> {
  return await naming(name, () => fromBytes(name, bytesIn(files, name), functions, tools, choice));
}

async function fromBytes(
  name: string,
  given: Uint8Array,
  functions: Functions,
  tools: Tools,
  choice: Choice,
): Promise<Machine> {
  const kind = recognise(name, given);
  const { pci } = functions;
  switch (kind.is) {
    case 'gzip': {
      const content = await gunzip(given, tools.inflate);
      const inside = bareName(name);
      // There is a file that unpacks to itself.
      if (recognise(inside, content).is === 'gzip')
        throw refusal(name, given, 'a gzip file in another', 'unpack it first: gzip -d FILE');
      return await fromBytes(inside, content, functions, tools, choice);
    }
    case 'devicetree':
      return fromTree(treeOf(name, kind.bytes, choice.tree), pci, null);
    case 'source': {
      if (tools.compile === null) throw sourceRefusal(name);
      const { blob, lines } = await tools.compile(name, kind.bytes);
      return fromTree(treeOf(name, blob, choice.tree), pci, lines);
    }
    case 'tables': {
      const machine = fromAcpi(readAcpi(kind.bytes), pci, () => name);
      return pci.size > 0 ? machine : withoutFunctions(machine);
    }
    case 'functions':
      return fromLspci(name, kind.bytes, choice.assume);
    case 'other':
      if (choice.tree !== null) return fromTree(numbered(name, given, choice.tree), pci, null);
      throw refusal(name, given, kind.what, kind.hint);
    default:
      throw refusal(name, given, `an archive of ${kind.is}`, 'unpack it first');
  }
}

/** What `lspci` prints, and no firmware beside it. */
function fromLspci(file: string, bytes: Uint8Array, assume: Choice['assume']): Machine {
  const text = textOf(bytes);
  const pci = parseLspci(text);
  const sources = pciSources(pci, () => file);
  return titled(withSources(machineFromFunctions(pci, assume), sources), file, text);
}

const wanted = 'a devicetree (0xd00dfeed), ACPI tables or what lspci -xxxx prints';

function refusal(name: string, bytes: Uint8Array, what: string, hint: string | null): FormatError {
  const choice = choiceOf(name, bytes);
  const said = [hint?.replaceAll('FILE', nameInCommands(name)) ?? '', choice].filter(
    (part) => part !== '',
  );
  const text = said.length === 0 ? undefined : said.join('; ');
  return refuse('unknown', 'file', 0, wanted, what, text);
}

function sourceRefusal(name: string): FormatError {
  const hint = `compile it: dtc -I dts -O dtb -o machine.dtb ${nameInCommands(name)}`;
  return refuse('source', 'file', 0, 'a devicetree blob', 'the source of one', hint);
}
