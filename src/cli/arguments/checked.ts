import { type BugKind, bugKinds } from '../../explore/index.ts';
import { type Kconfig, malformedOption } from '../../linux/index.ts';
import {
  type AssumedIommu,
  type KernelOptions,
  kconfigFor,
  kconfigIn,
} from '../../machine/index.ts';
import { type Format, formats, tableFormats } from '../../report/index.ts';
import type { AskedShape, ShapeFirmware } from '../../scenarios/index.ts';
import { designOf, kernelFor, newestKernel } from '../../series/index.ts';
import { hintFor, UsageError } from '../../util/index.ts';
import { type AskedLint, askedLint } from './asked-lint.ts';
import { type Line, readLine } from './line.ts';
import { oneOf } from './one-of.ts';
import { type AskedLinux, askedLinux } from './options/linux.ts';
import { assumable, described, failures } from './options/options.ts';
import { askedShape } from './shape.ts';

/** What the command line says, checked. */
export interface Options {
  readonly command: string;
  readonly operands: readonly string[];
  readonly kernel: string | null;
  /** A file with a patch to apply to the kernel. */
  readonly patch: string | null;
  readonly config: Kconfig;
  /** What of it somebody asked for, by option and on the kernel's command line. */
  readonly asked: KernelOptions;
  readonly json: boolean;
  /** What a witness is shown as. */
  readonly format: Format;
  /** Show a table of verdicts as Markdown. */
  readonly markdown: boolean;
  readonly color: 'auto' | 'always' | 'never';
  readonly quiet: boolean;
  readonly full: boolean;
  readonly all: boolean;
  readonly machine: string | null;
  readonly device: string | null;
  readonly driver: string | null;
  /** What describes the built-in device; null for what does when nobody says. */
  readonly firmware: ShapeFirmware | null;
  /** What else is asked of its shape. */
  readonly shape: AskedShape;
  /** Whose IOMMU is assumed where no firmware is known. */
  readonly assume: AssumedIommu | null;
  /** A file with names of PCI devices. */
  readonly pciIds: string | null;
  /** A file that says what the kernel of the machine decided. */
  readonly answers: string | null;
  /** What is compared; null for what is compared when nobody says. */
  readonly kernels: readonly string[] | null;
  readonly scenarios: readonly string[] | null;
  /** `every-kind` for one driver of each kind. */
  readonly drivers: readonly string[] | 'every-kind' | null;
  /** Follow the patch series from its base to its end. */
  readonly bisect: boolean;
  readonly maxExecutions: number | null;
  readonly maxSeconds: number | null;
  /** How many searches run side by side; null for as many as there are cores. */
  readonly jobs: number | null;
  /** What has to be wrong for a check to exit with 1. */
  readonly failOn: FailOn;
  /** Where workers take what there is to do; null to do it here. */
  readonly queue: string | null;
  /** For how many seconds a piece is a worker's that gives no sign of life. */
  readonly lock: number;
  readonly ignore: readonly BugKind[];
  /** Count classes of executions by the fewest preemptions they need. */
  readonly histogram: boolean;
  /** Have a second engine look at the same program. */
  readonly crossCheck: boolean;
  /** Look at random executions instead of all. */
  readonly random: 'uniform' | 'pct' | null;
  readonly seed: number;
  /** A file to write how far a search is to, and to go on from. */
  readonly checkpoint: string | null;
  /** What the compiler of C is told, and which it is; null for the newest that is there. */
  readonly define: readonly string[];
  readonly include: readonly string[];
  readonly clang: string | null;
  /** Which kernel's own C is explored, and how it is compiled. */
  readonly tree: AskedLinux;
  /** Which findings are told, and how. */
  readonly lint: AskedLint;
  /** Judge each patch on those before it. */
  readonly each: boolean;
  /** The scenarios that patches are judged by; empty for all that can. */
  readonly scenario: readonly string[];
  /** Patches that were on a tree of Linux. */
  readonly patched: readonly string[];
  readonly unroll: number | null;
  readonly faults: number;
  /** The port that the page is served on; null for any. */
  readonly port: number | null;
  /** Print the script that collects a capture, instead of running it. */
  readonly printScript: boolean;
  /** The names of the options that were given. */
  readonly given: readonly string[];
  /** What is to be said about the command line before anything else. */
  readonly remarks: readonly string[];
}

