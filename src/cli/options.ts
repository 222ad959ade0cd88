import { parseArgs } from 'node:util';
import { type BugKind, bugKinds } from '../explore/index.ts';
import { defaultKconfig, type Kconfig, malformedOption } from '../linux/index.ts';
import { type KernelOptions, kconfigFor } from '../machine/index.ts';
import { type Format, formats, tableFormats } from '../report/index.ts';
import { UsageError } from '../util/index.ts';

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
  /** Print the script that collects a capture, instead of running it. */
  readonly printScript: boolean;
  readonly help: boolean;
  readonly version: boolean;
}

const spec = {
  kernel: { type: 'string' },
  patch: { type: 'string' },
  kconfig: { type: 'string', multiple: true },
  cmdline: { type: 'string' },
  json: { type: 'boolean' },
  format: { type: 'string' },
  color: { type: 'string' },
  quiet: { type: 'boolean', short: 'q' },
  full: { type: 'boolean' },
  all: { type: 'boolean' },
  machine: { type: 'string' },
  device: { type: 'string' },
  driver: { type: 'string' },
  kernels: { type: 'string' },
  scenarios: { type: 'string' },
  drivers: { type: 'string' },
  bisect: { type: 'boolean' },
  'max-executions': { type: 'string' },
  'max-seconds': { type: 'string' },
  jobs: { type: 'string' },
  ignore: { type: 'string', multiple: true },
  histogram: { type: 'boolean' },
  'cross-check': { type: 'boolean' },
  random: { type: 'string' },
  seed: { type: 'string' },
  checkpoint: { type: 'string' },
  'print-script': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const;

/**
 * Read the command line.
 *
 * @throws UsageError for anything that is not understood
 */
export function readOptions(argv: readonly string[]): Options {
  const { values, positionals } = parse(argv);
  const [command = '', ...operands] = positionals;
  const asked = { kconfig: kconfig(values.kconfig ?? []), cmdline: commandLine(values.cmdline) };
  const color = values.color ?? 'auto';
  if (color !== 'auto' && color !== 'always' && color !== 'never') {
    throw new UsageError('cli/bad-option', `--color takes auto, always or never, not "${color}"`);
  }
  return {
    command,
    operands,
    kernel: values.kernel ?? null,
    patch: values.patch ?? null,
    config: kconfigFor({}, asked),
    asked,
    ...shownAs(command, values.format, values),
    color,
    quiet: values.quiet ?? false,
    full: values.full ?? false,
    all: values.all ?? false,
    machine: values.machine ?? null,
    device: values.device ?? null,
    driver: values.driver ?? null,
    kernels: names('--kernels', values.kernels),
    scenarios: names('--scenarios', values.scenarios),
    drivers: values.drivers === everyKind ? everyKind : names('--drivers', values.drivers),
    bisect: values.bisect ?? false,
    maxExecutions: count('--max-executions', values['max-executions']),
    maxSeconds: count('--max-seconds', values['max-seconds']),
    jobs: count('--jobs', values.jobs),
    ignore: (values.ignore ?? []).map(bugKind),
    histogram: values.histogram ?? false,
    crossCheck: values['cross-check'] ?? false,
    random: randomMode(values.random),
    seed: count('--seed', values.seed) ?? 1,
    checkpoint: values.checkpoint ?? null,
    printScript: values['print-script'] ?? false,
    help: values.help ?? false,
    version: values.version ?? false,
  };
}

/** A typing mistake is worth telling, which Linux does not do. */
function commandLine(text: string | undefined): string | null {
  const bad = text === undefined ? null : malformedOption(text);
  if (bad !== null) throw new UsageError('cli/bad-option', `--cmdline: "${bad}" needs 0 or 1`);
  return text ?? null;
}

function parse(
  argv: readonly string[],
): ReturnType<typeof parseArgs<{ options: typeof spec; allowPositionals: true }>> {
  try {
    return parseArgs({ args: withValue(argv), options: spec, allowPositionals: true });
  } catch (error) {
    const message = error instanceof Error ? (error.message.split(/\.\s/)[0] ?? '') : String(error);
    throw new UsageError('cli/bad-option', message, 'fwspec --help lists the options');
  }
}

const everyKind = 'every-kind';

/** `--drivers` may stand alone, which parseArgs does not know. */
function withValue(argv: readonly string[]): string[] {
  return argv.map((word, i) => {
    const next = argv[i + 1];
    const alone = word === '--drivers' && (next === undefined || next.startsWith('-'));
    return alone ? `--drivers=${everyKind}` : word;
  });
}

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

/** What `--json` and `--format` say, when the command takes it and nothing else stands against it. */
function shownAs(
  command: string,
  value: string | undefined,
  { json = false, all = false }: { readonly json?: boolean; readonly all?: boolean },
): Pick<Options, 'json' | 'format' | 'markdown'> {
  const text = { json, format: 'text', markdown: false } as const;
  if (value === undefined) return text;
  if (json) throw badFormat('--json and --format exclude each other');
  if (command === 'compare') {
    if (!tableFormats.some((known) => known === value))
      throw badFormat(`compare --format takes ${tableFormats.join(', ')}, not "${value}"`);
    return { ...text, json: value === 'json', markdown: value === 'markdown' };
  }
  const format = formats.find((known) => known === value);
  if (format === undefined) throw badFormat(`--format takes ${formats.join(', ')}, not "${value}"`);
  if (command !== 'explore' && command !== 'replay')
    throw badFormat('only explore, replay and compare take --format');
  if (all && format !== 'text') throw badFormat(`--format ${format} shows one witness, not --all`);
  return { ...text, format };
}

function badFormat(problem: string): UsageError {
  return new UsageError('cli/bad-option', problem);
}

function randomMode(value: string | undefined): 'uniform' | 'pct' | null {
  if (value === undefined || value === 'uniform' || value === 'pct') return value ?? null;
  throw new UsageError('cli/bad-option', `--random takes uniform or pct, not "${value}"`);
}

function bugKind(value: string): BugKind {
  const kind = bugKinds.find((known) => known === value);
  if (kind !== undefined) return kind;
  throw new UsageError(
    'cli/bad-option',
    `--ignore takes a kind of bug, not "${value}"`,
    `kinds: ${bugKinds.join(', ')}`,
  );
}

/** What `CONFIG_NAME=y` or `NAME=n` changes of the kernel's configuration. */
function kconfig(changes: readonly string[]): Partial<Kconfig> {
  let config: Partial<Kconfig> = {};
  const known = Object.keys(defaultKconfig).filter((name) => name.startsWith('CONFIG_'));
  for (const change of changes.flatMap((list) => list.split(','))) {
    const [written = '', value] = change.split('=');
    const name = written.startsWith('CONFIG_') ? written : `CONFIG_${written}`;
    if (!known.includes(name)) {
      throw new UsageError(
        'cli/unknown-kconfig',
        `--kconfig: the model has no option ${name}`,
        `known options: ${known.join(', ')}`,
      );
    }
    if (value !== 'y' && value !== 'n') {
      throw new UsageError('cli/bad-option', `--kconfig takes NAME=y or NAME=n, not "${change}"`);
    }
    config = { ...config, [name]: value === 'y' };
  }
  return config;
}
