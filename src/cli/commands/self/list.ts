import { iommuDrivers } from '../../../linux/index.ts';
import { rules } from '../../../machine/index.ts';
import { tableWithin } from '../../../report/index.ts';
import { scenarios } from '../../../scenarios/index.ts';
import { additions, kernels } from '../../../series/index.ts';
import { hintFor, UsageError } from '../../../util/index.ts';
import { linuxScenarioNames } from '../../arguments/options/linux.ts';
import type { Command } from '../command.ts';

/** What is shown with each addition; others take them, too. */
const example = 'fwspec-v2';

/** What can be listed: each a table of names and what they are. */
const lists: Readonly<Record<string, () => readonly (readonly [string, string])[]>> = {
  kernels: () => [
    ...kernels.map(({ design, about }): [string, string] => [design.name, about]),
    ...additions.map(({ name, about }): [string, string] => [`${example}+${name}`, about]),
  ],
  scenarios: () =>
    scenarios.map(({ name, about }) => [
      name,
      linuxScenarioNames.includes(name) ? `${about} (--linux)` : about,
    ]),
  rules: () => rules.map(({ name, severity, about }) => [name, `${severity}: ${about}`]),
  drivers: () => iommuDrivers.map(({ name, compatible }) => [name, compatible.join(', ')]),
};

export const list: Command = {
  run(options, console) {
    const [what = ''] = options.operands;
    const rows = Object.hasOwn(lists, what) ? lists[what]?.() : undefined;
    if (rows === undefined) {
      throw new UsageError(
        'cli/unknown-list',
        `there is no list of "${what}"`,
        hintFor(what, Object.keys(lists), 'lists'),
      );
    }
    const items = (): unknown => rows.map(([name, about]) => ({ name, about }));
    console.answer({
      document: () => ({ version: 1, command: 'list', [what]: items() }),
      lines: () => tableWithin(rows, '', console.width),
    });
    return 0;
  },
};
