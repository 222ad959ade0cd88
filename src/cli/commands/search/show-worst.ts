import {
  bugDocument,
  type Exploration,
  type Format,
  type ReplayNeeds,
  type RowOptions,
} from '../../../report/index.ts';
import { valueText } from '../../../scenarios/index.ts';
import type { Options } from '../../arguments/checked.ts';
import type { Console } from '../../output/console.ts';

/** The worst bug as a document of its own, or on standard error why there is none. */
export function showWorst(
  { scenario, kernel, linux, outcome, tokens, whys }: Exploration,
  format: Exclude<Format, 'text'>,
  { full, patch }: Options,
  console: Console,
  more: ReplayNeeds & Pick<RowOptions, 'lineOf' | 'paths'> = {},
): void {
  const { bugs, complete } = outcome;
  const worst = bugs.findIndex(({ steps }) => steps.length > 0);
  const bug = bugs[worst];
  if (bug === undefined) {
    const reason = bugs[0]?.message ?? `no bug ${complete ? 'in any execution' : 'so far'}`;
    console.note(`nothing to show as ${format}: ${reason}`);
    return;
  }
  const title = [scenario, ...(kernel === null ? [] : [`${linux ? '' : 'kernel '}${kernel}`])].join(
    ', ',
  );
  const token = tokens[worst] ?? null;
  const why = whys[worst] ?? null;
  const shown = { title, token, patch, full, why, value: valueText, ...more };
  console.line(bugDocument(format, bug, shown));
}
