/** Above this many possible states a table of all of them would be too large. */
const maxTable = 1 << 20;

/**
 * The states of one search for a cheapest order, and the queue of those to be looked at, cheapest
 * first. Kept from one search to the next: thousands of small searches are made.
 */
export class States {
  count = 0;
  /** By state: the cut and the last task in one number, the cost, where it came from. */
  readonly keys: number[] = [];
  readonly costs: number[] = [];
  readonly parents: number[] = [];
  /** By state: how many events there are at least when the goal is reached. */
  readonly steps: number[] = [];

  #limit = 0;
  /** By key: the state that reaches it cheapest, if it is of this search. */
  #table: Int32Array = new Int32Array(0);
  #map: Map<number, number> | null = null;
  /** By level: states to look at. Levels are few; the smallest comes last in `#levels`. */
  readonly #buckets = new Map<number, number[]>();
  readonly #levels: number[] = [];

  restart(size: number, limit: number): void {
    // What earlier searches left in the table does not matter: their states have other keys.
    this.count = 0;
    this.#limit = limit;
    this.#buckets.clear();
    this.#levels.length = 0;
    if (size > maxTable) this.#map = new Map();
    else {
      this.#map = null;
      if (this.#table.length < size) this.#table = new Int32Array(Math.max(size, 1024));
    }
  }

  /**
   * Add a state unless it is known to be reached as cheaply, or lies beyond the limit.
   *
   * @param ahead switches that must follow at least
   * @param fewest at the limit itself, a state must lead to fewer events than this
   */
  add(
    key: number,
    cost: number,
    parent: number,
    ahead: number,
    steps: number,
    fewest: number,
  ): void {
    const level = cost + ahead;
    if (level > this.#limit || (level === this.#limit && steps >= fewest)) return;
    const known = this.#map === null ? (this.#table[key] as number) : (this.#map.get(key) ?? -1);
    if (known >= 0 && known < this.count && this.keys[known] === key)
      if ((this.costs[known] as number) <= cost) return;
    const state = this.count++;
    this.keys[state] = key;
    this.costs[state] = cost;
    this.parents[state] = parent;
    this.steps[state] = steps;
    if (this.#map === null) this.#table[key] = state;
    else this.#map.set(key, state);
    this.#enqueue(state, level);
  }

  #enqueue(state: number, level: number): void {
    const bucket = this.#buckets.get(level);
    if (bucket !== undefined) {
      bucket.push(state);
      return;
    }
    this.#buckets.set(level, [state]);
    let at = this.#levels.length;
    while (at > 0 && (this.#levels[at - 1] as number) < level) at--;
    this.#levels.splice(at, 0, level);
  }

  /** The next state to look at, or -1. With `sameLevel`, only one as cheap as the one before. */
  next(sameLevel: boolean): number {
    for (;;) {
      const level = this.#levels[this.#levels.length - 1];
      if (level === undefined) return -1;
      const state = (this.#buckets.get(level) as number[]).pop();
      if (state === undefined) {
        if (sameLevel) return -1;
        this.#levels.pop();
        this.#buckets.delete(level);
      } else if (this.#isBest(state)) {
        return state;
      }
    }
  }

  #isBest(state: number): boolean {
    const key = this.keys[state] as number;
    return (this.#map === null ? this.#table[key] : this.#map.get(key)) === state;
  }
}
