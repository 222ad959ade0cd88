import { commands } from '../commands.ts';
import { type CommandEntry, type OptionEntry, shown, usageOf } from '../entries.ts';
import { commonOptions, optionsOf } from '../options/options.ts';
import { aboutOf, exitCodes, sentence, wrapped } from './help.ts';

/** The man page, in the macros of man(7). */
export function manPage(version: string): string {
  const lines = [
    '.\\" Made from the table of the command line: npm run man',
    `.TH FWSPEC 1 "" "fwspec ${version}" "User Commands"`,
    '.SH NAME',
    'fwspec \\- what Linux does with the IOMMU description of a machine, and what can go wrong',
    '.SH SYNOPSIS',
    '.B fwspec',
    '.I command',
    '.RI [ options ]',
    '.SH DESCRIPTION',
    ...paragraph(
      'fwspec holds the Linux IOMMU probe path as an executable model, for several kernels. It runs the model once to say what each device of a machine gets, and under every interleaving to say what can go wrong.',
    ),
    '.SH COMMANDS',
    ...commands.flatMap(commandSection),
    '.SH "OPTIONS OF EVERY COMMAND"',
    ...commonOptions.flatMap((option) => optionItem(option)),
    '.SH "EXIT STATUS"',
    ...exitCodes.flatMap(([code, about]) => item(`.B ${code}`, about)),
    '.SH "SEE ALSO"',
    ...paragraph('The pages in the folder docs of the package; README.md tells what is where.'),
  ];
  return `${lines.join('\n')}\n`;
}

function commandSection(command: CommandEntry): string[] {
  const own = optionsOf(command).filter((option) => !commonOptions.includes(option));
  return [
    `.SS "${escaped(usageOf(command).replaceAll('"', "'"))}"`,
    ...paragraph(sentence(command.about)),
    ...command.more.flatMap((text) => ['.PP', ...paragraph(text)]),
    ...command.operands.flatMap((operand) => item(`.I ${escaped(shown(operand))}`, operand.about)),
    ...own.flatMap((option) => optionItem(option, command)),
    '.PP',
    'Examples:',
    ...command.examples.flatMap(({ line, about }) => [
      '.PP',
      ...paragraph(`${about}:`),
      '.RS 4',
      '.nf',
      plainly(escaped(line)),
      '.fi',
      '.RE',
    ]),
  ];
}

function optionItem(option: OptionEntry, command?: CommandEntry): string[] {
  const { name, short, value, alone } = option;
  const names = [...(short === undefined ? [] : [`-${short}`]), `--${name}`].map(
    (text) => `\\fB${escaped(text)}\\fR`,
  );
  const shownValue = value === undefined ? '' : ` \\fI${escaped(value)}\\fR`;
  const last = alone === undefined ? shownValue : ` [${shownValue.trim()}]`;
  return item(`${names.join(', ')}${last}`, aboutOf(option, command));
}

function item(tag: string, about: string): string[] {
  return ['.TP', tag, ...paragraph(about)];
}

/** Text in lines of their own, which must not begin as requests do. */
function paragraph(text: string): string[] {
  return wrapped(escaped(text), '').map(plainly);
}

function plainly(line: string): string {
  return line.replace(/^[.']/, '\\&$&');
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll("'", '\\(aq');
}
