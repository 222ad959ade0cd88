// The races: what the explorer finds, an execution step by step, and one that you play.
import type { App, View } from '../app/app.ts';
import { h } from '../app/dom.ts';
import { isNow, type Route } from '../app/route.ts';
import { playView } from './play.ts';
import { searchView } from './search.ts';
import { witnessView } from './witness.ts';

/** One of the things that this view can show. */
export interface Pane {
  readonly element: HTMLElement;
  /** Shows a route; an error in words where it cannot. */
  readonly show: (route: Route) => Promise<string | null>;
  /** Somebody has pressed a key. Returns whether that was of use. */
  readonly key?: (event: KeyboardEvent) => boolean;
}

export function create(app: App): View {
  const panes = { search: searchView(app), witness: witnessView(app), play: playView(app) };
  const failure = h('p', { class: 'error', role: 'alert', hidden: true });
  const element = h('div', { class: 'race' }, failure);
  let current: Pane = panes.search;

  document.addEventListener('keydown', (event) => {
    if (!element.isConnected || isTyping(event)) return;
    if (current.key?.(event) === true) event.preventDefault();
  });

  return {
    element,
    async show(route) {
      const pane = panes[paneOf(route)];
      if (current !== pane || !element.contains(pane.element)) {
        current = pane;
        const isInside = element.contains(document.activeElement);
        element.replaceChildren(failure, pane.element);
        if (isInside) element.closest('main')?.focus({ preventScroll: true });
      }
      element.setAttribute('aria-busy', 'true');
      const problem = await pane.show(route);
      if (!isNow(route)) return;
      element.removeAttribute('aria-busy');
      failure.hidden = problem === null;
      failure.textContent = problem;
    },
  };
}

/** A token that ends in `/-` is of no bug, but of an execution to be played. */
function paneOf({ params: { token } }: Route): 'search' | 'witness' | 'play' {
  if (token === undefined) return 'search';
  return token.endsWith('/-') ? 'play' : 'witness';
}

/** Whether a key belongs to what has the focus, or to the browser. */
function isTyping({ target, altKey, ctrlKey, metaKey }: KeyboardEvent): boolean {
  if (altKey || ctrlKey || metaKey) return true;
  return target instanceof HTMLElement && target.closest('input, select, textarea') !== null;
}
