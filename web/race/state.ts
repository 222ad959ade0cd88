// What is in memory after a step: what decides first, then who holds what, then the rest.
import {
  type Held,
  notYet,
  type StateChange,
  StateCursor,
  type StatePlace,
} from '../../src/explore/index.ts';
import { escapeText } from '../../src/util/index.ts';
import { h } from '../app/dom.ts';
import type { ShownExecution } from '../worker/races/execution.ts';
import { breakable, shortTask, unbroken } from './words.ts';

export interface StatePanel {
  readonly element: HTMLElement;
  /** Show the state after so many steps; `since` steps had been made before the last ones that are shown as new. */
  readonly show: (steps: number, since: number) => void;
}

/** How many steps that are left out are few. */
const atOnce = 12;

/** A line of the panel. */
interface Line {
  readonly name: string;
  readonly text: string;
  /** What it was before, when the last steps have changed it. */
  readonly was: string | null;
  readonly isGone: boolean;
}

export function statePanel({ states, ranks, tasks }: ShownExecution): StatePanel {
  const cursor = new StateCursor(states);
  const { places, objects, changes } = states;
  const body = h('div', {});
  const rest = h('div', {});
  const heading = h('h2', {}, 'State');
  const more = h('details', {}, h('summary', {}, 'Everything else that is touched'), rest);
  const element = h('section', { class: 'state', 'aria-label': 'State' }, heading, body, more);
  const short = (task: number): string => shortTask(tasks[task] ?? '');

  const told = (held: Held): string => {
    if (typeof held === 'string') return escapeText(held);
    if (!('holder' in held)) return `[${held.map(escapeText).join(', ')}]`;
    const waits = held.waiting.map(short).join(' and ');
    const waiting = waits === '' ? '' : `; ${waits} ${held.waiting.length > 1 ? 'wait' : 'waits'}`;
    return `${held.holder === null ? 'free' : `held by ${short(held.holder)}`}${waiting}`;
  };

  /** Whether a place can be looked at: its object is there. */
  const isThere = (place: number): boolean => {
    const { object, kind } = places[place] as StatePlace;
    if (object === null || objects[object]?.fromHeap !== true) return true;
    const life = cursor.held(lifeOf(object));
    return life !== notYet && (kind === 'life' || ranks[place] === 0 || life === 'allocated');
  };
  const lives = new Map(
    places.flatMap(({ kind, object }, i) =>
      kind === 'life' && object !== null ? [[object, i] as const] : [],
    ),
  );
  const lifeOf = (object: number): number => lives.get(object) ?? -1;

  const line = (place: number, changed: ReadonlyMap<number, Held>): Line => {
    const { name, kind, object } = places[place] as StatePlace;
    const held = cursor.held(place);
    const before = changed.get(place);
    const className = object === null ? '' : escapeText(objects[object]?.className ?? '');
    const isGone = object !== null && told(cursor.held(lifeOf(object))).startsWith('freed');
    return {
      name:
        kind === 'life'
          ? `${escapeText(name)} (${className})`
          : kind === 'task'
            ? shortTask(name)
            : escapeText(name),
      text: told(held),
      was: before === undefined ? null : told(before),
      isGone: isGone && kind !== 'life',
    };
  };

  const group = (title: string, lines: readonly Line[]): HTMLElement | null =>
    lines.length === 0
      ? null
      : h(
          'div',
          { class: 'group' },
          h('h3', {}, title),
          h('dl', {}, ...lines.flatMap((one) => lineElements(one))),
        );

  return {
    element,
    show(steps, since) {
      cursor.go(steps);
      const changed = changedSince(changes, since, steps);
      const lines = (wanted: (place: StatePlace, rank: number, i: number) => boolean): Line[] =>
        places.flatMap((place, i) =>
          isThere(i) && wanted(place, ranks[i] ?? 4, i) ? [line(i, changed)] : [],
        );
      const isLock = ({ kind }: StatePlace): boolean => kind === 'lock';
      const isBusy = (i: number): boolean => {
        const held = cursor.held(i);
        return typeof held === 'object' && 'holder' in held
          ? held.holder !== null || held.waiting.length > 0
          : false;
      };
      // Of many steps at once not all that has happened is of interest here.
      const isNear = steps - since <= atOnce;
      const isOther = ({ kind }: StatePlace): boolean => kind !== 'lock' && kind !== 'task';
      const groups = [
        group(
          'What decides',
          lines(
            (place, rank, i) =>
              (rank === 0 && (isOther(place) || isBusy(i))) || (rank === 1 && isOther(place)),
          ),
        ),
        group(
          'Locks that are held',
          lines(
            (place, rank, i) => isLock(place) && (isBusy(i) ? rank > 0 : isNear && changed.has(i)),
          ),
        ),
        group(
          'Tasks',
          lines(({ kind }) => kind === 'task'),
        ),
        group(
          'Changed by one, touched by another',
          lines((place, rank) => rank === 2 && isOther(place)),
        ),
        group(
          'Also changed here',
          lines((place, rank, i) => isNear && rank > 2 && isOther(place) && changed.has(i)),
        ),
      ];
      body.replaceChildren(...groups.filter((one) => one !== null));
      const others = lines((place, rank, i) =>
        isLock(place)
          ? !isBusy(i) && !(isNear && changed.has(i))
          : rank > 2 && isOther(place) && !(isNear && changed.has(i)),
      );
      more.hidden = others.length === 0;
      rest.replaceChildren(h('dl', {}, ...others.flatMap((one) => lineElements(one))));
    },
  };
}

/** By place, what it held before the steps after `since`. */
function changedSince(
  changes: readonly (readonly StateChange[])[],
  since: number,
  steps: number,
): ReadonlyMap<number, Held> {
  const before = new Map<number, Held>();
  for (const { place, before: held } of changes.slice(since, steps).flat())
    if (!before.has(place)) before.set(place, held);
  return before;
}

function lineElements({ name, text, was, isGone }: Line): HTMLElement[] {
  const value =
    was === null || was === text
      ? unbroken(text)
      : [h('mark', {}, ...unbroken(text)), h('span', { class: 'was' }, ...unbroken(` was ${was}`))];
  const kind = isGone ? 'gone' : null;
  return [h('dt', { class: kind }, ...breakable(name)), h('dd', { class: kind }, ...value)];
}
