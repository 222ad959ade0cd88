import { type Linted, lintGithub, lintJson, lintSarif, lintText } from '../../../report/index.ts';
import { kernelFor, newestKernel } from '../../../series/index.ts';
import { UsageError } from '../../../util/index.ts';
import type { Options } from '../../arguments/checked.ts';
import { againstBaseline, writeBaseline } from '../../lint/baseline.ts';
import { isChosen } from '../../lint/chosen.ts';
import { configFor, configName, type LintConfig } from '../../lint/config.ts';
import { withExceptions } from '../../lint/exceptions.ts';
import { lintExitCode } from '../../lint/exit-code.ts';
import { lintFile } from '../../lint/lint-file.ts';
import type { Console } from '../../output/console.ts';
import { version } from '../../system/version.ts';
import type { Command } from '../command.ts';

export const lint: Command = {
  async run(given, console) {
    const config = configFor('.');
    const named = config?.kernel ?? null;
    const kernel = given.kernel ?? (named === null ? null : kernelFor(named).name);
    const options = { ...given, kernel };
    const all = await lintedOf(options, config, console);
    const told = withoutKnown(all, options, config, console);
    if (told === null) return 0;
    print(told, options, console);
    return lintExitCode(told, options.lint.maxWarnings ?? config?.maxWarnings ?? null);
  },
};

/** Findings of every file that is asked for, those that somebody asked to be told of. */
async function lintedOf(
  options: Options,
  config: LintConfig | null,
  console: Console,
): Promise<Linted[]> {
  const { operands, lint: asked } = options;
  if (operands.length === 0)
    throw new UsageError('cli/missing-operand', 'lint needs a file', 'fwspec lint --help');
  const least = asked.severity ?? config?.severity ?? 'note';
  const linted: Linted[] = [];
  for (const operand of operands) {
    const file = await lintFile(operand, options, console);
    linted.push({ ...file, findings: file.findings.filter((of) => isChosen(of, least, asked)) });
  }
  return linted;
}

/** Without what the project lives with and what the baseline knows; null where that was written. */
function withoutKnown(
  all: readonly Linted[],
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
    const unread = told.find(({ error }) => error !== null);
    if (unread !== undefined)
      throw new UsageError('cli/unreadable', `${baseline} is not written: ${unread.error ?? ''}`);
    console.line(`${baseline}: ${writeBaseline(told, baseline)} findings are known now`);
    return null;
  }
  if (baseline === null) return told;
  const { linted, known, gone } = againstBaseline(told, baseline);
  console.note(`${known} known by ${baseline}`);
  if (gone > 0) console.note(`${gone} that it knows are gone: --update-baseline forgets them`);
  return linted;
}

function print(linted: readonly Linted[], { lint: asked, kernel }: Options, console: Console) {
  switch (asked.format) {
    case 'json':
      console.json(lintJson(linted, kernel ?? newestKernel));
      return;
    case 'sarif':
      console.json(lintSarif(linted, version()));
      return;
    case 'github':
      for (const line of lintGithub(linted)) console.line(line);
      return;
    default:
      for (const line of lintText(linted, console)) console.line(line);
  }
}
