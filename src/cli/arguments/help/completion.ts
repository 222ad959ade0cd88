import { commands } from '../commands.ts';
import type { CommandEntry, Words } from '../entries.ts';
import { options, optionsOf } from '../options/options.ts';

export type Shell = 'bash' | 'zsh' | 'fish';

/** The names that the model has, of each kind. */
export type Names = Readonly<
  Record<'kernel' | 'scenario' | 'driver' | 'kconfig' | 'bug-kind' | 'rule', readonly string[]>
>;

/**
 * A script that has all words in it: completing a word runs no program, so that it is quick, and
 * nothing that somebody types is evaluated.
 */
export function completionFor(shell: Shell, names: Names): string {
  const words = (of: Words | undefined): readonly string[] | 'files' => {
    if (of === 'file') return 'files';
    if (of === 'command') return commands.map(({ name }) => name);
    if (of === undefined || of === 'any') return [];
    return typeof of === 'string' ? names[of] : of;
  };
  const script = { bash, zsh, fish }[shell];
  return script(words);
}

type WordsOf = (of: Words | undefined) => readonly string[] | 'files';

const heading = (shell: Shell): string =>
  `# ${shell} completion for fwspec: fwspec completion ${shell}`;

function flagsOf(command: CommandEntry): string[] {
  return optionsOf(command).flatMap(({ name, short }) => [
    `--${name}`,
    ...(short === undefined ? [] : [`-${short}`]),
  ]);
}

function bash(words: WordsOf): string {
  const withValue = [
    ...new Set(
      options
        .filter(({ value, alone }) => value !== undefined && alone === undefined)
        .map(({ name }) => `--${name}`),
    ),
  ];
  const values = options
    .filter(({ value }) => value !== undefined)
    .flatMap((option) => {
      const found = words(option.words);
      const owners = option.of === 'every command' ? ['*'] : option.of;
      const patterns = owners.map((name) => `${name}:--${option.name}`);
      const action = found === 'files' ? 'return' : `words='${found.join(' ')}'`;
      return [`    ${patterns.join(' | ')}) ${action} ;;`];
    });
  const operands = commands.flatMap(({ name, operands: wanted }) =>
    wanted.flatMap((operand, place) => {
      const found = words(operand.words);
      const pattern = `${name}:${operand.many === true ? '*' : place}`;
      return found === 'files'
        ? [`      ${pattern}) return ;;`]
        : found.length === 0
          ? []
          : [`      ${pattern}) words='${found.join(' ')}' ;;`];
    }),
  );
  return `${heading('bash')}
_fwspec() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]}
  local command= words= prefix= place=0 i
  COMPREPLY=()
  # --option=value comes as three words
  if [[ $word == = ]]; then
    word=
  elif [[ $before == = ]]; then
    before=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
    ${withValue.join(' | ')})
      [[ \${COMP_WORDS[i + 1]} == = ]] && ((i++))
      ((i++))
      ;;
    -*) ;;
    *)
      if [[ -z $command ]]; then command=\${COMP_WORDS[i]}; else ((place++)); fi
      ;;
    esac
  done
  if [[ $word == -* ]]; then
    case $command in
${commands.map((entry) => `    ${entry.name}) words='${flagsOf(entry).join(' ')}' ;;`).join('\n')}
    *) words='--help -h --version -V' ;;
    esac
  else
    case $command:$before in
${values.join('\n')}
    *)
      case $command:$place in
      :0) words='${commands.map(({ name }) => name).join(' ')}' ;;
${operands.join('\n')}
      esac
      ;;
    esac
  fi
  # the last of several names between commas
  if [[ $word == *,* ]]; then
    prefix=\${word%,*},
    word=\${word##*,}
  fi
  COMPREPLY=($(compgen -P "$prefix" -W "$words" -- "$word"))
}
complete -o default -F _fwspec fwspec
`;
}

function zsh(words: WordsOf): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
  const action = (of: Words | undefined, many: boolean): string => {
    const found = words(of);
    if (found === 'files') return '_files';
    const list = found.map((word) => word.replaceAll(':', '\\:')).join(' ');
    return many ? `_sequence compadd - ${list}` : `(${list})`;
  };
  const about = (text: string): string => text.replace(/[[\]:\\]/g, '\\$&');
  const lines = [
    '#compdef fwspec',
    heading('zsh'),
    '_fwspec() {',
    '  local context state state_descr line',
    '  typeset -A opt_args',
    '  local -a commands=(',
    ...commands.map((entry) => `    ${quoted(`${entry.name}:${entry.about}`)}`),
    '  )',
    "  _arguments -C '(-h --help)'{-h,--help}'[help]' '(-V --version)'{-V,--version}'[version]' \\",
    "    '1: :->command' '*:: :->rest'",
    '  case $state in',
    '  command) _describe -t commands command commands ;;',
    '  rest)',
    '    case $words[1] in',
    ...commands.flatMap((entry) => [
      `    ${entry.name})`,
      '      _arguments \\',
      ...optionsOf(entry).flatMap(({ name, short, value, list, repeats, alone, ...option }) => {
        const star = repeats === true ? '*' : '';
        const optional = alone === undefined ? ':' : '::';
        const what =
          value === undefined
            ? ''
            : `${optional}${about(value)}:${action(option.words, list === true)}`;
        const equals = value === undefined ? '' : '=';
        const text = `[${about(option.about)}]${what}`;
        return [
          `        ${quoted(`${star}--${name}${equals}${text}`)} \\`,
          ...(short === undefined ? [] : [`        ${quoted(`-${short}${text}`)} \\`]),
        ];
      }),
      ...entry.operands.map((operand, place) => {
        const at = operand.many === true ? '*' : String(place + 1);
        return `        ${quoted(`${at}:${about(operand.name)}:${action(operand.words, false)}`)} \\`;
      }),
      '        && return',
      '      ;;',
    ]),
    '    esac',
    '    ;;',
    '  esac',
    '}',
    'if [[ $funcstack[1] == _fwspec ]]; then _fwspec "$@"; else compdef _fwspec fwspec; fi',
  ];
  return `${lines.join('\n')}\n`;
}

function fish(words: WordsOf): string {
  const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
  const values = (of: Words | undefined): string => {
    const found = words(of);
    if (found === 'files') return ' -F';
    return found.length === 0 ? '' : ` -a ${quoted(found.join(' '))}`;
  };
  const lines = [
    heading('fish'),
    'complete -c fwspec -f',
    ...commands.flatMap((entry) => {
      const { name, about, operands } = entry;
      const when = `-n ${quoted(`__fish_seen_subcommand_from ${name}`)}`;
      return [
        `complete -c fwspec -n __fish_use_subcommand -a ${name} -d ${quoted(about)}`,
        ...operands
          .map((operand) => values(operand.words))
          .filter((text) => text !== '')
          .map((text) => `complete -c fwspec ${when}${text}`),
        ...optionsOf(entry).map(({ short, value, alone, ...option }) => {
          const letter = short === undefined ? '' : ` -s ${short}`;
          const needs = value === undefined || alone !== undefined ? '' : ' -r';
          const found = value === undefined ? '' : `${needs}${values(option.words)}`;
          return `complete -c fwspec ${when} -l ${option.name}${letter}${found} -d ${quoted(option.about)}`;
        }),
      ];
    }),
  ];
  return `${lines.join('\n')}\n`;
}
