import { explain as explainDevice } from '../../machine/index.ts';
import { explainJson, explainText } from '../../report/index.ts';
import { newestKernel } from '../../series/index.ts';
import { subjectOf } from '../input/subject.ts';
import type { Command } from './command.ts';

export const explain: Command = {
  async run(options, console) {
    const [path = '', device = ''] = options.operands;
    const subject = await subjectOf(path, newestKernel, options, console);
    const { machine, design, config } = subject;
    const explanation = explainDevice(machine, device, design, config, subject.options);
    const { full } = options;
    const { style, width } = console;
    const { name: kernel } = design;
    if (options.json) {
      console.json(explainJson(explanation, kernel, { full }));
    } else {
      for (const line of explainText(explanation, kernel, { full, style, width }))
        console.line(line);
    }
    return 0;
  },
};
