import { availableParallelism } from 'node:os';
import { groupFindings, pageOf, rules } from '../../../machine/index.ts';
import {
  counted,
  type Linted,
  lintGithub,
  lintJson,
  lintSarif,
  lintText,
  ruleText,
} from '../../../report/index.ts';
import { designOf, newestKernel } from '../../../series/index.ts';
import { present, UsageError } from '../../../util/index.ts';
import type { Options } from '../../arguments/checked.ts';
import { againstBaseline, writeBaseline } from '../../lint/baseline.ts';
import { isChosen } from '../../lint/chosen.ts';
import { configFor, configName, type LintConfig } from '../../lint/config.ts';
import { withExceptions } from '../../lint/exceptions.ts';
import { lintExitCode } from '../../lint/exit-code.ts';
import { printFixes } from '../../lint/fixes.ts';
import { inputsOf, type LintInput } from '../../lint/inputs.ts';
import type { Console } from '../../output/console.ts';
import { handsFor, lintAll } from '../../pieces/lint-all.ts';
import { budgetOf } from '../../search/budget.ts';
import type { Interruption } from '../../search/request.ts';
import { version } from '../../system/version.ts';
import type { Command } from '../command.ts';
import { queueHands } from '../hands.ts';

export const lint: Command = {
  async run(given, console, interruption) {
    const { explain } = given.lint;
    if (explain !== null) return explained(explain, given, console);
    const config = configFor('.');
    const kernel = given.kernel ?? config?.kernel ?? null;
    // A name that is none is told once, and not of each file.
    if (kernel !== null) designOf(kernel);
    const options = { ...given, kernel };
    const { linted, isWhole } = await lintedOf(options, config, console, interruption);
    const fresh = withoutKnown(linted, isWhole, options, config, console);
    if (fresh === null) return 0;
    // What was asked for comes last: an exception for what is not told is in use all the same.
    const least = options.lint.severity ?? config?.severity ?? 'note';
    const told = fresh.map((of) => ({
      ...of,
      findings: groupFindings(of.findings.filter((found) => isChosen(found, least, options.lint))),
    }));
    print(told, isWhole, options, console);
    const most = options.lint.maxWarnings ?? config?.maxWarnings ?? null;
    return lintExitCode(told, most, isWhole);
  },
};

/** One rule, without looking at any file. */
function explained(name: string, { operands, lint: asked }: Options, console: Console): 0 {
  if (operands.length > 0)
    throw new UsageError('cli/bad-option', '--explain tells about a rule, and takes no files');
  const rule = present(
    rules.find((of) => of.name === name),
    name,
  );
  if (asked.format === 'json') console.json({ version: 1, command: 'lint', rule });
  else for (const line of ruleText(rule, pageOf(name), console)) console.line(line);
  return 0;
}

/** Findings of every machine that is asked for. */
async function lintedOf(
  options: Options,
  config: LintConfig | null,
  console: Console,
  interruption: Interruption,
): Promise<{ readonly linted: readonly Linted[]; readonly isWhole: boolean }> {
  const named = options.operands.length > 0 ? options.operands : configured(config);
  const inputs: LintInput[] = [];
  for await (const input of inputsOf(named)) inputs.push(input);
  const jobs = options.jobs ?? availableParallelism();
  const budget = budgetOf(options.maxSeconds, interruption);
  const workers = await queueHands(options, console, interruption);
  const hands = workers ?? handsFor(inputs.length, jobs, interruption);
  const { linted, skipped, left } = await lintAll(inputs, options, hands, console);
  budget?.done();
  if (linted.length === 0 && left === 0)
    throw new UsageError('cli/nothing-there', `no machine is in ${named.join(', ')}`);
  if (skipped > 0) console.note(`${skipped} other files are no machines`);
  if (left > 0) console.note(`interrupted: ${left} of ${inputs.length} files were not looked at`);
  return { linted, isWhole: left === 0 };
}

/** What a project lints where nobody names anything. */
function configured(config: LintConfig | null): readonly string[] {
  if (config === null || config.files.length === 0)
    throw new UsageError(
      'cli/missing-operand',
      'lint needs a file',
      `or ${configName} with "files"`,
    );
  return config.files;
}

/** Without what the project lives with and what the baseline knows; null where that was written. */
function withoutKnown(
  all: readonly Linted[],
  isWhole: boolean,
  { operands, lint: asked }: Options,
  config: LintConfig | null,
  console: Console,
): readonly Linted[] | null {
  let told = all;
  if (config !== null && config.ignore.length > 0) {
    const { linted, count, unused } = withExceptions(told, config, operands.length === 0);
    told = linted;
    if (count > 0) console.note(`${count} left out by ${configName}`);
    for (const { path, rule } of unused)
      console.note(`${configName}: nothing to leave out for ${rule} in ${path}: take it away`);
  }
  const baseline = asked.baseline ?? config?.baseline ?? null;
  if (asked.updates) {
    if (baseline === null)
      throw new UsageError('cli/bad-option', '--update-baseline needs --baseline FILE');
    const lost = told.find(({ error }) => error !== null)?.error;
    const why = lost ?? (isWhole ? null : 'not every file was looked at');
    if (why !== null) throw new UsageError('cli/unreadable', `${baseline} is not written: ${why}`);
    console.line(`${baseline} knows ${counted(writeBaseline(told, baseline), 'finding')}`);
    return null;
  }
  if (baseline === null) return told;
  const { linted, known, gone } = againstBaseline(told, baseline);
  console.note(`${known} known by ${baseline}`);
  if (gone > 0) console.note(`${gone} that it knows are gone: --update-baseline forgets them`);
  return linted;
}

function print(
  linted: readonly Linted[],
  isWhole: boolean,
  { lint: asked, kernel }: Options,
  console: Console,
): void {
  if (asked.fixes) {
    printFixes(linted, console);
    return;
  }
  const document = (): unknown => lintJson(linted, kernel ?? newestKernel, isWhole);
  switch (asked.format) {
    case 'json':
      console.json(document());
      return;
    case 'sarif':
      console.json(lintSarif(linted, { version: version(), rules, isWhole }));
      return;
    case 'github':
      for (const line of lintGithub(linted)) console.line(line);
      return;
    default:
      console.answer({
        document,
        lines: () => lintText(linted, console),
      });
  }
}
