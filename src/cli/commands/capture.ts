import { escapeText, UsageError } from '../../util/index.ts';
import { collect, collectorScript } from '../collector.ts';
import { type Command, operandsOf } from '../command.ts';
import { loadAnswers } from '../load-capture.ts';

export const capture: Command = {
  name: 'capture',
  operands: '<directory>',
  about: 'collect the firmware of this Linux machine and what its kernel decided',
  run(options, console) {
    if (options.printScript) {
      operandsOf(options);
      console.line(collectorScript().trimEnd());
      return 0;
    }
    const [directory = ''] = operandsOf(options, 'directory');
    const { text, problem } = collect(directory);
    if (options.json) {
      if (problem === null) console.json(documentOf(directory));
    } else for (const line of text) console.line(escapeText(line));
    if (problem !== null) throw new UsageError('cli/nothing-collected', problem);
    return 0;
  },
};

/** What was collected, and what was not. */
function documentOf(directory: string): object {
  const { release, arch, cmdline, notCollected } = loadAnswers(directory);
  const not_collected = notCollected;
  return { version: 1, command: 'capture', directory, release, arch, cmdline, not_collected };
}
