import { inspect as inspectMachine } from '../../../machine/index.ts';
import { inspectJson, inspectText } from '../../../report/index.ts';
import { newestKernel } from '../../../series/index.ts';
import { subjectOf } from '../../input/subject.ts';
import type { Command } from '../command.ts';

export const inspect: Command = {
  async run(options, console) {
    const [path = ''] = options.operands;
    const subject = await subjectOf(path, newestKernel, options, console);
    const { machine, design, config } = subject;
    const kernel = design.name;
    const inspection = inspectMachine(machine, design, config, subject.options);
    console.answer({
      document: () => inspectJson(inspection, kernel),
      lines: () => inspectText(inspection, kernel, console),
    });
    return inspection.findings.some(({ severity }) => severity === 'error') ? 1 : 0;
  },
};
