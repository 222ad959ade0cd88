/** How many letters are wrong: missing, too many, others, or two that changed places. */
export function distance(a: string, b: string): number {
  let before: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/** Hostile words are as long as they like; no name is. */
const longest = 200;

/**
 * The name that somebody meant by a word that is none: the one with the fewest wrong letters, at most
 * one in three, or the shortest that begins with the word. Capitals do not count.
 */
export function nearest(word: string, names: readonly string[]): string | null {
  const wanted = word.toLowerCase();
  if (wanted === '' || wanted.length > longest) return null;
  let best: string | null = null;
  let fewest = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const name of names) {
    const wrong = distance(wanted, name.toLowerCase());
    if (wrong < fewest) [best, fewest] = [name, wrong];
  }
  if (best !== null) return best;
  const longer = names.filter((name) => wanted.length > 1 && name.toLowerCase().startsWith(wanted));
  return longer.toSorted((a, b) => a.length - b.length)[0] ?? null;
}

/** A hint for a word that is none of these names: the one that was meant, or all there are. */
export function hintFor(word: string, names: readonly string[], kind: string): string {
  const near = nearest(word, names);
  return near === null ? `${kind}: ${names.join(', ')}` : `did you mean ${near}?`;
}

/** The names most like the word, best first; one that contains it is the most like it. */
export function ranked(word: string, names: Iterable<string>, count = 4): string[] {
  const wanted = word.slice(0, longest);
  const rank = (name: string): number =>
    wanted !== '' && name.includes(wanted) ? 0 : distance(wanted, name.slice(0, longest));
  return [...new Set(names)]
    .map((name) => ({ name, wrong: rank(name) }))
    .sort((a, b) => a.wrong - b.wrong)
    .slice(0, count)
    .map(({ name }) => name);
}
