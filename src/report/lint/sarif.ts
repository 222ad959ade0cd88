// SARIF 2.1.0, which code scanning reads.

import type { Rule, Severity } from '../../machine/index.ts';
import { escapeText } from '../../util/index.ts';
import { killsText } from '../machine/findings.ts';
import { findingKey } from './key.ts';
import type { Linted, LintFinding } from './linted.ts';
import { ruleMarkdown } from './page.ts';

/** What of SARIF is used. */
export interface SarifLog {
  readonly $schema: string;
  readonly version: '2.1.0';
  readonly runs: readonly [SarifRun];
}

interface SarifRun {
  readonly tool: { readonly driver: SarifDriver };
  readonly columnKind: 'unicodeCodePoints';
  readonly invocations: readonly unknown[];
  readonly results: readonly unknown[];
}

interface SarifDriver {
  readonly name: 'fwspec';
  readonly semanticVersion: string;
  readonly rules: readonly unknown[];
}

/** Who has looked. */
export interface SarifTool {
  /** Of fwspec. */
  readonly version: string;
  /** All that it has. */
  readonly rules: readonly Rule[];
  /** Whether all files were looked at. */
  readonly isWhole?: boolean;
}

export function lintSarif(
  linted: readonly Linted[],
  { version, rules, isWhole = true }: SarifTool,
): SarifLog {
  const findings = linted.flatMap((of) => of.findings);
  const named = new Set(findings.map(({ rule }) => rule));
  const used = rules.filter(({ name }) => named.has(name));
  const indexes = new Map(used.map(({ name }, i) => [name, i]));
  const seen = new Map<string, number>();
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: { name: 'fwspec', semanticVersion: version, rules: used.map(descriptor) },
        },
        columnKind: 'unicodeCodePoints',
        invocations: [invocation(linted, isWhole)],
        results: findings.map((finding) => ({
          ruleId: finding.rule,
          ruleIndex: indexes.get(finding.rule) ?? -1,
          level: finding.severity satisfies Severity,
          message: { text: messageText(finding) },
          locations: [location(finding)],
          ...(finding.fix === undefined ? {} : { fixes: [fixed(finding, finding.fix)] }),
          partialFingerprints: { 'fwspec/v1': fingerprint(finding, seen) },
        })),
      },
    ],
  };
}

function descriptor(rule: Rule): unknown {
  const { name, severity, about, linux, fix } = rule;
  return {
    id: name,
    shortDescription: { text: about },
    fullDescription: { text: linux },
    help: { text: fix, markdown: ruleMarkdown(rule) },
    defaultConfiguration: { level: severity },
  };
}

/** Files that cannot be read are no results: the run did not look at them. */
function invocation(linted: readonly Linted[], isWhole: boolean): unknown {
  const unread = linted.filter(({ error }) => error !== null);
  return {
    executionSuccessful: unread.length === 0 && isWhole,
    toolExecutionNotifications: [
      ...unread.map(({ file, error }) => ({
        level: 'error',
        message: { text: error },
        locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(file) } } }],
      })),
      ...(isWhole
        ? []
        : [{ level: 'error', message: { text: 'interrupted: not every file was looked at' } }]),
    ],
  };
}

function messageText(finding: LintFinding): string {
  const { message, help, nodes = [], devices = [] } = finding;
  const others = nodes.slice(1);
  const kills = killsText(finding);
  return [
    escapeText(message),
    ...(kills === null ? [] : [kills]),
    ...(others.length === 0 ? [] : [`and ${others.length} more: ${listed(others)}`]),
    ...(devices.length === 0 ? [] : [`whom: ${listed(devices)}`]),
    `help: ${escapeText(help)}`,
  ].join('\n');
}

function listed(names: readonly string[]): string {
  return names.map(escapeText).join(', ');
}

/** A line where the source is text, else a byte; and the node, which says more than either. */
function location({ file, line, column, offset, node, property }: LintFinding): unknown {
  const region =
    line !== undefined
      ? { startLine: line, ...(column === undefined ? {} : { startColumn: column }) }
      : offset !== null
        ? { byteOffset: offset, byteLength: 1 }
        : null;
  const name = property === null ? node : `${node} ${property}`;
  return {
    physicalLocation: {
      artifactLocation: { uri: uriOf(file) },
      ...(region === null ? {} : { region }),
    },
    logicalLocations: [{ fullyQualifiedName: escapeText(name) }],
  };
}

/** What code scanning can offer to write. */
function fixed({ help }: LintFinding, edits: NonNullable<LintFinding['fix']>): unknown {
  return {
    description: { text: escapeText(help) },
    artifactChanges: edits.map(({ file, line, column, endLine, endColumn, text }) => ({
      artifactLocation: { uri: uriOf(file) },
      replacements: [
        {
          deletedRegion: { startLine: line, startColumn: column, endLine, endColumn },
          insertedContent: { text },
        },
      ],
    })),
  };
}

/** A path as a URI: relative as it is, with all that a URI has another meaning for written as bytes. */
function uriOf(path: string): string {
  const words = path.replaceAll('\\', '/').split('/').map(encoded).join('/');
  return path.startsWith('/') ? `file://${words}` : words;
}

function encoded(word: string): string {
  return encodeURIComponent(word.replace(/\p{Surrogate}/gu, '\ufffd'));
}

/** The same finding twice in a file is two. */
function fingerprint(finding: LintFinding, seen: Map<string, number>): string {
  const key = `${finding.file} ${findingKey(finding)}`;
  const count = (seen.get(key) ?? 0) + 1;
  seen.set(key, count);
  return escapeText(count === 1 ? key : `${key} ${count}`);
}
