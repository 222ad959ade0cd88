import { iommuDrivers } from '../../linux/index.ts';
import { rules } from '../../machine/index.ts';
import { tableWithin } from '../../report/index.ts';
import { scenarios } from '../../scenarios/index.ts';
import { kernels } from '../../series/index.ts';
import { UsageError } from '../../util/index.ts';
import { type Command, operandsOf } from '../command.ts';

/** What can be listed: each a table of names and what they are. */
const lists: Readonly<Record<string, () => readonly (readonly [string, string])[]>> = {
  kernels: () => kernels.map(({ design, about }) => [design.name, about]),
  scenarios: () => scenarios.map(({ name, about }) => [name, about]),
  rules: () => rules.map(({ name, severity, about }) => [name, `${severity}: ${about}`]),
  drivers: () => iommuDrivers.map(({ name, compatible }) => [name, compatible.join(', ')]),
};

export const list: Command = {
  name: 'list',
  operands: 'kernels|scenarios|rules|drivers',
  about: 'what the other commands can be asked about',
  run(options, console) {
    const [what = ''] = operandsOf(options, 'kind of thing');
    const rows = Object.hasOwn(lists, what) ? lists[what]?.() : undefined;
    if (rows === undefined) {
      throw new UsageError(
        'cli/unknown-list',
        `there is no list of "${what}"`,
        `lists: ${Object.keys(lists).join(', ')}`,
      );
    }
    if (options.json) {
      const items = rows.map(([name, about]) => ({ name, about }));
      console.json({ version: 1, command: 'list', [what]: items });
    } else {
      for (const line of tableWithin(rows, '', console.width)) console.line(line);
    }
    return 0;
  },
};
