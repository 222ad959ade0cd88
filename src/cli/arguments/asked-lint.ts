import { rules, type Severity } from '../../machine/index.ts';
import { hintFor, ranked, UsageError } from '../../util/index.ts';
import { oneOf } from './one-of.ts';
import { type LintFormat, lintFormats, severities } from './options/lint.ts';

/** What the options of lint say. */
export interface AskedLint {
  /** The least that is told. */
  readonly severity: Severity | null;
  /** Names of rules; empty for all. */
  readonly rules: readonly string[];
  readonly ignored: readonly string[];
  readonly maxWarnings: number | null;
  readonly format: LintFormat;
  /** Print what mends sources instead of what is found. */
  readonly fixes: boolean;
  readonly explain: string | null;
  /** A file with the findings that are known. */
  readonly baseline: string | null;
  /** Write it. */
  readonly updates: boolean;
}

/**
 * Read them.
 *
 * @param all the values of an option; empty where it is not given
 * @throws UsageError for a value that is none
 */
export function askedLint(all: (name: string) => readonly string[]): AskedLint {
  const text = (name: string): string | undefined => all(name).at(-1);
  const list = (name: string): string[] => all(name).flatMap((value) => value.split(','));
  const json = text('json') !== undefined;
  const format = text('format');
  if (json && format !== undefined)
    throw new UsageError('cli/bad-option', '--json and --format exclude each other');
  const fixes = text('fix-dts') !== undefined;
  if (fixes && (json || format !== undefined))
    throw new UsageError('cli/bad-option', '--fix-dts prints a patch, and in no other format');
  const maxWarnings = text('max-warnings');
  if (maxWarnings !== undefined && !/^\d{1,9}$/.test(maxWarnings))
    throw new UsageError(
      'cli/bad-option',
      `--max-warnings takes a whole number, not "${maxWarnings}"`,
    );
  const severity = text('severity');
  const explain = text('explain');
  return {
    severity: severity === undefined ? null : oneOf('severity', severity, severities),
    rules: list('rule').map(ruleNamed),
    ignored: list('ignore').map(ruleNamed),
    maxWarnings: maxWarnings === undefined ? null : Number(maxWarnings),
    format: json ? 'json' : oneOf('format', format ?? 'text', lintFormats),
    fixes,
    explain: explain === undefined ? null : ruleNamed(explain),
    baseline: text('baseline') ?? null,
    updates: text('update-baseline') !== undefined,
  };
}

/** @throws UsageError when there is no such rule */
export function ruleNamed(name: string): string {
  const names = rules.map((rule) => rule.name);
  const found = names.find((known) => known === name.toLowerCase());
  if (found !== undefined) return found;
  const hint = hintFor(name, ranked(name, names), 'near names');
  throw new UsageError('cli/unknown-rule', `there is no rule "${name}"`, hint);
}
