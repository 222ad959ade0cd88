/** How long after another moment something happens: between `min` and `max` milliseconds. */
export interface Delay {
  /** The number of the moment it is counted from. */
  readonly since: number;
  readonly min: number;
  readonly max: number;
}

/**
 * What is known of when the moments of one execution are, the way timed automata keep it: for each
 * two of them, by how much one can be later than the other at most. A moment is one turn or one
 * timer that goes off; code between them takes no time. Moment 0 is the start, at time 0.
 */
export class Zone {
  /** The numbers of the moments that are kept: first 0, last the latest. */
  readonly #moments: readonly number[];
  /** `bounds[i][j]`: how much later the moment in place `j` is than that in `i`, at most. Tight. */
  readonly #bounds: readonly (readonly number[])[];

  private constructor(moments: readonly number[], bounds: readonly (readonly number[])[]) {
    this.#moments = moments;
    this.#bounds = bounds;
  }

  static start(): Zone {
    return new Zone([0], [[0]]);
  }

  /** The number of the last moment. */
  get now(): number {
    return this.#moments.at(-1) as number;
  }

  /** One more moment, not before the last, with these delays; null when there can be none. */
  next(delays: readonly Delay[]): Zone | null {
    const place = this.#moments.length;
    const bounds = this.#bounds.map((row) => [...row, Number.POSITIVE_INFINITY]);
    bounds.push([...new Array<number>(place).fill(Number.POSITIVE_INFINITY), 0]);
    tighten(bounds, place, place - 1, 0);
    for (const { since, min, max } of delays) {
      const from = this.#moments.indexOf(since);
      if (!tighten(bounds, from, place, max)) return null;
      if (!tighten(bounds, place, from, -min)) return null;
    }
    return new Zone([...this.#moments, this.now + 1], bounds);
  }

  /** The same, without moments that nothing is counted from any more. */
  keeping(moments: readonly number[]): Zone {
    const places = this.#moments.flatMap((moment, place) =>
      moment === 0 || moment === this.now || moments.includes(moment) ? [place] : [],
    );
    return new Zone(
      places.map((place) => this.#moments[place] as number),
      places.map((i) => places.map((j) => this.#bounds[i]?.[j] as number)),
    );
  }

  /** The earliest time the last moment can be at. */
  get earliest(): number {
    return 0 - (this.#bounds.at(-1)?.[0] as number);
  }

  /** The same, but the last moment is as early as it can be. */
  asEarlyAsPossible(): Zone {
    const bounds = this.#bounds.map((row) => [...row]);
    tighten(bounds, 0, bounds.length - 1, this.earliest);
    return new Zone(this.#moments, bounds);
  }
}

/** What is in place `to` is at most `limit` later than what is in `from`. Whether that can be. */
function tighten(bounds: number[][], from: number, to: number, limit: number): boolean {
  const at = (i: number, j: number): number => bounds[i]?.[j] as number;
  if (at(to, from) + limit < 0) return false;
  if (limit >= at(from, to)) return true;
  for (let i = 0; i < bounds.length; i++) {
    const row = bounds[i] as number[];
    const reach = at(i, from) + limit;
    for (let j = 0; j < bounds.length; j++) row[j] = Math.min(at(i, j), reach + at(to, j));
  }
  return true;
}
