// Workflow commands of GitHub Actions, which show findings beside the lines that they are about.

import { hex } from '../../util/index.ts';
import { severityCounts } from '../machine/findings.ts';
import type { Linted, LintFinding } from './linted.ts';

const commands = { error: 'error', warning: 'warning', note: 'notice' } as const;

export function lintGithub(linted: readonly Linted[]): string[] {
  const counts = severityCounts(linted.flatMap(({ findings }) => findings));
  return [
    ...linted.flatMap(({ file, error, findings }) => [
      ...(error === null ? [] : [command('error', { file, title: 'cannot be read' }, error)]),
      ...findings.map(annotation),
    ]),
    `${linted.length} ${linted.length === 1 ? 'file' : 'files'}: ${counts || 'no findings'}`,
  ];
}

function annotation(finding: LintFinding): string {
  const { rule, severity, file, line, column, node, property, offset, message, help } = finding;
  const where = [node, property, offset === null ? null : `at offset ${hex(offset)}`];
  const place = where.filter((part) => part !== null).join(' ');
  const at = {
    file,
    ...(line === undefined ? {} : { line: String(line) }),
    ...(column === undefined ? {} : { col: String(column) }),
  };
  return command(commands[severity], { ...at, title: rule }, `${place}: ${message}\nhelp: ${help}`);
}

function command(
  name: string,
  properties: Readonly<Record<string, string>>,
  message: string,
): string {
  const all = Object.entries(properties).map(([key, value]) => `${key}=${escapedProperty(value)}`);
  return `::${name} ${all.join(',')}::${escaped(message)}`;
}

/** No line ends within a command; other controls are nothing that a log should see. */
function escaped(text: string): string {
  return text
    .replaceAll('%', '%25')
    .replaceAll('\r', '%0D')
    .replaceAll('\n', '%0A')
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (found) =>
      found.codePointAt(0) === undefined ? '' : `\\u{${found.codePointAt(0)?.toString(16)}}`,
    );
}

function escapedProperty(text: string): string {
  return escaped(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