/**
 * Read the command line.
 *
 * @throws UsageError for anything that is not understood
 */
export function readOptions(argv: readonly string[]): Options {
  return checkLine(readLine(argv));
}

/**
 * What a command line says, with its values looked at.
 *
 * @throws UsageError for a value that is none
 */
export function checkLine({ command, operands, values }: Line): Options {
  const all = (name: string): readonly string[] => values.get(name) ?? [];
  const text = (name: string): string | undefined => all(name).at(-1);
  const given = (name: string): boolean => values.has(name);
  const remarks: string[] = [];
  const asked = { kconfig: kconfigIn(all('kconfig')), cmdline: commandLine(text('cmdline')) };
  const drivers = text('drivers');
  const name = command?.name ?? '';
  return {
    command: name,
    operands,
    kernel: kernelName(text('kernel'), remarks),
    patch: text('patch') ?? null,
    config: kconfigFor({}, asked),
    asked,
    ...shownAs(name, text('format'), { json: given('json'), all: given('all') }),
    color: colorMode(text('color')),
    quiet: given('quiet'),
    full: given('full'),
    all: given('all'),
    machine: text('machine') ?? null,
    device: text('device') ?? null,
    driver: text('driver') ?? null,
    firmware: shapeFirmware(text('firmware')),
    shape: askedShape(text),
    assume: assumedIommu(text('assume')),
    pciIds: text('pci-ids') ?? null,
    answers: text('answers') ?? null,
    kernels:
      names('--kernels', text('kernels'))?.map((one) => kernelName(one, remarks) ?? one) ?? null,
    scenarios: names('--scenarios', text('scenarios')),
    drivers: drivers === everyKind ? everyKind : names('--drivers', drivers),
    bisect: given('bisect'),
    maxExecutions: count('--max-executions', text('max-executions')),
    maxSeconds: count('--max-seconds', text('max-seconds')),
    jobs: count('--jobs', text('jobs')),
    failOn: failOn(text('fail-on')),
    queue: text('queue') ?? null,
    lock: count('--lock', text('lock')) ?? 30,
    ignore: name === 'lint' ? [] : all('ignore').map(bugKind),
    histogram: given('histogram'),
    crossCheck: given('cross-check'),
    random: randomMode(text('random')),
    seed: count('--seed', text('seed')) ?? 1,
    checkpoint: text('checkpoint') ?? null,
    define: all('define'),
    include: all('include'),
    clang: text('clang') ?? null,
    tree: askedLinux(text),
    lint: askedLint(name === 'lint' ? all : () => []),
    each: given('each'),
    scenario: all('scenario'),
    patched: all('patched'),
    unroll: count('--unroll', text('unroll')),
    faults: count('--faults', text('faults')) ?? 0,
    port: portOf(text('port')),
    printScript: given('print-script'),
    given: [...values.keys()],
    remarks,
  };
}

/** The kernel that is meant; when that is another one than the name says, with a remark. */
function kernelName(written: string | undefined, remarks: string[]): string | null {
  if (written === undefined) return null;
  const { name, exact } = kernelFor(written);
  if (!exact && name !== written)
    remarks.push(`the model has no ${written}; the nearest is ${name}, which is taken`);
  return name;
}

function colorMode(value = 'auto'): Options['color'] {
  if (value === 'auto' || value === 'always' || value === 'never') return value;
  throw new UsageError('cli/bad-option', `--color takes auto, always or never, not "${value}"`);
}

