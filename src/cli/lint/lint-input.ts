import {
  contextOf,
  type Finding,
  lintNodes,
  type Machine,
  pageOf,
  truncatedFinding,
} from '../../machine/index.ts';
import type { Linted, LintFinding } from '../../report/index.ts';
import { newestKernel } from '../../series/index.ts';
import { FormatError } from '../../util/index.ts';
import { type Parcel, parcelName, sourceOf } from '../input/parcel.ts';
import { type Asking, subjectIn, subjectOf } from '../input/subject.ts';
import type { Console } from '../output/console.ts';
import { messageOf } from '../output/message.ts';

/** What is looked at: a path of this machine, or what was there; whether nobody named it. */
export interface Looked {
  readonly given: string | Parcel;
  readonly isWalked: boolean;
}

/**
 * What is wrong in one machine, node by node; one that cannot be read says why, and does not end the others. Null for
 * what is none, where nobody named it.
 */
export async function lintInput(
  { given, isWalked }: Looked,
  options: Asking,
  console: Pick<Console, 'note'>,
): Promise<Linted | null> {
  const path = typeof given === 'string' ? given : parcelName(given) || '-';
  try {
    const subject =
      typeof given === 'string'
        ? await subjectOf(path, newestKernel, options, console)
        : await subjectIn(await sourceOf(given), newestKernel, options, console, path);
    const { machine, design, config, options: boot, called } = subject;
    const located = lintNodes(machine, design, config, boot).map((finding) =>
      inFile(finding, machine, called, path),
    );
    return { file: path, error: null, findings: located };
  } catch (error) {
    if (isWalked && isNoMachine(error)) return null;
    const said = messageOf(error);
    if (said === null) throw error;
    const found = error instanceof FormatError ? truncatedFinding(error.problem) : null;
    const file = (error instanceof FormatError ? error.file : null) ?? path;
    const findings = found === null ? [] : [{ ...found, file, page: pageOf(found.rule) }];
    return { file: path, error: said, findings };
  }
}

/** Something else than a machine, and whole: nothing is lost where it is left out. */
function isNoMachine(error: unknown): boolean {
  const codes = ['unknown', 'overlay', 'fit-image', 'no-firmware', 'no-tree'];
  return error instanceof FormatError && codes.includes(error.problem.code.replace('input/', ''));
}

/** The finding with the file of the tree, table or function that it is in, and the bytes there. */
function inFile(
  finding: Finding,
  machine: Machine,
  called: (name: string) => string,
  given: string,
): LintFinding {
  const { sources, fdt } = machine;
  const context = contextOf(machine, finding);
  const paged = { ...finding, page: pageOf(finding.rule) };
  const found = context === null ? paged : { ...paged, context };
  if (finding.file !== undefined) return { ...found, file: finding.file };
  const key = sources?.has(finding.node) ? finding.node : fdt === null ? null : 'devicetree';
  const name = key === null ? null : (sources?.get(key)?.file ?? null);
  return { ...found, file: name === null ? given : called(name) };
}
