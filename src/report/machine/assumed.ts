// What answers rest on that nothing shows: each assumption once, with the devices that it is made for.

import type { InspectedDevice } from '../../machine/index.ts';
import { escapeText, few, groupBy } from '../../util/index.ts';
import { words, wrap } from '../text/wrap.ts';

type Assuming = Pick<InspectedDevice, 'name' | 'assumes'>;

/** Lines of names after which the rest is only counted. */
const nameLines = 2;

/** The assumptions, those of the fewest devices first; of those for all that have any, no names. */
export function assumedLines(devices: readonly Assuming[], width: number): string[] {
  const assuming = devices.filter(({ assumes = [] }) => assumes.length > 0);
  return assumptionsOf(assuming).flatMap(({ text, abouts, names }) => {
    const isOfAll = names.length === assuming.length && names.length > 1 && abouts.length < 2;
    const about = abouts.length === 0 ? '' : ` (${few(abouts)})`;
    return [
      ...wrap(words(text + about), '  ', width),
      ...(isOfAll ? [] : namesWithin(names, width)),
    ];
  });
}

/** The names of the assumptions, and for how many devices each is made. */
export function assumedCounts(devices: readonly Assuming[]): string[] {
  const counts = new Map<string, number>();
  for (const { assumes = [] } of devices)
    for (const name of new Set(assumes.map((text) => text.split(':', 1)[0] ?? '')))
      counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => `${name} (${count})`);
}

interface Made {
  readonly text: string;
  /** What it is about, where it is about something. */
  readonly abouts: readonly string[];
  readonly names: readonly string[];
}

/** Each assumption once, with the devices that it is made for. */
function assumptionsOf(devices: readonly Assuming[]): Made[] {
  const made = devices.flatMap(({ name, assumes = [] }) =>
    assumes.map((whole) => {
      const [, text = whole, about = null] = /^(.*) \(([^()]+)\)$/.exec(whole) ?? [];
      return { name, text, about };
    }),
  );
  return [...groupBy(made, ({ text }) => text)]
    .map(([text, of]) => ({
      text,
      abouts: [...new Set(of.flatMap(({ about }) => about ?? []))],
      names: [...new Set(of.map(({ name }) => name))],
    }))
    .sort((a, b) => a.names.length - b.names.length);
}

function namesWithin(names: readonly string[], width: number): string[] {
  const listed = names.map((name, i) => escapeText(name) + (i < names.length - 1 ? ',' : ''));
  const lines = wrap(listed, '    ', width);
  if (lines.length <= nameLines) return lines;
  return [...lines.slice(0, nameLines - 1), `    ... (${names.length} devices)`];
}