/** A typing mistake is worth telling, which Linux does not do. */
function commandLine(text: string | undefined): string | null {
  const bad = text === undefined ? null : malformedOption(text, designOf(newestKernel).release);
  if (bad !== null) throw new UsageError('cli/bad-option', `--cmdline: "${bad}" needs 0 or 1`);
  return text ?? null;
}

const everyKind = 'every-kind';

/** A list of names between commas. */
function names(option: string, value: string | undefined): readonly string[] | null {
  if (value === undefined) return null;
  const list = [...new Set(value.split(','))];
  if (list.includes(''))
    throw new UsageError('cli/bad-option', `${option} takes names between commas, not "${value}"`);
  return list;
}

function count(option: string, value: string | undefined): number | null {
  if (value === undefined) return null;
  if (!/^[1-9]\d{0,14}$/.test(value)) {
    throw new UsageError('cli/bad-option', `${option} takes a whole number from 1, not "${value}"`);
  }
  return Number(value);
}

function portOf(value: string | undefined): number | null {
  if (value === undefined) return null;
  const port = Number(value);
  if (/^\d{1,5}$/.test(value) && port < 65536) return port;
  throw new UsageError('cli/bad-option', `--port takes a number up to 65535, not "${value}"`);
}

/** What `--json` and `--format` say, when the command takes it and nothing else stands against it. */
function shownAs(
  command: string,
  value: string | undefined,
  { json = false, all = false }: { readonly json?: boolean; readonly all?: boolean },
): Pick<Options, 'json' | 'format' | 'markdown'> {
  const text = { json, format: 'text', markdown: false } as const;
  if (value === undefined || command === 'lint') return text;
  if (json) throw badFormat('--json and --format exclude each other');
  if (command === 'compare') {
    if (!tableFormats.some((known) => known === value))
      throw badFormat(`compare --format takes ${tableFormats.join(', ')}, not "${value}"`);
    return { ...text, json: value === 'json', markdown: value === 'markdown' };
  }
  if (command === 'judge') {
    const of = (['text', 'mail'] as const).find((known) => known === value);
    if (of !== undefined) return { ...text, format: of };
    throw noFormat('judge --format', ['text', 'mail'], value);
  }
  const format = formats.find((known) => known === value);
  if (format === undefined) throw noFormat('--format', formats, value);
  if (all && format !== 'text') throw badFormat(`--format ${format} shows one witness, not --all`);
  return { ...text, format };
}

/** A format that a command does not have; what many have as one of them is an option of its own. */
function noFormat(option: string, known: readonly string[], value: string): UsageError {
  return badFormat(
    `${option} takes ${known.join(', ')}, not "${value}"`,
    value === 'json' ? 'the document is what --json prints' : null,
  );
}

function badFormat(problem: string, hint: string | null = null): UsageError {
  return new UsageError('cli/bad-option', problem, hint);
}

function randomMode(value: string | undefined): 'uniform' | 'pct' | null {
  if (value === undefined || value === 'uniform' || value === 'pct') return value ?? null;
  throw new UsageError('cli/bad-option', `--random takes uniform or pct, not "${value}"`);
}

/** What can be wrong: a check has two verdicts. */
export type FailOn = (typeof failures)[number];

function failOn(value = 'firmware'): FailOn {
  return oneOf('fail-on', value, failures);
}

function shapeFirmware(value: string | undefined): ShapeFirmware | null {
  return value === undefined ? null : oneOf('firmware', value, described);
}

function assumedIommu(value: string | undefined): AssumedIommu | null {
  return value === undefined ? null : oneOf('assume', value, assumable);
}

function bugKind(value: string): BugKind {
  const kind = bugKinds.find((known) => known === value);
  if (kind !== undefined) return kind;
  throw new UsageError(
    'cli/bad-option',
    `--ignore takes a kind of bug, not "${value}"`,
    hintFor(value, bugKinds, 'kinds'),
  );
}
