import { devicesNamed, explainerOf } from '../../../machine/index.ts';
import { explainJson, explainText } from '../../../report/index.ts';
import { newestKernel } from '../../../series/index.ts';
import { present } from '../../../util/index.ts';
import { subjectOf } from '../../input/subject.ts';
import type { Command } from '../command.ts';

export const explain: Command = {
  async run(options, console) {
    const [path = '', device = ''] = options.operands;
    const subject = await subjectOf(path, newestKernel, options, console);
    const { machine, design, config } = subject;
    const asked = devicesNamed(machine, device);
    const { full } = options;
    const explainer = explainerOf(machine, design, config, { ...subject.options, traced: full });
    const { style, width } = console;
    const { name: kernel } = design;
    console.answer({
      document: () => {
        const [first, ...others] = asked.map((of) => explainer.explain(of));
        return explainJson([present(first, 'a device'), ...others], kernel, { full });
      },
      *lines() {
        for (const [i, of] of asked.entries()) {
          if (i > 0) yield '';
          yield* explainText(explainer.explain(of), kernel, { full, style, width });
        }
      },
    });
    return 0;
  },
};
