// The steps of an execution in one column per task, top to bottom in the order in which they happen.
import type { Row } from '../../src/report/index.ts';
import { escapeText } from '../../src/util/index.ts';
import { h } from '../app/dom.ts';
import type { ShownExecution } from '../worker/races/execution.ts';
import { Arrows, type LaneRow } from './arrows.ts';
import { shortTask, unbroken } from './words.ts';

export interface Lanes {
  readonly element: HTMLElement;
  /** The places to stop at: how many steps of the trace are made there, the start first. */
  readonly stops: readonly number[];
  /** What is done in the step that leads to a stop, in words. */
  readonly told: (stop: number) => string;
  /** The rows that a stop comes after, whoever else goes on, in words; none for most. */
  readonly dependsOn: (stop: number) => readonly string[];
  /** Show where somebody is; rows beyond that are faint. */
  readonly mark: (steps: number) => void;
  /** By step up to where it differs from another: the rows that lead to it, itself the last. */
  readonly shared: ReadonlyMap<number, readonly HTMLElement[]>;
}

/** How many lanes can be told apart where they do not stand side by side. */
const colours = 4;

/** The least width, in pixels, for lanes to stand side by side; and for each of them where nothing may scroll sideways. */
const leastRoom = 640;
const laneRoom = 330;

/** How far names are indented at most. */
const deepest = 14;

/**
 * @param linkTo where the number of a row leads
 * @param differs the step from which on this execution is another than the one it is shown beside
 * @param title what to call it where there are two
 */
export function lanes(
  { tasks, steps, matter, every, edges, pair }: ShownExecution,
  isEvery: boolean,
  linkTo: (steps: number) => string,
  differs: number | null = null,
  title: string | null = null,
): Lanes {
  const rows = isEvery ? every : matter;
  const columns = [...new Set(rows.map(({ task }) => task))].sort((a, b) => a - b);
  const shallowest = columns.map((task) =>
    Math.min(...rows.flatMap((row) => (row.task === task && row.name !== '' ? [row.depth] : []))),
  );
  const stops = [0];
  const elements: { readonly row: Row; readonly element: HTMLElement; readonly after: number }[] =
    [];
  const body = h('tbody', {});
  let differed = false;
  const shared = new Map<number, HTMLElement[]>();
  let leading: HTMLElement[] = [];
  rows.forEach((row, i) => {
    const after = row.step === null ? (nextStep(rows, i) ?? steps) : Math.min(row.step + 1, steps);
    if (row.step !== null && after !== stops.at(-1)) stops.push(after);
    if (differs !== null && !differed && row.step !== null && row.step >= differs) {
      differed = true;
      body.append(
        h(
          'tr',
          { class: 'differs' },
          h('td', {}),
          h('td', { colspan: columns.length * 2 }, 'From here on it is another execution'),
        ),
      );
    }
    const element = h(
      'tr',
      { class: rowClass(row) },
      row.step === null
        ? h('td', {})
        : h(
            'th',
            { scope: 'row' },
            // A whole address: what is on this page already is not skipped to.
            h('a', { href: location.pathname + linkTo(after), tabindex: -1 }, String(i + 1)),
          ),
      ...columns.flatMap((task, column) =>
        task === row.task
          ? [
              h(
                'td',
                { class: `name lane-${column % colours}` },
                indented(row, shallowest[column] ?? 0),
              ),
              h('td', { class: `access lane-${column % colours}` }, ...unbroken(access(row))),
            ]
          : [h('td', { class: `lane-${column % colours}`, colspan: 2 })],
      ),
    );
    if (row.step !== null) {
      element.addEventListener('click', () => {
        location.hash = linkTo(after);
      });
    }
    elements.push({ row, element, after });
    body.append(element);
    leading.push(element);
    if (row.step !== null) {
      if (!differed) shared.set(row.step, leading);
      leading = [];
    }
  });
  const head = h(
    'tr',
    {},
    h('th', { scope: 'col' }, h('span', { class: 'visually-hidden' }, 'Step')),
    ...columns.map((task, column) =>
      h(
        'th',
        { scope: 'col', colspan: 2, class: `lane-${column % colours}` },
        escapeText(tasks[task] ?? '').replace(/ {2,}/g, '  '),
      ),
    ),
  );
  const bySteps = new Map<number, LaneRow>();
  for (const { row, element } of elements)
    if (row.step !== null) bySteps.set(row.step, { element, task: row.task });
  const table = h(
    'table',
    {},
    title !== null && h('caption', {}, title),
    h('thead', {}, head),
    body,
  );
  const arrows = new Arrows(edges[isEvery ? 'every' : 'matter'], pair, bySteps, table);
  /** The row that leads to a stop. */
  const rowAt = (stop: number): (typeof elements)[number] | undefined =>
    elements.findLast(({ row, after }) => row.step !== null && after === stop);
  const element = h(
    'div',
    {
      class: 'lanes',
      tabindex: 0,
      role: 'region',
      'aria-label': `${title ?? 'Steps'}, one column per task`,
    },
    rows.length === 0 ? h('p', { class: 'note' }, 'Nothing has happened yet.') : arrows.element,
    rows.length > 0 && table,
  );
  const bring = (): void => {
    const box = element.closest<HTMLElement>('.pair') ?? element;
    const here = element.querySelector<HTMLElement>('[aria-current]');
    if (here === null) box.scrollTop = 0;
    else bringIntoView(box, here);
  };
  new ResizeObserver(() => {
    // Of two executions both are laid out alike, as the one with more lanes needs it.
    const both = [...(element.closest('.pair')?.children ?? [])];
    const most = Math.max(...both.map((one) => one.querySelectorAll('thead th[colspan]').length));
    const room = both.length > 0 ? most * laneRoom : leastRoom;
    element.classList.toggle('stacked', element.clientWidth < room);
    bring();
  }).observe(element);
  return {
    element,
    stops,
    shared,
    dependsOn: (stop) =>
      arrows.before(rowAt(stop)?.row.step ?? -1).flatMap((step) => {
        const i = elements.findIndex(({ row }) => row.step === step);
        const row = elements[i]?.row;
        if (row === undefined) return [];
        return [`row ${i + 1}, ${shortTask(tasks[row.task] ?? '')}: ${row.access}`];
      }),
    told: (stop) => {
      const found = rowAt(stop);
      if (found === undefined) return 'before the first step';
      return `${shortTask(tasks[found.row.task] ?? '')}: ${found.row.access}`;
    },
    mark: (made) => {
      let here: HTMLElement | null = null;
      for (const { row, element: tr, after } of elements) {
        tr.classList.toggle('later', after > made);
        const isHere = row.step !== null && after === made;
        if (isHere) here = tr;
        tr.removeAttribute('aria-current');
      }
      here?.setAttribute('aria-current', 'step');
      bring();
      arrows.at(rowAt(made)?.row.step ?? null);
    },
  };
}

