import type { Severity } from '../../machine/index.ts';
import { escapeText, groupBy, hex } from '../../util/index.ts';
import { killsText, severityCounts, worstFirst } from '../machine/findings.ts';
import { defaultWidth, plain, type Style, type TextOptions } from '../text/style.ts';
import { hanging, words, wrap } from '../text/wrap.ts';
import { contextLines } from './context.ts';
import type { Linted, LintFinding } from './linted.ts';

const colours: Readonly<Record<Severity, Parameters<Style>[0]>> = {
  error: 'red',
  warning: 'yellow',
  note: 'dim',
};

/** Findings by file and node, and what they come to. */
export function lintText(
  linted: readonly Linted[],
  { style = plain, width = defaultWidth }: TextOptions = {},
): string[] {
  return [
    ...linted.flatMap((of) => fileLines(of, style, width)),
    ...hanging(words(summary(linted)), '', 2, width),
    ...nextLines(linted),
  ];
}

function fileLines({ file, error, findings }: Linted, style: Style, width: number): string[] {
  if (error !== null) return [...hanging(words(error), '', 2, width), ''];
  if (findings.length === 0) return [];
  return [
    style('bold', escapeText(file)),
    ...[...groupBy(findings, ({ node }) => node)].flatMap(([node, list]) => [
      `  ${escapeText(node)}`,
      ...list.flatMap((finding) => findingLines(finding, file, style, width)),
    ]),
    '',
  ];
}

function findingLines(finding: LintFinding, given: string, style: Style, width: number): string[] {
  const { rule, severity, property, offset, file, line, column, message, help } = finding;
  const { nodes = [], devices = [] } = finding;
  const place = [
    property === null ? '' : escapeText(property),
    line !== undefined
      ? [escapeText(file), line, ...(column === undefined ? [] : [column])].join(':')
      : file === given
        ? ''
        : escapeText(file),
    offset === null || line !== undefined ? '' : `at offset ${hex(offset)}`,
  ].filter((part) => part !== '');
  const kills = killsText(finding);
  const below = (text: string): string[] => wrap(words(text), '      ', width);
  return [
    ...hanging([severity, `${rule}:`, ...place.join(' ').split(' ')], '    ', 2, width).map(
      (text, i) =>
        i === 0 ? text.trimEnd().replace(severity, style(colours[severity], severity)) : text,
    ),
    ...(nodes.length < 2
      ? []
      : below(`and ${nodes.length - 1} more: ${nodes.slice(1).join(', ')}`)),
    ...below(message),
    ...(finding.context === undefined ? [] : contextLines(finding.context, '        ', width)),
    ...(devices.length === 0 ? [] : below(`whom: ${devices.join(', ')}`)),
    ...(kills === null ? [] : below(kills)),
    ...below(`help: ${help}`),
  ];
}

function summary(linted: readonly Linted[]): string {
  const isWrong = ({ findings }: Linted): boolean =>
    findings.some(({ severity }) => severity === 'error');
  const unread = linted.filter(({ error }) => error !== null);
  const wrong = linted.filter(isWrong);
  const good = linted.length - unread.length - wrong.length;
  const counts = severityCounts(linted.flatMap(({ findings }) => findings));
  const kinds = [
    [good, 'good'],
    [wrong.length, 'with errors'],
    [unread.length, 'that cannot be read'],
  ] as const;
  const files = kinds.filter(([count]) => count > 0).map(([count, kind]) => `${count} ${kind}`);
  const all = linted.length === 1 ? '1 file' : `${linted.length} files`;
  return `${all}: ${files.join(', ')}; ${counts === '' ? 'no findings' : counts}`;
}

/** The page of the worst rule tells most. */
function nextLines(linted: readonly Linted[]): string[] {
  const [worst] = worstFirst(linted.flatMap(({ findings }) => findings));
  return worst === undefined ? [] : [`next   fwspec lint --explain ${worst.rule}`];
}
