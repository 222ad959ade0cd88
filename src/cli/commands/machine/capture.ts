import { escapeText, UsageError } from '../../../util/index.ts';
import { loadAnswers, sourceAt } from '../../input/load.ts';
import { collect, collectorScript } from '../../system/collector.ts';
import type { Command } from '../command.ts';

const usage = 'usage: fwspec capture <directory>';

export const capture: Command = {
  async run(options, console) {
    const [directory] = options.operands;
    if (options.printScript) {
      if (directory !== undefined)
        throw new UsageError('cli/extra-operand', '--print-script writes to no directory');
      console.line(collectorScript().trimEnd());
      return 0;
    }
    if (directory === undefined)
      throw new UsageError('cli/missing-operand', 'capture needs a directory', usage);
    const { text, problem } = collect(directory);
    if (options.json) {
      if (problem === null) console.json(await documentOf(directory));
    } else for (const line of text) console.line(escapeText(line));
    if (problem !== null) throw new UsageError('cli/nothing-collected', problem);
    return 0;
  },
};

/** What was collected, and what was not. */
async function documentOf(directory: string): Promise<object> {
  const { release, arch, cmdline, notCollected } = await loadAnswers(await sourceAt(directory));
  const not_collected = notCollected;
  return { version: 1, command: 'capture', directory, release, arch, cmdline, not_collected };
}
