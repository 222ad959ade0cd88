import { parseArgs } from 'node:util';
import { hintFor, nearest, UsageError } from '../../util/index.ts';
import { commands } from './commands.ts';
import {
  type CommandEntry,
  type OperandEntry,
  type OptionEntry,
  takes,
  usageOf,
} from './entries.ts';
import { options, optionsOf } from './options/options.ts';

/** What the command line says, by the table. Values are not looked at yet. */
export interface Line {
  /** Null where there is none. */
  readonly command: CommandEntry | null;
  readonly operands: readonly string[];
  /** What each option was given; a switch was given ''. */
  readonly values: ReadonlyMap<string, readonly string[]>;
}

type Token = NonNullable<ReturnType<typeof parseArgs>['tokens']>[number];
type OptionToken = Extract<Token, { kind: 'option' }>;

/**
 * Read the command line. Options and operands come in any order; the first word is the command.
 *
 * @throws UsageError for what is not in the table
 */
export function readLine(argv: readonly string[]): Line {
  const tokens = tokensOf(argv);
  const [name, ...operands] = tokens.flatMap((token) =>
    token.kind === 'positional' ? [argv[token.index] ?? token.value] : [],
  );
  const command = name === undefined ? null : commandNamed(name);
  const values = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const option = optionFor(token.rawName, command);
    const value = valueGiven(token, option);
    const before = values.get(option.name) ?? [];
    // Of a list that comes in parts, all count.
    const isPart = isList(option) && before.length > 0;
    values.set(option.name, isPart ? [[...before, value].join()] : [...before, value]);
  }
  const line = { command, operands, values };
  if (!values.has('help') && !values.has('version')) checkOperands(line);
  return line;
}

/** @throws UsageError when there is no such command */
export function commandNamed(name: string): CommandEntry {
  const found = commands.find((entry) => entry.name === name);
  if (found !== undefined) return found;
  const names = commands.map((entry) => entry.name);
  const hint = hintFor(name, names, 'commands');
  throw new UsageError('cli/unknown-command', `unknown command "${name}"`, hint);
}

function tokensOf(argv: readonly string[]): readonly Token[] {
  const known = options.map(({ name, short, value }) => [
    name,
    { type: value === undefined ? 'boolean' : 'string', ...(short && { short }) } as const,
  ]);
  const { tokens } = parseArgs({
    args: withValues(argv),
    options: Object.fromEntries(known),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  return tokens;
}

/** An option that may stand alone gets the value that it then has; `-#2` is an operand, as `-` is. */
function withValues(argv: readonly string[]): string[] {
  return argv.map((word, i) => {
    if (/^-#\d+$/.test(word)) return '-';
    const next = argv[i + 1];
    const { alone } = options.find(({ name }) => word === `--${name}`) ?? {};
    const stands = alone !== undefined && (next === undefined || next.startsWith('-'));
    return stands ? `${word}=${alone}` : word;
  });
}

/** The entry for an option as it was written, of those that the command takes. */
function optionFor(written: string, command: CommandEntry | null): OptionEntry {
  const entries = options.filter(
    ({ name, short }) => written === `--${name}` || written === `-${short ?? ''}`,
  );
  const [first] = entries;
  if (first === undefined) throw unknownOption(written, command);
  const taken = command === null ? first : entries.find((option) => takes(option, command.name));
  if (command === null || taken !== undefined) return taken ?? first;
  const takers = commands.filter(({ name }) => entries.some((option) => takes(option, name)));
  const near = nearOption(written, optionsOf(command));
  const meant = near === null ? '' : `did you mean ${near}? `;
  throw new UsageError(
    'cli/bad-option',
    `${command.name} does not take ${written}`,
    `${meant}${written} is for ${inWords(takers.map(({ name }) => name))}`,
  );
}

function unknownOption(written: string, command: CommandEntry | null): UsageError {
  const own = command === null ? options : optionsOf(command);
  const near = nearOption(written, own) ?? nearOption(written, options);
  const help = `fwspec ${command === null ? '' : `${command.name} `}--help lists the options`;
  return new UsageError(
    'cli/bad-option',
    `unknown option ${written}`,
    near === null ? help : `did you mean ${near}?`,
  );
}

function nearOption(written: string, among: readonly OptionEntry[]): string | null {
  const name = nearest(
    written.replace(/^-+/, ''),
    among.map((option) => option.name),
  );
  return name === null ? null : `--${name}`;
}

function valueGiven({ rawName, value, inlineValue }: OptionToken, option: OptionEntry): string {
  if (option.value === undefined) {
    if (inlineValue === true)
      throw new UsageError('cli/bad-option', `${rawName} takes no value, not even "${value}"`);
    return '';
  }
  const isOption = inlineValue !== true && value !== undefined && /^-./.test(value);
  if (value !== undefined && !isOption) return value;
  const found = value === undefined ? 'nothing' : `the option ${value}`;
  throw new UsageError(
    'cli/bad-option',
    `${rawName} needs a value, ${option.value}, and ${found} follows`,
  );
}

/** What is missing, in words: where there are few, which ones. */
function wantedText({ name, words }: OperandEntry): string {
  return typeof words === 'string' ? `a ${name}` : `a word: ${words.join(', ')}`;
}

function checkOperands({ command, operands, values }: Line): void {
  if (command === null) return;
  const { name, operands: wanted } = command;
  const usage = `usage: ${usageOf(command)}`;
  const missing = wanted[operands.length];
  if (missing !== undefined && missing.optional !== true)
    throw new UsageError(
      'cli/missing-operand',
      `${name} needs ${wantedText(missing)}`,
      `${usage}; fwspec help ${name} has examples`,
    );
  const extra = operands[wanted.length];
  if (extra === undefined || wanted.at(-1)?.many === true) return;
  const list = options.find((option) => isList(option) && values.has(option.name));
  throw new UsageError(
    'cli/extra-operand',
    `${name} does not take "${extra}"`,
    list === undefined ? usage : `--${list.name} takes names with commas between: A,B`,
  );
}

/** Names between commas, which an option that can be given several times has no need of. */
function isList({ list, repeats }: OptionEntry): boolean {
  return list === true && repeats !== true;
}

function inWords(names: readonly string[]): string {
  return names.length < 2
    ? names.join('')
    : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}
