// The table with what chooses its rows: outcomes, the search, the order; and a button that copies it.

import type { DeviceOutcome } from '../../../src/machine/index.ts';
import { h } from '../../app/dom.ts';
import type { MachineFacts } from '../facts.ts';
import type { Marks } from '../marks.ts';
import { letterOf, outcomes } from '../words.ts';
import type { Column, Row } from './columns.ts';
import { chosenRows, type Order, rowsOf, tsvOf } from './rows.ts';
import { TableView } from './table.ts';

export interface DevicesOptions {
  readonly onSelect: (device: number | null) => void;
  readonly linkOf: (device: number) => string;
}

export class DevicesView {
  readonly element: HTMLElement;
  readonly #table: TableView;
  readonly #all: readonly Row[];
  readonly #count = h('output', { class: 'row-count', 'aria-live': 'polite' });
  readonly #outcomes = new Set<DeviceOutcome>();
  #hits: ReadonlySet<number> | null = null;
  #order: Order = { column: null, descending: false };
  #shown: readonly Row[] = [];

  constructor(facts: MachineFacts, marks: Marks, { onSelect, linkOf }: DevicesOptions) {
    this.#all = rowsOf(facts, marks);
    this.#table = new TableView({ onSelect, linkOf, onSort: (column) => this.#sort(column) });
    this.element = h(
      'div',
      { class: 'table-pane' },
      h('div', { class: 'table-tools' }, this.#filters(), this.#count, this.#copy()),
      this.#table.element,
    );
    this.#show();
  }

  destroy(): void {
    this.#table.destroy();
  }

  search(hits: readonly number[] | null): void {
    this.#hits = hits === null ? null : new Set(hits);
    this.#show();
  }

  /** Mark devices that another kernel makes something else of. */
  change(devices: ReadonlySet<number>): void {
    this.#table.change(devices);
  }

  select(device: number | null): void {
    this.#table.select(device);
  }

  /** By a column, the other way round, and as it was. */
  #sort(column: Column): void {
    const { column: now, descending } = this.#order;
    if (now !== column) this.#order = { column, descending: false };
    else this.#order = { column: descending ? null : column, descending: !descending };
    this.#show();
  }

  #show(): void {
    const outcomes = this.#outcomes.size === 0 ? null : this.#outcomes;
    this.#shown = chosenRows(this.#all, outcomes, this.#hits, this.#order);
    this.#table.show(this.#shown, this.#order);
    this.#count.textContent =
      this.#shown.length === this.#all.length
        ? `${this.#all.length} devices`
        : `${this.#shown.length} of ${this.#all.length} devices`;
  }

  #filters(): HTMLElement {
    const counts = new Map<DeviceOutcome, number>();
    for (const { of } of this.#all) counts.set(of.outcome, (counts.get(of.outcome) ?? 0) + 1);
    const group = h('div', { class: 'filters', role: 'group', 'aria-label': 'Outcomes' });
    for (const outcome of outcomes.filter((of) => counts.has(of))) {
      const letter = h('span', { class: 'letter', 'aria-hidden': 'true' }, letterOf(outcome));
      const button = h(
        'button',
        { type: 'button', 'aria-pressed': 'false', class: outcome },
        letter,
      );
      button.append(`${outcome} ${counts.get(outcome)}`);
      button.addEventListener('click', () => {
        if (!this.#outcomes.delete(outcome)) this.#outcomes.add(outcome);
        button.setAttribute('aria-pressed', String(this.#outcomes.has(outcome)));
        this.#show();
      });
      group.append(button);
    }
    return group;
  }

  #copy(): HTMLElement {
    const button = h('button', { type: 'button', title: 'As lines with tabs' }, 'copy');
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(tsvOf(this.#shown));
        button.textContent = 'copied';
      } catch {
        button.textContent = 'not allowed';
      }
      setTimeout(() => {
        button.textContent = 'copy';
      }, 1500);
    });
    return button;
  }
}
