// One machine: what each device gets, why, and what another kernel would do.

import { escapeText } from '../../src/util/index.ts';
import type { App, View } from '../app/app.ts';
import { h } from '../app/dom.ts';
import { readAsIn } from '../app/machines.ts';
import { changed, isNow, type Route, routeText } from '../app/route.ts';
import { findings } from './findings.ts';
import { overview } from './overview.ts';
import { askedIn, besideIn, type Part, type Shown } from './part.ts';
import { summary } from './summary.ts';
import { whatIf } from './what-if.ts';
import { why } from './why/index.ts';

/** Top to bottom. A part is a file or folder here, made by a function of the app. */
const parts: readonly ((app: App) => Part)[] = [summary, whatIf, overview, why, findings];

/** Devicetrees that are listed where none of them could be opened. */
const mostTrees = 50;

export function create(app: App): View {
  const made = parts.map((make) => make(app));
  const failure = h('p', { class: 'error', role: 'alert', hidden: true });
  const content = h('div', { class: 'parts' }, ...made.map(({ element }) => element));
  const element = h(
    'div',
    { class: 'machine' },
    h('h1', { class: 'visually-hidden' }, 'The machine'),
    failure,
    content,
  );
  let compared: {
    readonly key: string;
    readonly to: Shown;
    readonly answer: Shown['beside'];
  } | null = null;
  let last: { readonly key: string; readonly shown: Shown } | null = null;

  async function shownFor(route: Route): Promise<Shown | string> {
    const from = route.params.from ?? 'given';
    const asked = askedIn(route);
    const open = await app.machines.open(from, readAsIn(route));
    if ('error' in open) return open.error;
    const key = JSON.stringify(asked);
    // What is shown stays as it is while somebody only chooses something in it.
    if (last?.key !== key || last.shown.open !== open.ok) {
      const facts = await app.machines.ask.inspect(asked);
      if ('error' in facts) return facts.error;
      const { document } = facts.ok;
      last = {
        key,
        shown: { open: open.ok, asked, document, facts: facts.ok, beside: null, route },
      };
    }
    return { ...last.shown, beside: await besideFor(last.shown, route), route };
  }

  async function besideFor(shown: Shown, route: Route): Promise<Shown['beside']> {
    const other = besideIn(route, shown.asked);
    const key = JSON.stringify(other);
    if (compared?.key !== key || compared.to !== shown) {
      const answer = other === null ? null : await app.machines.ask.compare(shown.asked, other);
      compared = { key, to: shown, answer };
    }
    return compared.answer;
  }

  return {
    element,
    async show(route) {
      if (route.params.from === undefined && !isGiven()) {
        app.go({ view: 'start', params: {} });
        return;
      }
      element.setAttribute('aria-busy', 'true');
      const shown = await shownFor(route);
      // Somebody has gone on while this was worked out.
      if (!isNow(route)) return;
      element.removeAttribute('aria-busy');
      const isError = typeof shown === 'string';
      failure.hidden = !isError;
      content.hidden = isError;
      if (isError) {
        const trees = await app.machines.ask.trees();
        if (isNow(route)) failure.replaceChildren(shown, ...waysOut(route, trees));
      } else
        for (const part of made) {
          if (!isNow(route)) return;
          await part.show(shown);
        }
    },
  };
}

/** Where somebody can go from an error: to the same machine without what was asked about it, or elsewhere. */
function waysOut(route: Route, trees: readonly string[]): Node[] {
  const { from } = route.params;
  const plain = routeText({ view: 'machine', params: from === undefined ? {} : { from } });
  const isPlain = routeText(route) === plain;
  return [
    ...(trees.length === 0 ? [] : [treeList(route, trees)]),
    h('br'),
    ...(isPlain ? [] : [h('a', { href: plain }, 'The machine as it is'), new Text(' or ')]),
    h('a', { href: '#start' }, 'another machine'),
  ];
}

/** The devicetrees in what was given, each to be opened. Those behind are told by their number in the link. */
function treeList(route: Route, trees: readonly string[]): HTMLElement {
  const items = trees.slice(0, mostTrees).map((title, i) => {
    const href = routeText(changed(route, { params: { tree: String(i + 1) } }));
    return h('li', {}, h('a', { href }, `Devicetree ${i + 1}: ${escapeText(title)}`));
  });
  const more = trees.length - items.length;
  return h('ul', {}, ...items, more > 0 ? h('li', {}, `and ${more} more`) : null);
}

/** Whether `fwspec page` was given a machine. */
function isGiven(): boolean {
  return document.querySelector('meta[name="fwspec-given"]') !== null;
}
