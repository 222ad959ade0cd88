// Which views there are. Each is loaded when somebody first goes there.
import { escapeText } from '../../src/util/index.ts';
import type { App, View } from './app.ts';
import { h } from './dom.ts';
import { type Route, routeText, type ViewName } from './route.ts';

const load: Readonly<Record<ViewName, () => Promise<{ create: (app: App) => View }>>> = {
  start: () => import('../start/index.ts'),
  machine: () => import('../machine/index.ts'),
  race: () => import('../race/index.ts'),
};

/** Shows routes in `main`, one view at a time; a view that is left keeps its element. */
export function showing(main: HTMLElement, app: App): (route: Route) => Promise<void> {
  const made = new Map<ViewName, Promise<View>>();
  let latest: Route | null = null;
  const viewOf = (name: ViewName): Promise<View> => {
    const known = made.get(name) ?? load[name]().then(({ create }) => create(app));
    made.set(name, known);
    return known;
  };
  return async (route) => {
    latest = route;
    document.title = titleOf(route);
    for (const link of document.querySelectorAll('nav a[data-view]')) {
      if (link.getAttribute('data-view') === route.view) {
        link.setAttribute('aria-current', 'page');
        // Who comes back finds what was shown.
        link.setAttribute('href', routeText(route));
      } else link.removeAttribute('aria-current');
    }
    try {
      const view = await viewOf(route.view);
      if (latest !== route) return;
      if (main.firstChild !== view.element) {
        const isInside = main.contains(document.activeElement);
        main.replaceChildren(view.element);
        // The link that somebody took is gone with what it was in: they go on where they came to.
        if (isInside) main.focus({ preventScroll: true });
      }
      // It takes what is dropped, whatever is shown.
      void viewOf('start').catch(() => {});
      await view.show(route);
    } catch (error) {
      made.delete(route.view);
      if (latest !== route) return;
      const why = error instanceof Error ? error.message : String(error);
      main.replaceChildren(
        h('p', { class: 'error', role: 'alert' }, `This view does not work: ${why}`),
      );
    }
  };
}

/** For tabs, the history and bookmarks. */
function titleOf({ view, params }: Route): string {
  const about = {
    start: '',
    machine: params.device ?? params.from?.replace(/^example\//, '') ?? '',
    race: params.scenario ?? params.token?.split('/').slice(1, 3).join(' ') ?? 'races',
  }[view];
  return about === '' ? 'fwspec' : `${escapeText(about).slice(0, 80)} - fwspec`;
}
