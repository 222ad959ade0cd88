import type { Finding } from '../../machine/index.ts';
import { escapeText, groupBy, hex } from '../../util/index.ts';
import { killsText, severityCounts } from '../machine/findings.ts';
import { defaultWidth, plain, type Style, type TextOptions } from '../text/style.ts';
import { hanging, words, wrap } from '../text/wrap.ts';
import type { Linted } from './linted.ts';

/** Findings by file and node, and what they come to. */
export function lintText(
  linted: readonly Linted[],
  { style = plain, width = defaultWidth }: TextOptions = {},
): string[] {
  const lines = linted.flatMap((of) => fileLines(of, style, width));
  return [...lines, ...hanging(words(summary(linted)), '', 2, width)];
}

function fileLines({ file, error, findings }: Linted, style: Style, width: number): string[] {
  if (error !== null)
    return [style('bold', escapeText(file)), ...wrap(error.split(' '), '  ', width), ''];
  if (findings.length === 0) return [];
  const nodes = groupBy(findings, ({ node }) => node);
  return [
    style('bold', escapeText(file)),
    ...[...nodes].flatMap(([node, list]) => [
      `  ${escapeText(node)}`,
      ...list.flatMap((finding) => findingLines(finding, style, width)),
    ]),
    '',
  ];
}

function findingLines(finding: Finding, style: Style, width: number): string[] {
  const { rule, severity, property, offset, file, line, message, help } = finding;
  const colour = severity === 'error' ? 'red' : severity === 'warning' ? 'yellow' : 'dim';
  const place = [
    property === null ? '' : escapeText(property),
    line === undefined ? '' : `${escapeText(file ?? '')}:${line}`,
    offset === null || line !== undefined ? '' : `at offset ${hex(offset)}`,
  ].filter((part) => part !== '');
  const kills = killsText(finding);
  const others = (finding.nodes ?? []).slice(1);
  return [
    ...hanging([severity, `${rule}:`, ...place.join(' ').split(' ')], '    ', 2, width).map(
      (text, i) => (i === 0 ? text.replace(severity, style(colour, severity)) : text),
    ),
    ...wrap(words(message), '      ', width),
    ...(others.length === 0
      ? []
      : wrap(words(`and ${others.length} more: ${others.join(', ')}`), '      ', width)),
    ...(kills === null ? [] : wrap(words(kills), '      ', width)),
    ...wrap(words(`help: ${help}`), '      ', width),
  ];
}

function summary(linted: readonly Linted[]): string {
  const unread = linted.filter(({ error }) => error !== null).length;
  const counts = severityCounts(linted.flatMap(({ findings }) => findings));
  const files = `${linted.length} ${linted.length === 1 ? 'file' : 'files'}`;
  const lost = unread === 0 ? '' : `; ${unread} could not be read`;
  return `${files}: ${counts === '' ? 'no findings' : counts}${lost}`;
}
