import { verify as verifyCapture } from '../../../machine/index.ts';
import {
  disagreementsOf,
  type VerifiedCapture,
  verifyJson,
  verifyText,
} from '../../../report/index.ts';
import { racesOf } from '../../../scenarios/index.ts';
import { nearestRelease, newestKernel } from '../../../series/index.ts';
import { UsageError } from '../../../util/index.ts';
import type { Options } from '../../arguments/checked.ts';
import { type Answered, loadAnswered, loadWithAnswers, sourceAt } from '../../input/load.ts';
import { designWith } from '../../kernel/patch-file.ts';
import { messageOf } from '../../output/message.ts';
import { valueText } from '../../search/search.ts';
import type { Command } from '../command.ts';

export const verify: Command = {
  async run(options, console, { alive }) {
    const { operands, json } = options;
    const captures: VerifiedCapture[] = [];
    for (const path of operands) {
      console.progress(`${captures.length} of ${operands.length} captures`);
      alive?.();
      captures.push(await resultOf(path, options));
    }
    console.progress(null);
    if (json) console.json(verifyJson(captures));
    else {
      const { style, width } = console;
      for (const line of verifyText(captures, { style, width, value: valueText }))
        console.line(line);
    }
    if (captures.some(({ error }) => error !== null)) return 2;
    return captures.some((of) => disagreementsOf(of).length > 0) ? 1 : 0;
  },
};

/** One of many that cannot be read does not keep the others from being compared. */
async function resultOf(path: string, options: Options): Promise<VerifiedCapture> {
  try {
    return await compared(path, options);
  } catch (caught) {
    const error = messageOf(caught);
    if (error === null || options.operands.length === 1) throw caught;
    const verification = {
      devices: 0,
      agree: 0,
      disagree: [],
      aside: [],
      vacuous: false,
      fields: [],
      givenUp: [],
    };
    const races = { raced: [], sought: [] };
    const unread = { release: null, kernel: null, partial: false };
    return { capture: path, ...unread, verification, races, error };
  }
}

async function answered(path: string, { answers, operands }: Options): Promise<Answered> {
  if (answers === null)
    return await (path === 'live' ? live() : loadAnswered(await sourceAt(path)));
  if (operands.length > 1)
    throw new UsageError('cli/bad-option', '--answers is about one machine, not several');
  return await loadWithAnswers(await sourceAt(path), await sourceAt(answers));
}

async function live(): Promise<Answered> {
  const { loadLive } = await import('../../input/live.ts');
  return await loadLive();
}

async function compared(path: string, options: Options): Promise<VerifiedCapture> {
  const { kernel, patch, asked } = options;
  const { machine, capture } = await answered(path, options);
  const { release, partial } = capture;
  const nearest = release === null ? newestKernel : nearestRelease(release).name;
  const design = await designWith(kernel ?? nearest, patch);
  const verification = verifyCapture(machine, capture, design, asked);
  if (verification.devices === 0) {
    const problem = `${path}: nothing to compare`;
    const where = partial ? 'the answers' : 'expected.json';
    const found = `expected a device in ${where} that firmware or pci/ describes, found none`;
    throw new UsageError('cli/nothing-to-compare', `${problem}: ${found}`);
  }
  const boot = { machine, capture, design, asked };
  const races = racesOf(boot, verification, options.maxExecutions ?? undefined);
  return { capture: path, release, kernel: design.name, partial, verification, races, error: null };
}
