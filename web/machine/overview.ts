// The machine: as a picture, as a table, and what is wrong with it. What is chosen in one is chosen in all, and the
// route says what.

import type { App } from '../app/app.ts';
import { h } from '../app/dom.ts';
import { changed, routeText } from '../app/route.ts';
import type { MachineFacts } from './facts.ts';
import { Marks } from './marks.ts';
import type { Part } from './part.ts';
import { legend } from './picture/legend.ts';
import { PictureView } from './picture/picture.ts';
import { SearchBox } from './search/box.ts';
import { DevicesView } from './table/devices.ts';

export function overview(app: App): Part {
  const element = h('section', { class: 'overview', 'aria-label': 'Devices' });
  let last: { readonly facts: MachineFacts; readonly content: Content } | null = null;
  return {
    element,
    show({ facts, beside, route }) {
      if (last?.facts !== facts) {
        last?.content.destroy();
        last = { facts, content: contentOf(facts, app) };
        element.replaceChildren(last.content.element);
      }
      const changes = beside !== null && 'ok' in beside ? beside.ok.changes : [];
      const changed = new Set(changes.map(({ device }) => device));
      last.content.change(
        new Set(
          facts.devices.flatMap((of, i) =>
            changed.has(of.name) || changed.has(of.path) ? [i] : [],
          ),
        ),
      );
      last.content.select(deviceCalled(facts, route.params.device));
    },
  };
}

/** By its name; links from elsewhere may have its path. */
function deviceCalled({ devices }: MachineFacts, called: string | undefined): number | null {
  if (called === undefined) return null;
  const byName = devices.findIndex(({ name }) => name === called);
  const at = byName >= 0 ? byName : devices.findIndex(({ path }) => path === called);
  return at >= 0 ? at : null;
}

interface Content {
  readonly element: HTMLElement;
  /** Mark those that another kernel makes something else of. */
  readonly change: (devices: ReadonlySet<number>) => void;
  readonly select: (device: number | null) => void;
  readonly destroy: () => void;
}

function contentOf(facts: MachineFacts, app: App): Content {
  const marks = new Marks(facts);
  const params = (device: number | null): { readonly device: string | null } => ({
    device: device === null ? null : (facts.devices[device]?.name ?? null),
  });
  const onSelect = (device: number | null): void => app.go({ params: params(device) });
  const linkOf = (device: number): string =>
    routeText(changed(app.route, { params: params(device) }));
  const search = new SearchBox(facts, {
    onFound: (hits) => {
      picture.highlight(hits);
      devices.search(hits);
    },
    onGo: (device) => picture.show(device),
    onTake: onSelect,
  });
  const picture = new PictureView(facts, marks, { onSelect, onLeave: () => search.focus() });
  const devices = new DevicesView(facts, marks, { onSelect, linkOf });
  const element = h(
    'div',
    {},
    h('div', { class: 'overview-tools' }, search.element, zoomButtons(picture)),
    h(
      'div',
      { class: 'overview-panes' },
      h('figure', { class: 'picture-pane' }, picture.element, legend(facts)),
      devices.element,
    ),
  );
  const ended = new AbortController();
  document.addEventListener(
    'keydown',
    (event) => {
      if (event.key !== '/' || isWriting(event.target) || !element.isConnected) return;
      event.preventDefault();
      search.focus();
    },
    { signal: ended.signal },
  );
  return {
    element,
    change: (changed) => {
      picture.change(changed);
      devices.change(changed);
    },
    select: (device) => {
      picture.select(device);
      devices.select(device);
    },
    destroy: () => {
      ended.abort();
      picture.destroy();
      devices.destroy();
    },
  };
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}

function zoomButtons(picture: PictureView): HTMLElement {
  const button = (label: string, text: string, act: () => void): HTMLElement => {
    const element = h('button', { type: 'button', 'aria-label': label, title: label }, text);
    element.addEventListener('click', act);
    return element;
  };
  return h(
    'div',
    { class: 'zoom', role: 'group', 'aria-label': 'Zoom' },
    button('Farther away', '\u2212', () => picture.zoom(1 / 1.5)),
    button('Closer', '+', () => picture.zoom(1.5)),
    button('All of the machine', 'all', () => picture.fit()),
  );
}
