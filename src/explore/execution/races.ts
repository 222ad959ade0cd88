/** Races as plain data: first and second event and number of each, one after the other. */
export type SavedRaces = readonly number[];

/**
 * Pairs of events whose order could be reversed. A race is settled once some branch is known to
 * cover every execution in which the second event comes first, whatever follows it. Until then it
 * is looked at again in each execution that has it.
 */
export class Races {
  count = 0;
  /** How many there ever were: each has a number of its own. */
  noted = 0;
  readonly first: number[] = [];
  readonly second: number[] = [];
  readonly number: number[] = [];
  readonly #settled: boolean[] = [];

  add(first: number, second: number): void {
    this.#put(first, second, this.noted++);
  }

  settle(race: number): void {
    this.#settled[race] = true;
  }

  /** Where the open race with this number is; -1 when it is settled or gone. */
  find(number: number): number {
    const race = this.number.indexOf(number);
    return race >= this.count || this.#settled[race] === true ? -1 : race;
  }

  /** Keep what is still open of the first `length` events. */
  rewind(length: number): void {
    this.#keep(length);
  }

  save(length: number): SavedRaces {
    const saved: number[] = [];
    for (let race = 0; race < this.count; race++) {
      if (this.#settled[race] === true || (this.second[race] as number) >= length) continue;
      saved.push(
        this.first[race] as number,
        this.second[race] as number,
        this.number[race] as number,
      );
    }
    return saved;
  }

  restore(saved: SavedRaces): void {
    this.count = 0;
    for (let i = 0; i < saved.length; i += 3)
      this.#put(...(saved.slice(i, i + 3) as [number, number, number]));
  }

  /** Take over races from event `from` on that were numbered elsewhere, all but some of them. */
  adopt(saved: SavedRaces, from: number, but: ReadonlySet<number>): void {
    this.#keep(from);
    for (let i = 0; i < saved.length; i += 3) {
      const [first, second, number] = saved.slice(i, i + 3) as [number, number, number];
      if (second >= from && !but.has(number)) this.add(first, second);
    }
  }

  #put(first: number, second: number, number: number): void {
    this.first[this.count] = first;
    this.second[this.count] = second;
    this.number[this.count] = number;
    this.#settled[this.count++] = false;
  }

  #keep(length: number): void {
    let kept = 0;
    for (let race = 0; race < this.count; race++) {
      const first = this.first[race] as number;
      const second = this.second[race] as number;
      if (this.#settled[race] === true || second >= length) continue;
      this.first[kept] = first;
      this.second[kept] = second;
      this.number[kept] = this.number[race] as number;
      this.#settled[kept++] = false;
    }
    this.count = kept;
  }
}
