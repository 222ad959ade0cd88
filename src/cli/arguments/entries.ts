// What the table of the command line is made of. The parser, the help, the completion and the man
// page read it; a command or an option is added by an entry and nothing else.

export type CommandName =
  | 'check'
  | 'inspect'
  | 'explain'
  | 'groups'
  | 'lint'
  | 'explore'
  | 'c'
  | 'judge'
  | 'compare'
  | 'replay'
  | 'verify'
  | 'capture'
  | 'page'
  | 'worker'
  | 'mcp'
  | 'list'
  | 'completion'
  | 'help';

/** What a value can be: one of these words, or names that the model or the file system has. */
export type Words =
  | readonly string[]
  | 'kernel'
  | 'scenario'
  | 'driver'
  | 'kconfig'
  | 'bug-kind'
  | 'rule'
  | 'command'
  | 'file'
  | 'any';

export interface OperandEntry {
  readonly name: string;
  readonly about: string;
  readonly words: Words;
  /** As many as there are. */
  readonly many?: true;
  readonly optional?: true;
}

export interface Example {
  readonly line: string;
  readonly about: string;
}

export interface CommandEntry {
  readonly name: CommandName;
  /** One line for the list of commands. */
  readonly about: string;
  /** What else the help of the command says, a paragraph each. */
  readonly more: readonly string[];
  readonly operands: readonly OperandEntry[];
  readonly examples: readonly [Example, Example, ...Example[]];
}

export interface OptionEntry {
  readonly name: string;
  readonly short?: string;
  /** What its value is called; a switch has none. */
  readonly value?: string;
  /** The value, where the option stands without one. */
  readonly alone?: string;
  /** Names between commas. */
  readonly list?: true;
  /** The option may be given several times. */
  readonly repeats?: true;
  readonly about: string;
  readonly words?: Words;
  /** What holds where the option is not given, in words; by command, where they differ. */
  readonly otherwise?: string | Readonly<Partial<Record<CommandName, string>>>;
  readonly of: readonly CommandName[] | 'every command';
}

/** The option as it is written: `--kernel KERNEL`. */
export function written({ name, value, alone }: OptionEntry): string {
  if (value === undefined) return `--${name}`;
  return alone === undefined ? `--${name} ${value}` : `--${name} [${value}]`;
}

/** The operand as the usage shows it: `<machine>`, or the words that it can be. */
export function shown({ name, words, many, optional }: OperandEntry): string {
  const text = typeof words === 'string' ? `<${name}>` : words.join('|');
  const all = many === true ? `${text}...` : text;
  return optional === true ? `[${all}]` : all;
}

export function usageOf({ name, operands }: CommandEntry): string {
  return ['fwspec', name, ...operands.map(shown)].join(' ');
}

export function takes({ of }: OptionEntry, command: CommandName): boolean {
  return of === 'every command' || of.includes(command);
}
