// Bytes in rows of 16. Only the rows that can be seen are in the page, however long the source is.
import type { Reading } from '../../../src/machine/index.ts';
import { h } from '../../app/dom.ts';

const perRow = 16;
/** In pixels; the style sheet has the same. */
const rowHeight = 22;
/** Rows above and below the window that are there all the same. */
const spare = 6;

export interface HexView {
  readonly element: HTMLElement;
  readonly load: (bytes: Uint8Array, readings: readonly Reading[]) => void;
  /** Make some bytes stand out, and bring them into view. */
  readonly mark: (offset: number, size: number) => void;
}

/**
 * `choose` is called for bytes that somebody clicks, those of the smallest reading there or the byte, for those
 * up to where somebody clicks with Shift, and as somebody goes on by arrow keys.
 */
export function hexView(choose: (offset: number, size: number, isByKey: boolean) => void): HexView {
  const rows = h('div', { class: 'hex-rows' });
  const element = h(
    'div',
    { class: 'hex', tabindex: 0, role: 'group', 'aria-label': 'Bytes, in hexadecimal' },
    rows,
  );
  let bytes = new Uint8Array();
  let readings: readonly Reading[] = [];
  /** For each byte, whether something reads it. */
  let read = new Uint8Array();
  let marked: readonly [from: number, to: number] = [0, 0];

  const pick = (offset: number): void => {
    const around = readings.filter((of) => offset >= of.offset && offset < of.offset + of.size);
    const [smallest] = around.sort((a, b) => a.size - b.size);
    choose(smallest?.offset ?? offset, smallest?.size ?? 1, false);
  };
  const extend = (offset: number): void => {
    const [from, to] = [Math.min(marked[0], offset), Math.max(marked[1], offset + 1)];
    choose(from, to - from, false);
  };
  element.addEventListener('click', (event) => {
    const at = event.target instanceof Element ? event.target.getAttribute('data-at') : null;
    if (at === null) return;
    if (event.shiftKey && marked[1] > 0) extend(Number(at));
    else pick(Number(at));
  });
  element.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -perRow, ArrowDown: perRow }[event.key];
    if (step === undefined || bytes.length === 0) return;
    event.preventDefault();
    const [from, to] = marked;
    const next = step > 0 ? Math.max(from, to - 1) + step : from + step;
    choose(Math.min(bytes.length - 1, Math.max(0, next)), 1, true);
  });
  element.addEventListener('scroll', () => requestAnimationFrame(draw));

  function draw(): void {
    const first = Math.max(0, Math.floor(element.scrollTop / rowHeight) - spare);
    const count = Math.ceil(element.clientHeight / rowHeight) + 2 * spare;
    const last = Math.min(Math.ceil(bytes.length / perRow), first + count);
    rows.style.paddingTop = `${first * rowHeight}px`;
    rows.style.height = `${Math.ceil(bytes.length / perRow) * rowHeight}px`;
    rows.replaceChildren(
      ...Array.from({ length: Math.max(0, last - first) }, (_, i) => row(first + i)),
    );
  }

  function row(index: number): HTMLElement {
    const start = index * perRow;
    const values = bytes.subarray(start, start + perRow);
    const cells = [...values].map((value, i) => {
      const at = start + i;
      const isMarked = at >= marked[0] && at < marked[1];
      const kind = isMarked ? 'marked' : read[at] === 1 ? 'read' : null;
      const text = value.toString(16).padStart(2, '0');
      return h(isMarked ? 'mark' : 'span', { class: kind, 'data-at': at }, text);
    });
    const letters = [...values].map((value) =>
      value >= 0x20 && value < 0x7f ? String.fromCharCode(value) : '.',
    );
    return h(
      'div',
      { class: 'hex-row' },
      h('span', { class: 'offset' }, start.toString(16).padStart(6, '0')),
      h('span', { class: 'values' }, ...cells),
      h('span', { class: 'letters', 'aria-hidden': true }, letters.join('')),
    );
  }

  return {
    element,
    load(all, found) {
      bytes = new Uint8Array(all);
      readings = found;
      read = new Uint8Array(bytes.length);
      for (const { offset, size } of found) read.fill(1, offset, offset + size);
      draw();
    },
    mark(offset, size) {
      marked = [offset, offset + size];
      const top = Math.floor(offset / perRow) * rowHeight;
      const isSeen =
        top >= element.scrollTop && top + rowHeight <= element.scrollTop + element.clientHeight;
      // The height has to be there before it can be scrolled.
      draw();
      if (!isSeen) element.scrollTop = Math.max(0, top - 3 * rowHeight);
      draw();
    },
  };
}
