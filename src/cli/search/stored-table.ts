import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { CompareRow } from '../../report/index.ts';
import { version } from '../system/version.ts';

/** What everything explored came to, and the model that it was. */
interface Stored {
  readonly model: string;
  readonly rows: readonly CompareRow[];
}

const table = new URL('../../../docs/reference/verdicts.json', import.meta.url);

/** The table that is shipped, of whatever model. */
function stored(): Stored {
  return JSON.parse(readFileSync(table, 'utf8')) as Stored;
}

/** The rows of the comparison that is shipped; null when the model is another one than theirs. */
export function storedRows(): readonly CompareRow[] | null {
  const { model, rows } = stored();
  return model === modelDigest() ? rows : null;
}

/** What a searched model is told by: the files that the scenarios and the explorer are made of. */
export function modelDigest(): string {
  const hash = createHash('sha256').update(version());
  for (const text of modulesFrom('../../scenarios/index.js', '../../explore/index.js'))
    hash.update(text);
  return hash.digest('hex').slice(0, 16);
}

/** These modules and all that they import, each once, in the order they are met. */
function modulesFrom(...entries: readonly string[]): string[] {
  const met = new Set(entries.map((entry) => new URL(entry, import.meta.url).href));
  const texts: string[] = [];
  for (const url of met) {
    const text = readFileSync(new URL(url), 'utf8');
    texts.push(text);
    for (const [, path = ''] of text.matchAll(/ from '(\.[^']+)'/g))
      met.add(new URL(path, url).href);
  }
  return texts;
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
