import { helpOf, overview } from '../arguments/help.ts';
import { commandNamed } from '../arguments/line.ts';
import { manPage } from '../arguments/man.ts';
import { version } from '../system/version.ts';
import type { Command } from './command.ts';

export const help: Command = {
  run({ operands, man }, console) {
    const [name] = operands;
    const text = man
      ? manPage(version())
      : name === undefined
        ? overview()
        : helpOf(commandNamed(name));
    console.line(text.trimEnd());
    return 0;
  },
};
