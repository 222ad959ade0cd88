/** Numbers from `from` on, before `until`; none where `until` is not above `from`. */
export interface NumberRange {
  readonly from: number;
  readonly until: number;
}

/** Which range of a list is the first that has a number, found in the logarithm of their count. */
export class FirstRange {
  /** Where the answer changes, ascending, and the answer from there on. */
  readonly #starts: readonly number[];
  readonly #answers: Int32Array;

  constructor(ranges: readonly NumberRange[]) {
    const edges = new Set(ranges.flatMap(({ from, until }) => (from < until ? [from, until] : [])));
    const starts = [...edges].sort((a, b) => a - b);
    const answers = new Int32Array(starts.length).fill(-1);
    // Earlier ranges are painted first; `next` leads over what is painted already.
    const next = Int32Array.from({ length: starts.length + 1 }, (_, i) => i);
    const unpainted = (i: number): number => {
      let end = i;
      while (next[end] !== end) end = next[end] as number;
      for (let at = i; at !== end; ) {
        const after = next[at] as number;
        next[at] = end;
        at = after;
      }
      return end;
    };
    ranges.forEach(({ from, until }, index) => {
      if (from >= until) return;
      const stop = lastAtMost(starts, until);
      for (let i = unpainted(lastAtMost(starts, from)); i < stop; i = unpainted(i)) {
        answers[i] = index;
        next[i] = i + 1;
      }
    });
    this.#starts = starts;
    this.#answers = answers;
  }

  /** The index of the first range that has the number, or -1. */
  of(number: number): number {
    return this.#answers[lastAtMost(this.#starts, number)] ?? -1;
  }
}

/** The index of the last of ascending numbers that is at most `limit`, or -1. */
function lastAtMost(numbers: readonly number[], limit: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] as number) <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
