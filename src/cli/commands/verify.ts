import { verify as verifyCapture } from '../../machine/index.ts';
import {
  disagreementsOf,
  type VerifiedCapture,
  verifyJson,
  verifyText,
} from '../../report/index.ts';
import { racesOf } from '../../scenarios/index.ts';
import { nearestRelease } from '../../series/index.ts';
import { UsageError } from '../../util/index.ts';
import type { Options } from '../arguments/checked.ts';
import { loadLive } from '../input/live.ts';
import { loadCaptured, sourceAt } from '../input/load.ts';
import { designWith } from '../kernel/patch-file.ts';
import { messageOf } from '../output/message.ts';
import { valueText } from '../search/search.ts';
import type { Command } from './command.ts';

export const verify: Command = {
  async run(options, console) {
    const { operands, json } = options;
    const captures: VerifiedCapture[] = [];
    for (const path of operands) {
      console.progress(`${captures.length} of ${operands.length} captures`);
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
    };
    const races = { raced: [], sought: [] };
    return { capture: path, release: null, kernel: null, verification, races, error };
  }
}

async function compared(path: string, options: Options): Promise<VerifiedCapture> {
  const { kernel, patch, asked } = options;
  const { machine, capture } = await (path === 'live'
    ? loadLive()
    : sourceAt(path).then(loadCaptured));
  const { release } = capture;
  const design = await designWith(kernel ?? nearestRelease(release).name, patch);
  const verification = verifyCapture(machine, capture, design, asked);
  if (verification.devices === 0) {
    const problem = `${path}: nothing to compare`;
    const found = 'expected a device in expected.json that firmware or pci/ describes, found none';
    throw new UsageError('cli/nothing-to-compare', `${problem}: ${found}`);
  }
  const boot = { machine, capture, design, asked };
  const races = racesOf(boot, verification, options.maxExecutions ?? undefined);
  return { capture: path, release, kernel: design.name, verification, races, error: null };
}
