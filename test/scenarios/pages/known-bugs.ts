// Bugs that others have found, and the searches that show them.
import { explore } from '../../../src/explore/index.ts';
import { defaultKconfig } from '../../../src/linux/index.ts';
import {
  builtinShape,
  knownBugs,
  programOf,
  type ShownBy,
  scenarioOf,
} from '../../../src/scenarios/index.ts';
import { designOf } from '../../../src/series/index.ts';

/** What is found on a kernel. */
export function foundOn(
  kernel: string,
  { scenario: name, driver, firmware, shape: asked }: ShownBy,
  maxExecutions: number,
): string[] {
  const scenario = scenarioOf(name);
  const shape = builtinShape(scenario, driver ?? null, firmware ?? null, asked);
  const program = programOf(scenario, designOf(kernel), defaultKconfig, shape);
  const options = { ignore: ['data-race'], causes: false, maxExecutions } as const;
  return explore(program, options).bugs.map(({ id }) => id);
}

export const shownBugs: readonly (ShownBy & { readonly fix: string })[] = knownBugs.flatMap(
  ({ fix, shown }) => (typeof shown === 'string' ? [] : [{ fix, ...shown }]),
);
