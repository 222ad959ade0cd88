/**
 * A list that does not change. One that has more at its end shares its items with it, and so does one
 * that has fewer at its beginning: either costs the same, however long the list is.
 */
export class Sequence<T> implements Iterable<T> {
  readonly length: number;
  readonly #items: Items<T>;
  readonly #from: number;
  readonly #until: number;

  private constructor(items: Items<T>, from: number, until: number) {
    this.#items = items;
    this.#from = from;
    this.#until = until;
    this.length = until - from;
  }

  static of<T>(items: Iterable<T> = []): Sequence<T> {
    const copied = new Items([...items]);
    return new Sequence(copied, 0, copied.list.length);
  }

  at(index: number): T | undefined {
    return index < this.length ? this.#items.list[this.#from + index] : undefined;
  }

  with(items: Iterable<T>): Sequence<T> {
    if (this.length === 0) return items instanceof Sequence ? items : Sequence.of(items);
    const { list } = this.#items;
    if (list.length !== this.#until) return Sequence.of([...this, ...items]);
    for (const item of items) list.push(item);
    return new Sequence(this.#items, this.#from, list.length);
  }

  /** All but the first. */
  rest(): Sequence<T> {
    return new Sequence(this.#items, Math.min(this.#from + 1, this.#until), this.#until);
  }

  without(item: T): Sequence<T> {
    return this.includes(item) ? Sequence.of(this.slice().filter((other) => other !== item)) : this;
  }

  includes(item: T): boolean {
    if (this.length <= few) return this.slice().includes(item);
    const last = this.#items.lastOf(item);
    if (last < this.#until) return last >= this.#from;
    return this.slice().includes(item);
  }

  /** The first with this value in a property that nobody changes. */
  findBy<K extends keyof T>(key: K, value: T[K]): T | undefined {
    const { list } = this.#items;
    let at = this.length <= few ? this.#from : this.#items.firstBy(key, value);
    if (at < this.#from) at = this.#from;
    while (at < this.#until && list[at]?.[key] !== value) at++;
    return at < this.#until ? list[at] : undefined;
  }

  slice(from = 0, until: number = this.length): T[] {
    const end = this.#from + Math.min(until, this.length);
    return this.#items.list.slice(this.#from + from, end);
  }

  [Symbol.iterator](): Iterator<T> {
    return this.slice()[Symbol.iterator]();
  }
}

/** As long as there are so few, to look at each is fastest. */
const few = 8;

/** What sequences share, and where in it something is, as far as anybody has asked. */
class Items<T> {
  readonly list: T[];
  #last: Positions<T> | null = null;
  #first: Map<keyof T, Positions<unknown>> | null = null;

  constructor(list: T[]) {
    this.list = list;
  }

  lastOf(item: T): number {
    const { list } = this;
    this.#last ??= { counted: 0, of: new Map() };
    const last = this.#last;
    for (; last.counted < list.length; last.counted++)
      last.of.set(list[last.counted] as T, last.counted);
    return last.of.get(item) ?? -1;
  }

  firstBy<K extends keyof T>(key: K, value: T[K]): number {
    const { list } = this;
    this.#first ??= new Map();
    const first = this.#first.get(key) ?? { counted: 0, of: new Map<unknown, number>() };
    this.#first.set(key, first);
    for (; first.counted < list.length; first.counted++) {
      const found = (list[first.counted] as T)[key];
      if (!first.of.has(found)) first.of.set(found, first.counted);
    }
    return first.of.get(value) ?? list.length;
  }
}

interface Positions<T> {
  counted: number;
  readonly of: Map<T, number>;
}
