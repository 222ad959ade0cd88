import { readFileSync } from 'node:fs';
import type { CompareRow } from '../../report/index.ts';
import { inPackage } from '../system/package.ts';

/** What everything explored came to, and the model that it was. */
interface Stored {
  readonly model: string;
  readonly rows: readonly CompareRow[];
}

const table = inPackage('docs/reference/verdicts.json');

/** What the build says of the model that it has. */
const digest = inPackage('dist/model-digest');

/** The table that is shipped, of whatever model. */
function stored(): Stored {
  return JSON.parse(readFileSync(table, 'utf8')) as Stored;
}

/** The rows of the comparison that is shipped; null when the model is another one than theirs. */
export function storedRows(): readonly CompareRow[] | null {
  const { model, rows } = stored();
  return model === modelDigest() ? rows : null;
}

/** The modules of the model and the explorer, as one short word. */
function modelDigest(): string {
  return readFileSync(digest, 'utf8').trim();
}

/** About so many executions a thread makes in a second: for a guess only. */
const perSecond = 700;

/**
 * How long searches may take, by what they were when the table was made: a search with a patch or
 * behind another driver is taken for as large as that without.
 */
export function expectation(
  searches: readonly { readonly kernel: string; readonly scenario: string }[],
  jobs: number,
): string {
  const known = new Map(
    stored().rows.map(({ kernel, scenario, executions }) => [`${kernel} ${scenario}`, executions]),
  );
  const counts = searches.map(
    ({ kernel, scenario }) =>
      known.get(`${kernel} ${scenario}`) ??
      known.get(`${kernel.replace(/\+[^+]*$/, '')} ${scenario}`),
  );
  const executions = counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  const unknown = counts.filter((count) => count === undefined).length;
  const seconds = executions / perSecond / Math.max(1, Math.min(jobs, searches.length));
  const least = unknown > 0 ? 'at least ' : '';
  return `${searches.length} searches, ${least}about ${executions} executions: ${least}${duration(seconds)}`;
}

function duration(seconds: number): string {
  if (seconds < 10) return 'some seconds';
  return seconds < 90
    ? `about ${Math.ceil(seconds / 10) * 10} seconds`
    : `about ${Math.round(seconds / 60)} minutes`;
}