/** A function on the way to a step happens with it. */
function nextStep(rows: readonly Row[], from: number): number | null {
  const found = rows.slice(from).find(({ step }) => step !== null);
  return found?.step == null ? null : found.step + 1;
}

function rowClass({ failing, decides, skipped }: Row): string | null {
  if (failing) return 'failing';
  if (decides) return 'decides';
  return skipped > 0 ? 'gap' : null;
}

function indented({ name, depth }: Row, shallowest: number): string {
  return name === '' ? '' : ' '.repeat(Math.min(depth - shallowest, deepest)) + name;
}

function access({ access: text, skipped }: Row): string {
  return skipped > 0 ? `… ${skipped} steps left out` : text;
}

/** Scroll the box, and nothing around it. */
function bringIntoView(box: HTMLElement, row: HTMLElement): void {
  const head = box.querySelector('thead')?.clientHeight ?? 0;
  const top = row.offsetTop - head;
  const bottom = row.offsetTop + row.offsetHeight;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (bottom > box.scrollTop + box.clientHeight) box.scrollTop = bottom - box.clientHeight;
  const access = row.querySelector<HTMLElement>('.access');
  const name = row.querySelector<HTMLElement>('.name');
  if (access === null || name === null) return;
  const right = access.offsetLeft + access.offsetWidth;
  if (name.offsetLeft < box.scrollLeft || right > box.scrollLeft + box.clientWidth)
    box.scrollLeft = Math.min(name.offsetLeft - 8, right - box.clientWidth + 8);
}
