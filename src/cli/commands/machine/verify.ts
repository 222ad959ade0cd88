import { disagreementsOf, verifyJson, verifyText } from '../../../report/index.ts';
import { valueText } from '../../../scenarios/index.ts';
import { UsageError } from '../../../util/index.ts';
import { Alone } from '../../pieces/alone.ts';
import { verifyAll } from '../../pieces/verify-all.ts';
import { budgetOf } from '../../search/budget.ts';
import type { Command } from '../command.ts';
import { queueHands } from '../hands.ts';

export const verify: Command = {
  async run(options, console, interruption) {
    const { operands, json, answers } = options;
    if (answers !== null && operands.length > 1)
      throw new UsageError('cli/bad-option', '--answers is about one machine, not several');
    const budget = budgetOf(options.maxSeconds, interruption);
    const workers = await queueHands(options, console, interruption);
    const captures = await verifyAll(options, workers ?? new Alone(interruption), console);
    budget?.done();
    const left = operands.length - captures.length;
    if (left > 0) console.note(`interrupted: ${left} of ${operands.length} were not compared`);
    if (json) console.json(verifyJson(captures, left === 0));
    else {
      const { style, width } = console;
      for (const line of verifyText(captures, { style, width, value: valueText }))
        console.line(line);
    }
    if (captures.some(({ error }) => error !== null)) return 2;
    if (captures.some((of) => disagreementsOf(of).length > 0)) return 1;
    return left > 0 ? 3 : 0;
  },
};
