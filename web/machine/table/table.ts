// The machine as a table. Only rows that are seen, and some around them, are in the document.

import { clip, escapeText } from '../../../src/util/index.ts';
import { h } from '../../app/dom.ts';
import { letterOf } from '../words.ts';
import { type Column, columns, type Row } from './columns.ts';
import type { Order } from './rows.ts';

export interface TableOptions {
  /** A column's heading was chosen. */
  readonly onSort: (column: Column) => void;
  readonly onSelect: (device: number | null) => void;
  /** The address of a device, for its link. */
  readonly linkOf: (device: number) => string;
}

/** In pixels, as the style has it. */
export const rowHeight = 28;
/** Rows above and below those that are seen. */
const around = 12;
/** Characters of a cell; the whole is in its title. */
const longest = 120;

export class TableView {
  readonly element: HTMLElement;
  readonly #options: TableOptions;
  readonly #head = h('tr', { 'aria-rowindex': '1' });
  readonly #body = h('tbody');
  readonly #table: HTMLTableElement;
  #rows: readonly Row[] = [];
  #selected: number | null = null;
  #changed: ReadonlySet<number> = new Set();
  #first = -1;
  #last = -1;
  #frame = 0;
  readonly #resized = new ResizeObserver(() => this.#later());

  constructor(options: TableOptions) {
    this.#options = options;
    const caption = h('caption', { class: 'visually-hidden' }, 'Devices of the machine');
    const head = h('thead', {}, this.#head);
    this.#table = h('table', { class: 'devices' }, caption, head, this.#body);
    this.element = h(
      'div',
      { class: 'table-scroll', tabindex: '0', role: 'region', 'aria-label': 'Table of devices' },
      this.#table,
    );
    this.element.addEventListener('scroll', () => this.#later(), { passive: true });
    this.#resized.observe(this.element);
    this.#body.addEventListener('click', (event) => this.#clicked(event));
  }

  destroy(): void {
    this.#resized.disconnect();
    cancelAnimationFrame(this.#frame);
  }

  show(rows: readonly Row[], order: Order): void {
    this.#rows = rows;
    this.#table.setAttribute('aria-rowcount', String(rows.length + 1));
    const focused = [...this.#head.children].findIndex((of) => of.contains(document.activeElement));
    this.#head.replaceChildren(...columns.map((column) => this.#heading(column, order)));
    this.#head.children[focused]?.querySelector('button')?.focus({ preventScroll: true });
    this.#fill(true);
  }

  change(devices: ReadonlySet<number>): void {
    if (devices.size === 0 && this.#changed.size === 0) return;
    this.#changed = devices;
    this.#fill(true);
  }

  select(device: number | null): void {
    if (device === this.#selected) return;
    this.#selected = device;
    const at = this.#rows.findIndex((row) => row.device === device);
    if (at >= 0) this.#scrollTo(at);
    this.#fill(false);
    this.#mark();
  }

  /** In place: text that somebody has marked in a row stays marked. */
  #mark(): void {
    for (const row of this.#body.querySelectorAll<HTMLElement>('[data-device]')) {
      const isSelected = row.dataset.device === String(this.#selected);
      row.classList.toggle('selected', isSelected);
      const link = row.querySelector('a');
      if (isSelected) link?.setAttribute('aria-current', 'true');
      else link?.removeAttribute('aria-current');
    }
  }

  #heading(column: Column, { column: sorted, descending }: Order): HTMLElement {
    const button = h('button', { type: 'button' }, column.title);
    button.addEventListener('click', () => this.#options.onSort(column));
    const isSorted = sorted === column;
    if (isSorted) {
      const arrow = descending ? ' \u2193' : ' \u2191';
      button.append(h('span', { 'aria-hidden': 'true' }, arrow));
    }
    const order = !isSorted ? 'none' : descending ? 'descending' : 'ascending';
    return h('th', { scope: 'col', class: column.key, 'aria-sort': order }, button);
  }

  /** No farther than needed. */
  #scrollTo(at: number): void {
    const { scrollTop, clientHeight } = this.element;
    const [top, room] = [at * rowHeight, clientHeight - rowHeight];
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + rowHeight > scrollTop + room) this.element.scrollTop = top + rowHeight - room;
  }

  #later(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#fill(false);
    });
  }

  #fill(anew: boolean): void {
    const { scrollTop, clientHeight } = this.element;
    const seen = Math.floor(scrollTop / rowHeight);
    const first = Math.max(0, seen - around);
    const count = Math.ceil((clientHeight || 600) / rowHeight) + 2 * around;
    const last = Math.min(this.#rows.length, seen + count);
    if (!anew && first === this.#first && last === this.#last) return;
    [this.#first, this.#last] = [first, last];
    const focused = document.activeElement?.closest<HTMLElement>('[data-device]')?.dataset.device;
    this.#body.replaceChildren(
      ...spacer(first),
      ...this.#rows.slice(first, last).map((row, i) => this.#row(row, first + i)),
      ...spacer(this.#rows.length - last),
    );
    if (focused !== undefined && this.element.contains(this.#body))
      this.#body
        .querySelector<HTMLElement>(`[data-device="${focused}"] a`)
        ?.focus({ preventScroll: true });
    this.#mark();
  }

  #row(row: Row, at: number): HTMLElement {
    const { device, of } = row;
    const element = h('tr', {
      class: this.#changed.has(device) ? `${of.outcome} changed` : of.outcome,
      'aria-rowindex': String(at + 2),
      'data-device': String(device),
    });
    for (const column of columns) element.append(this.#cell(column, row));
    return element;
  }

  #cell(column: Column, row: Row): HTMLElement {
    const { key } = column;
    const whole = escapeText(column.text(row));
    const text = clip(whole, longest);
    const cell = h(key === 'device' ? 'th' : 'td', { class: key, title: whole });
    if (key === 'device') {
      cell.setAttribute('scope', 'row');
      const link = h('a', { href: this.#options.linkOf(row.device) }, text);
      cell.append(link);
      if (this.#changed.has(row.device)) cell.append(h('span', { class: 'change' }, ' changes'));
    } else if (key === 'outcome')
      cell.append(
        h('span', { class: 'letter', 'aria-hidden': 'true' }, letterOf(row.of.outcome)),
        text,
      );
    else cell.append(text);
    return cell;
  }

  /** Not where somebody has marked text to copy it. */
  #clicked(event: MouseEvent): void {
    const target = event.target as Element;
    if (target.closest('a') !== null || !(getSelection()?.isCollapsed ?? true)) return;
    const device = target.closest<HTMLElement>('[data-device]')?.dataset.device;
    if (device !== undefined) this.#options.onSelect(Number(device));
  }
}

/** In the place of so many rows. */
function spacer(rows: number): HTMLElement[] {
  if (rows === 0) return [];
  const cell = h('td', { colspan: String(columns.length) });
  cell.style.height = `${rows * rowHeight}px`;
  return [h('tr', { class: 'spacer', 'aria-hidden': 'true' }, cell)];
}
