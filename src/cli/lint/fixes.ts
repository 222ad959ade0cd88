import { readFileSync } from 'node:fs';
import { type Linted, type LintFinding, unifiedDiff } from '../../report/index.ts';
import { escapeText } from '../../util/index.ts';
import type { Console } from '../output/console.ts';
import { pathFrom } from './paths.ts';

type Edit = NonNullable<LintFinding['fix']>[number];

/** Print what mends the sources of devicetrees, as a patch; what nobody but a person can mend is told beside it. */
export function printFixes(
  linted: readonly Linted[],
  console: Pick<Console, 'line' | 'note'>,
): void {
  const byFile = new Map<string, Edit[]>();
  for (const finding of linted.flatMap(({ findings }) => findings)) {
    const { fix } = finding;
    if (fix === undefined) {
      console.note(`${placeOf(finding)}: ${finding.rule}: to be mended by hand: ${finding.help}`);
    } else if (fix.some((edit) => isInTheWay(edit, byFile.get(edit.file) ?? []))) {
      console.note(
        `${placeOf(finding)}: ${finding.rule}: too near to another change: once more after the patch`,
      );
    } else for (const edit of fix) byFile.set(edit.file, [...(byFile.get(edit.file) ?? []), edit]);
  }
  for (const [file, edits] of byFile) {
    const changes = [...new Map(edits.map((edit) => [JSON.stringify(edit), edit])).values()];
    const lines = unifiedDiff(pathFrom('.', file), readFileSync(file, 'utf8'), changes);
    if (lines.some(isHostile))
      console.note(`${file}: no patch is printed of lines with control characters`);
    else for (const line of lines) console.line(line);
  }
}

/** Whether a terminal does something else with it than show it. */
function isHostile(line: string): boolean {
  const shown = line.replace(/\r$/, '').replaceAll('\t', ' ');
  return escapeText(shown) !== shown;
}

function placeOf({ file, line, node }: LintFinding): string {
  return line === undefined ? `${file} ${node}` : `${file}:${line}`;
}

/** Whether it changes what another one changes, in another way. */
function isInTheWay(edit: Edit, others: readonly Edit[]): boolean {
  const isBefore = (a: Edit, b: Edit): boolean =>
    a.endLine < b.line || (a.endLine === b.line && a.endColumn <= b.column);
  return others.some(
    (other) =>
      !isBefore(edit, other) &&
      !isBefore(other, edit) &&
      JSON.stringify(edit) !== JSON.stringify(other),
  );
}
