import { type Linted, lintJson, lintText } from '../../../report/index.ts';
import { newestKernel } from '../../../series/index.ts';
import { UsageError } from '../../../util/index.ts';
import { isChosen } from '../../lint/chosen.ts';
import { lintExitCode } from '../../lint/exit-code.ts';
import { lintFile } from '../../lint/lint-file.ts';
import type { Command } from '../command.ts';

export const lint: Command = {
  async run(options, console) {
    const { operands, lint: asked, kernel } = options;
    if (operands.length === 0)
      throw new UsageError('cli/missing-operand', 'lint needs a file', 'fwspec lint --help');
    const linted: Linted[] = [];
    for (const operand of operands) {
      const file = await lintFile(operand, options, console);
      linted.push({ ...file, findings: file.findings.filter((of) => isChosen(of, asked)) });
    }
    if (asked.format === 'json') console.json(lintJson(linted, kernel ?? newestKernel));
    else for (const line of lintText(linted, console)) console.line(line);
    return lintExitCode(linted, asked.maxWarnings);
  },
};
