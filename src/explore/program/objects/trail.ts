/** Something that can be made to be as it was before a change. */
export interface Undoable {
  /** Takes back one change. `before` is what the change has noted. */
  putBack(before: unknown): void;
}

/**
 * The changes made to a world, in order, so that they can be taken back: the search then goes on
 * from the world it has, and need not build another.
 */
export class Trail {
  length = 0;
  readonly #changed: (Undoable | null)[] = [];
  readonly #before: unknown[] = [];

  /** `changed` is about to change. */
  note(changed: Undoable, before: unknown): void {
    const at = this.length++;
    this.#changed[at] = changed;
    this.#before[at] = before;
  }

  /** What was changed as change number `at`, and what it was before. */
  changed(at: number): readonly [changed: Undoable, before: unknown] {
    return [this.#changed[at] as Undoable, this.#before[at]];
  }

  /** Take back all but the first `length` changes. */
  undo(length: number): void {
    while (this.length > length) {
      const at = --this.length;
      (this.#changed[at] as Undoable).putBack(this.#before[at]);
      // What was undone must not keep anything alive.
      this.#changed[at] = null;
      this.#before[at] = null;
    }
  }
}
