// The steps of an execution in one column per task, top to bottom in the order in which they happen.
import type { Row } from '../../src/report/index.ts';
import { escapeText } from '../../src/util/index.ts';
import { h } from '../app/dom.ts';
import type { ShownExecution } from '../worker/races/execution.ts';
import { shortTask, unbroken } from './words.ts';

export interface Lanes {
  readonly element: HTMLElement;
  /** The places to stop at: how many steps of the trace are made there, the start first. */
  readonly stops: readonly number[];
  /** What is done in the step that leads to a stop, in words. */
  readonly told: (stop: number) => string;
  /** Show where somebody is; rows beyond that are faint. */
  readonly mark: (steps: number) => void;
}

/** How many lanes can be told apart where they do not stand side by side. */
const colours = 4;

/** How far names are indented at most. */
const deepest = 14;

/**
 * @param linkTo where the number of a row leads
 * @param differs the step from which on this execution is another than the one it is shown beside
 */
export function lanes(
  { tasks, steps, matter, every }: ShownExecution,
  isEvery: boolean,
  linkTo: (steps: number) => string,
  differs: number | null = null,
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
  const element = h(
    'div',
    { class: 'lanes', tabindex: 0, role: 'region', 'aria-label': 'Steps, one column per task' },
    rows.length === 0
      ? h('p', { class: 'note' }, 'Nothing has happened yet.')
      : h('table', {}, h('thead', {}, head), body),
  );
  return {
    element,
    stops,
    told: (stop) => {
      const found = elements.findLast(({ row, after }) => row.step !== null && after === stop);
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
      if (here === null) element.scrollTop = 0;
      else bringIntoView(element, here);
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
