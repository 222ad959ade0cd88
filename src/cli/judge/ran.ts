import { ModelError } from '../../explore/index.ts';
import { FormatError } from '../../util/index.ts';
import { compileLinux } from '../input/linux-tree.ts';
import type { Interruption } from '../search/request.ts';
import { type Ran, type RunRequest, run } from './run.ts';
import { scenarioNamed } from './scenarios.ts';

/**
 * Explore a scenario of files that have been compiled already.
 *
 * @throws ModelError where the program cannot be explored
 */
export async function ran(
  { tree, build, overlay, manner, ...asked }: RunRequest,
  interruption: Interruption,
  progress: (text: string) => void,
): Promise<Ran> {
  const scenario = scenarioNamed(asked.scenario, asked.driver);
  try {
    const { modules } = await compileLinux(tree, scenario.files, { ...build, overlay });
    return await run(scenario, modules, manner, interruption, progress);
  } catch (error) {
    throw error instanceof FormatError ? new ModelError(error.line) : error;
  }
}
