import { type Finding, inspect, type Machine } from '../../machine/index.ts';
import type { Linted, LintFinding } from '../../report/index.ts';
import { newestKernel } from '../../series/index.ts';
import type { Options } from '../arguments/checked.ts';
import { subjectOf } from '../input/subject.ts';
import type { Console } from '../output/console.ts';
import { messageOf } from '../output/message.ts';

/** What is wrong in one file; one that cannot be read says why, and does not end the others. */
export async function lintFile(file: string, options: Options, console: Console): Promise<Linted> {
  try {
    const subject = await subjectOf(file, newestKernel, options, console);
    const { machine, design, config, options: boot, called } = subject;
    const { findings } = inspect(machine, design, config, boot);
    return {
      file,
      error: null,
      findings: findings.map((finding) => inFile(finding, machine, called, file)),
    };
  } catch (error) {
    const said = messageOf(error);
    if (said === null) throw error;
    return { file, error: said, findings: [] };
  }
}

/** The finding with the file of the tree, table or function that it is in. */
function inFile(
  finding: Finding,
  { sources, fdt }: Machine,
  called: (name: string) => string,
  given: string,
): LintFinding {
  if (finding.file !== undefined) return { ...finding, file: finding.file };
  const key = sources?.has(finding.node) ? finding.node : fdt === null ? null : 'devicetree';
  const name = key === null ? null : (sources?.get(key)?.file ?? null);
  return { ...finding, file: name === null ? given : called(name) };
}
