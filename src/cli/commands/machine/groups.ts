import { devicesNamed, groupsOf } from '../../../machine/index.ts';
import { groupsJson, groupsText } from '../../../report/index.ts';
import { newestKernel } from '../../../series/index.ts';
import { pciNames } from '../../input/pci-ids.ts';
import { subjectOf } from '../../input/subject.ts';
import type { Command } from '../command.ts';

export const groups: Command = {
  async run(options, console) {
    const [path = '', device] = options.operands;
    const subject = await subjectOf(path, newestKernel, options, console);
    const { machine, design, config } = subject;
    const asked = device === undefined ? [] : devicesNamed(machine, device);
    const names = await pciNames(options.pciIds);
    const report = groupsOf(machine, design, config, subject.options, names, asked);
    const { style, width } = console;
    console.answer({
      document: () => groupsJson(report, design.name),
      lines: () => groupsText(report, design.name, { style, width }),
    });
    return 0;
  },
};
