import { explain as explainDevice, kconfigFor } from '../../machine/index.ts';
import { explainJson, explainText } from '../../report/index.ts';
import { newestKernel } from '../../series/index.ts';
import { type Command, operandsOf } from '../command.ts';
import { loadMachine } from '../load-machine.ts';
import { designWith } from '../patch-file.ts';

export const explain: Command = {
  name: 'explain',
  operands: '<machine> <device>',
  about: 'why: the chain from bytes of firmware to its group',
  async run(options, console) {
    const [path = '', device = ''] = operandsOf(options, 'machine', 'device');
    const design = await designWith(options.kernel ?? newestKernel, options.patch);
    const machine = loadMachine(path);
    const config = kconfigFor(machine, options.asked);
    const explanation = explainDevice(machine, device, design, config);
    const { full } = options;
    const { name: kernel } = design;
    if (options.json) {
      console.line(JSON.stringify(explainJson(explanation, kernel, { full }), null, 2));
    } else {
      for (const line of explainText(explanation, kernel, { full, style: console.style }))
        console.line(line);
    }
    return 0;
  },
};
