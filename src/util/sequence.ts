/**
 * A list that does not change. One that has more at its end shares its beginning with it: to add to
 * the longest of them costs the same, however long it is.
 */
export class Sequence<T> implements Iterable<T> {
  readonly length: number;
  readonly #shared: T[];

  private constructor(shared: T[]) {
    this.#shared = shared;
    this.length = shared.length;
  }

  static of<T>(items: Iterable<T> = []): Sequence<T> {
    return new Sequence([...items]);
  }

  with(items: readonly T[]): Sequence<T> {
    const longest = this.#shared.length === this.length;
    const shared = longest ? this.#shared : this.slice();
    for (const item of items) shared.push(item);
    return new Sequence(shared);
  }

  slice(from = 0, until: number = this.length): T[] {
    return this.#shared.slice(from, Math.min(until, this.length));
  }

  [Symbol.iterator](): Iterator<T> {
    return this.slice()[Symbol.iterator]();
  }
}
