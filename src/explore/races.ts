/**
 * Pairs of events whose order could be reversed. A race is settled once some branch is known to
 * cover every execution in which the second event comes first, whatever follows it. Until then it
 * is looked at again in each execution that has it.
 */
export class Races {
  count = 0;
  readonly first: number[] = [];
  readonly second: number[] = [];
  readonly #settled: boolean[] = [];

  add(first: number, second: number): void {
    this.first[this.count] = first;
    this.second[this.count] = second;
    this.#settled[this.count++] = false;
  }

  settle(race: number): void {
    this.#settled[race] = true;
  }

  /** Keep what is still open of the first `length` events. */
  rewind(length: number): void {
    let kept = 0;
    for (let race = 0; race < this.count; race++) {
      if (this.#settled[race] === true || (this.second[race] as number) >= length) continue;
      this.first[kept] = this.first[race] as number;
      this.second[kept] = this.second[race] as number;
      this.#settled[kept++] = false;
    }
    this.count = kept;
  }
}
