import { commands } from '../commands.ts';
import {
  type CommandEntry,
  type OperandEntry,
  type OptionEntry,
  shown,
  usageOf,
  written,
} from '../entries.ts';
import { commonOptions, optionsOf } from '../options/options.ts';

/** Help is for terminals of this width, and readable on all that are wider. */
const width = 80;

/** What the exit codes of every command are. */
export const exitCodes: readonly (readonly [code: string, about: string])[] = [
  ['0', 'nothing wrong, and every search complete'],
  ['1', 'a bug, an error-level finding or a disagreement'],
  ['2', 'bad usage or unreadable input'],
  ['3', 'nothing wrong found, but a search was cut short'],
];

/** The commands, and what holds for all of them. */
export function overview(): string {
  const operands = ['machine', 'capture'].flatMap(
    (name) =>
      commands.flatMap((command) => command.operands).find((operand) => operand.name === name) ??
      [],
  );
  return page([
    'usage: fwspec <command> [options]',
    '',
    ...rows(commands.map((entry) => [usageOf(entry).slice('fwspec '.length), entry.about])),
    '',
    ...rows(operands.map(operandRow)),
    '',
    'options of every command',
    ...rows(commonOptions.map((option) => optionRow(option))),
    '',
    'exit code',
    ...rows(exitCodes),
    '',
    'fwspec help <command> has the options of a command, and examples.',
  ]);
}

/** One command: its operands, options and examples. */
export function helpOf(command: CommandEntry): string {
  const own = optionsOf(command).filter((option) => !commonOptions.includes(option));
  return page([
    `usage: ${usageOf(command)}${own.length > 0 ? ' [options]' : ''}`,
    '',
    ...wrapped(sentence(command.about), ''),
    ...command.more.flatMap((text) => ['', ...wrapped(text, '')]),
    ...section('', command.operands.map(operandRow)),
    ...section(
      'options',
      own.map((option) => optionRow(option, command)),
    ),
    ...section(
      'options of every command',
      commonOptions.map((option) => optionRow(option, command)),
    ),
    '',
    'examples',
    ...command.examples.flatMap(({ line, about }) => [
      ...wrapped(`# ${about}`, '  '),
      `    ${line}`,
    ]),
  ]);
}

function section(title: string, entries: readonly (readonly [string, string])[]): string[] {
  if (entries.length === 0) return [];
  return ['', ...(title === '' ? [] : [title]), ...rows(entries)];
}

function page(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

function operandRow(operand: OperandEntry): readonly [string, string] {
  return [shown(operand), operand.about];
}

function optionRow(option: OptionEntry, command?: CommandEntry): readonly [string, string] {
  const { short } = option;
  const name = short === undefined ? written(option) : `-${short}, ${written(option)}`;
  return [name, aboutOf(option, command)];
}

/** What an option is, with what holds where it is not given. */
export function aboutOf({ about, otherwise }: OptionEntry, command?: CommandEntry): string {
  const value = typeof otherwise === 'object' ? command && otherwise[command.name] : otherwise;
  return value === undefined ? about : `${about} (default: ${value})`;
}

/** As a sentence: with a capital, and a full stop. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** Columns of what an option is called; what is longer gets a line of its own. */
const widest = 22;

function rows(entries: readonly (readonly [string, string])[]): string[] {
  const column = Math.min(widest, Math.max(...entries.map(([name]) => name.length)));
  const margin = ' '.repeat(column + 4);
  return entries.flatMap(([name, about]) => {
    const lines = wrapped(about, margin);
    if (name.length > column) return [`  ${name}`, ...lines];
    const [first = '', ...others] = lines;
    return [`  ${name.padEnd(column + 2)}${first.slice(margin.length)}`, ...others];
  });
}

/** Words in lines that begin with a margin, none wider than a terminal. */
export function wrapped(text: string, margin: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(margin + word);
  }
  return lines;
}
