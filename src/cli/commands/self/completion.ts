import { bugKinds } from '../../../explore/index.ts';
import { defaultKconfig } from '../../../linux/index.ts';
import { rules } from '../../../machine/index.ts';
import { scenarios, shapeDrivers } from '../../../scenarios/index.ts';
import { kernels, masked } from '../../../series/index.ts';
import { hintFor, UsageError } from '../../../util/index.ts';
import { completionFor, type Names, type Shell } from '../../arguments/help/completion.ts';
import type { Command } from '../command.ts';

const shells: readonly Shell[] = ['bash', 'zsh', 'fish'];

/** What of the model can be completed. */
export const names: Names = {
  kernel: [...kernels.map(({ design }) => design.name), ...masked],
  scenario: scenarios.map(({ name }) => name),
  driver: shapeDrivers,
  kconfig: Object.keys(defaultKconfig)
    .filter((name) => name.startsWith('CONFIG_'))
    .flatMap((name) => [`${name}=y`, `${name}=n`]),
  'bug-kind': bugKinds,
  rule: rules.map(({ name }) => name),
};

export const completion: Command = {
  run({ operands: [asked = ''] }, console) {
    const shell = shells.find((known) => known === asked);
    if (shell === undefined) {
      const hint = hintFor(asked, shells, 'shells');
      throw new UsageError('cli/unknown-shell', `there is no completion for "${asked}"`, hint);
    }
    console.line(completionFor(shell, names).trimEnd());
    return 0;
  },
};
