import { inspect as inspectMachine, kconfigFor } from '../../machine/index.ts';
import { inspectJson, inspectText } from '../../report/index.ts';
import { newestKernel } from '../../series/index.ts';
import { type Command, operandsOf } from '../command.ts';
import { loadMachine } from '../load-machine.ts';
import { designWith } from '../patch-file.ts';

export const inspect: Command = {
  name: 'inspect',
  operands: '<machine>',
  about: 'what each device gets',
  async run(options, console) {
    const [path = ''] = operandsOf(options, 'machine');
    const design = await designWith(options.kernel ?? newestKernel, options.patch);
    const kernel = design.name;
    const machine = loadMachine(path);
    const inspection = inspectMachine(machine, design, kconfigFor(machine, options.asked));
    if (options.json) console.line(JSON.stringify(inspectJson(inspection, kernel), null, 2));
    else for (const line of inspectText(inspection, kernel, console.style)) console.line(line);
    return inspection.findings.some(({ severity }) => severity === 'error') ? 1 : 0;
  },
};
