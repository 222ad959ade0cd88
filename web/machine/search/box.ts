// A box to look for devices in: what is not found is dimmed, Enter goes to the next that is.

import { h } from '../../app/dom.ts';
import type { MachineFacts } from '../facts.ts';
import { found } from './found.ts';

export interface SearchOptions {
  /** Of the devices: what was found; null where nobody looks for anything. */
  readonly onFound: (hits: readonly number[] | null) => void;
  /** To one of them. */
  readonly onGo: (device: number) => void;
  /** It is the one. */
  readonly onTake: (device: number) => void;
}

export class SearchBox {
  readonly element: HTMLElement;
  readonly #input: HTMLInputElement;
  readonly #count = h('output', { class: 'search-count', 'aria-live': 'polite' });
  readonly #facts: MachineFacts;
  readonly #options: SearchOptions;
  #hits: readonly number[] | null = null;
  #at = 0;

  constructor(facts: MachineFacts, options: SearchOptions) {
    this.#facts = facts;
    this.#options = options;
    this.#input = h('input', {
      type: 'search',
      placeholder: 'name, path, 0x8, group 3, compatible',
      'aria-label': 'Search for devices',
      'aria-keyshortcuts': '/',
      autocomplete: 'off',
      spellcheck: 'false',
    });
    this.element = h('div', { class: 'search', role: 'search' }, this.#input, this.#count);
    this.#input.addEventListener('input', () => this.#search());
    this.#input.addEventListener('keydown', (event) => this.#key(event));
  }

  focus(): void {
    this.#input.focus();
    this.#input.select();
  }

  #search(): void {
    this.#hits = found(this.#facts, this.#input.value);
    this.#at = 0;
    this.#options.onFound(this.#hits);
    this.#go();
  }

  #go(): void {
    const hits = this.#hits;
    const device = hits?.[this.#at];
    this.#count.textContent =
      hits === null ? '' : hits.length === 0 ? 'none' : `${this.#at + 1} of ${hits.length}`;
    if (device !== undefined) this.#options.onGo(device);
  }

  #key(event: KeyboardEvent): void {
    const hits = this.#hits ?? [];
    if (event.key === 'Enter' && hits.length > 0) {
      event.preventDefault();
      const device = hits[this.#at];
      // The first Enter takes the first; each further one goes on.
      if (device !== undefined) this.#options.onTake(device);
      this.#at = (this.#at + (event.shiftKey ? hits.length - 1 : 1)) % hits.length;
      this.#count.textContent = `${this.#at + 1} of ${hits.length}`;
    }
  }
}
