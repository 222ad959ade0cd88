import { UsageError } from '../../util/index.ts';
import { collect, collectorScript } from '../collector.ts';
import { type Command, operandsOf } from '../command.ts';

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
    if (text !== '') console.line(text);
    if (problem !== null) throw new UsageError('cli/nothing-collected', problem);
    return 0;
  },
};
