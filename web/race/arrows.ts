// Arrows from the steps that others depend on to these.
import type { Edge } from '../../src/report/index.ts';
import { svg } from '../app/dom.ts';

/** How far from a text an arrow ends, in pixels. */
const aside = 4;

/** How an arrow is drawn: of the two that decide, of the row that somebody is at, of the one that is pointed to. */
type Kind = 'pair' | 'here' | 'pointed';

/** A row of the table, and whose it is. */
export interface LaneRow {
  readonly element: HTMLElement;
  readonly task: number;
}

/** Arrows over the rows of a table. Rows can be of any height, and so can be what stands in the box before them. */
export class Arrows {
  readonly element: SVGSVGElement;
  readonly #edges: readonly Edge[];
  readonly #rows: ReadonlyMap<number, LaneRow>;
  readonly #steps: Record<Exclude<Kind, 'pair'>, number | null> = { here: null, pointed: null };
  readonly #pair: Edge | null;

  /**
   * @param rows by step
   * @param table what the rows are in; it is looked at again whenever its size changes
   */
  constructor(
    edges: readonly Edge[],
    pair: readonly [number, number] | null,
    rows: ReadonlyMap<number, LaneRow>,
    table: HTMLElement,
  ) {
    this.#edges = edges;
    this.#rows = rows;
    const [one, other] = (pair ?? []).map((step) => rows.get(step)?.task);
    const isBetween = pair !== null && one !== undefined && other !== undefined && one !== other;
    this.#pair = isBetween ? { from: Math.min(...pair), to: Math.max(...pair) } : null;
    this.element = svg('svg', { class: 'arrows', 'aria-hidden': 'true' });
    for (const [step, { element: row }] of rows) {
      row.addEventListener('pointerenter', () => this.#show('pointed', step));
      row.addEventListener('pointerleave', () => this.#show('pointed', null));
    }
    new ResizeObserver(() => this.#draw()).observe(table);
  }

  /** The steps that a step comes after, whoever else goes on. */
  before(step: number): number[] {
    return this.#edges.filter(({ to }) => to === step).map(({ from }) => from);
  }

  /** Somebody is at a step. */
  at(step: number | null): void {
    this.#show('here', step);
  }

  #show(kind: Exclude<Kind, 'pair'>, step: number | null): void {
    this.#steps[kind] = step;
    this.#draw();
  }

  #draw(): void {
    const box = this.element.parentElement;
    if (box === null) return;
    const drawn: Element[] = [];
    const known = new Set<string>();
    const add = (edge: Edge, kind: Kind): void => {
      const key = `${edge.from} ${edge.to}`;
      if (known.has(key)) return;
      known.add(key);
      drawn.push(...this.#arrow(edge, kind, box));
    };
    if (this.#pair !== null) add(this.#pair, 'pair');
    for (const kind of ['here', 'pointed'] as const)
      for (const edge of this.#edges) if (edge.to === this.#steps[kind]) add(edge, kind);
    // No larger than what it lies over: it must not make the box scroll.
    const table = box.querySelector('table');
    this.element.setAttribute('width', String(table?.offsetWidth ?? 0));
    this.element.setAttribute('height', String(table?.offsetHeight ?? 0));
    this.element.replaceChildren(...drawn);
  }

  /** Out of the row where it has no more text, along the side of the later lane, and to the text there. */
  #arrow({ from, to }: Edge, kind: Kind, box: HTMLElement): Element[] {
    const [first, second] = [this.#rows.get(from)?.element, this.#rows.get(to)?.element];
    if (first === undefined || second === undefined) return [];
    const [source, goal] = [textOf(first), textOf(second)];
    const lane = laneOf(second);
    if (source === null || goal === null || lane === null) return [];
    const origin = box.getBoundingClientRect();
    const left = origin.left + box.clientLeft - box.scrollLeft;
    const top = origin.top + box.clientTop - box.scrollTop;
    const toRight = lane.left >= (laneOf(first)?.right ?? 0) - 1;
    const out = toRight ? source.right + aside : source.left - aside;
    const turn = toRight ? lane.left + 1 : lane.right - 1;
    const end = toRight
      ? Math.max(goal.left - aside, turn + 2)
      : Math.min(goal.right + aside, turn);
    const [x1, x2, x3] = [out, turn, end].map((x) => Math.round(x - left));
    const [y1, y2] = [source, goal].map(({ bottom, top: above }) =>
      Math.round((bottom + above) / 2 - top),
    );
    const head = toRight ? -6 : 6;
    return [
      svg('path', {
        class: kind,
        'data-from': from,
        'data-to': to,
        d: `M${x1} ${y1}H${x2}V${y2}H${x3}m${head} -4l${-head} 4l${head} 4`,
      }),
    ];
  }
}

/** Where the text of a row is; null where it has none. */
function textOf(row: HTMLElement): DOMRect | null {
  const cells = [...row.querySelectorAll('.name, .access')].filter(
    ({ textContent }) => textContent !== '',
  );
  const [first, last] = [cells[0], cells.at(-1)].map((cell) => {
    if (cell === undefined) return null;
    const range = document.createRange();
    range.selectNodeContents(cell);
    return range.getBoundingClientRect();
  });
  if (first == null || last == null) return null;
  return new DOMRect(first.left, last.top, last.right - first.left, last.height);
}

/** Where the lane of a row is. */
function laneOf(row: HTMLElement): { left: number; right: number } | null {
  const name = row.querySelector('.name')?.getBoundingClientRect();
  const access = row.querySelector('.access')?.getBoundingClientRect();
  return name === undefined || access === undefined
    ? null
    : { left: name.left, right: access.right };
}
