import { inspect } from '../../machine/index.ts';
import type { Linted } from '../../report/index.ts';
import { newestKernel } from '../../series/index.ts';
import type { Options } from '../arguments/checked.ts';
import { subjectOf } from '../input/subject.ts';
import type { Console } from '../output/console.ts';
import { messageOf } from '../output/message.ts';

/** What is wrong in one file; one that cannot be read says why, and does not end the others. */
export async function lintFile(file: string, options: Options, console: Console): Promise<Linted> {
  try {
    const {
      machine,
      design,
      config,
      options: boot,
    } = await subjectOf(file, newestKernel, options, console);
    const { findings } = inspect(machine, design, config, boot);
    return { file, error: null, findings };
  } catch (error) {
    const said = messageOf(error);
    if (said === null) throw error;
    return { file, error: said, findings: [] };
  }
}
