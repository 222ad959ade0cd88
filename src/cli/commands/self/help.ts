import { helpOf, overview } from '../../arguments/help/help.ts';
import { manPage } from '../../arguments/help/man.ts';
import { commandNamed, type Line } from '../../arguments/line.ts';
import { version } from '../../system/version.ts';

/** What `--help` and the command `help` print, which is in no need of the model. */
export function help({ command, operands: [name], values }: Line): string {
  if (values.has('help')) return command === null ? overview() : helpOf(command);
  if (values.has('man')) return manPage(version());
  return name === undefined ? overview() : helpOf(commandNamed(name));
}
