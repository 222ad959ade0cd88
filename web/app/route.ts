// Where somebody is, as the fragment says it: `#machine?from=example%2Fboard&device=0000%3A00%3A01.0`. The
// fragment is never sent to a server.

export const viewNames = ['start', 'machine', 'race'] as const;
export type ViewName = (typeof viewNames)[number];

export interface Route {
  readonly view: ViewName;
  /**
   * What is shown. For machine: `from` (which one: `given`, `dropped`, `example/NAME`), `kernel`, `cmdline`,
   * `kconfig`, `assume`, `tree` (the number of a devicetree), `device`, `beside` (a second kernel). For race: `scenario`, `kernel`, `driver`, `token`, `step`,
   * and `from` and `device` where the shape is that of a device. A view may add others.
   */
  readonly params: Readonly<Record<string, string>>;
}

export function parseRoute(fragment: string): Route {
  const [name = '', query = ''] = split(fragment.replace(/^#/, ''));
  const view = viewNames.find((known) => known === name) ?? 'start';
  return { view, params: Object.fromEntries(new URLSearchParams(query)) };
}

function split(text: string): readonly [string, string] {
  const at = text.indexOf('?');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

export function routeText({ view, params }: Route): string {
  const query = new URLSearchParams(params).toString();
  return query === '' ? `#${view}` : `#${view}?${query}`;
}

export function routeNow(): Route {
  return parseRoute(location.hash);
}

/** Whether somebody is still there: what was worked out for another route is not shown. */
export function isNow(route: Route): boolean {
  return routeText(route) === routeText(routeNow());
}

/** Call it whenever the fragment changes, whoever changed it. */
export function onRoute(show: (route: Route) => unknown): void {
  addEventListener('hashchange', () => void show(routeNow()));
}

export interface Change {
  readonly view?: ViewName;
  /** Something else is shown: no parameter stays, and it is shown even where the route is the same. */
  readonly anew?: boolean;
  /** Parameters; null takes one away. Those that are not named stay, unless the view changes. */
  readonly params?: Readonly<Record<string, string | null>>;
  /** Without an entry in the history: for what changes at every key, such as a step. */
  readonly replace?: boolean;
}

/** The route after a change. */
export function changed(
  route: Route,
  { view = route.view, params = {}, anew = false }: Change,
): Route {
  const kept = view === route.view && !anew ? route.params : {};
  const all = Object.entries({ ...kept, ...params });
  const left = all.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
  return { view, params: Object.fromEntries(left) };
}

export function go(change: Change): void {
  const fragment = routeText(changed(routeNow(), change));
  const isSame = fragment === location.hash;
  if (isSame && change.anew !== true) return;
  if (isSame || change.replace === true) {
    history.replaceState(null, '', fragment);
    dispatchEvent(new HashChangeEvent('hashchange'));
  } else location.hash = fragment;
}
