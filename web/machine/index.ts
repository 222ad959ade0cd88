// One machine: what each device gets, why, and what another kernel would do.

import type { App, View } from '../app/app.ts';
import { h } from '../app/dom.ts';
import { isNow, type Route, routeText } from '../app/route.ts';
import { findings } from './findings.ts';
import { overview } from './overview.ts';
import { askedIn, besideIn, type Part, type Shown } from './part.ts';
import { summary } from './summary.ts';
import { whatIf } from './what-if.ts';
import { why } from './why/index.ts';

/** Top to bottom. A part is a file or folder here, made by a function of the app. */
const parts: readonly ((app: App) => Part)[] = [summary, whatIf, overview, why, findings];

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
    const open = await app.machines.open(from, route.params.assume ?? null);
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
      if (isError) failure.replaceChildren(shown, ...waysOut(route));
      else
        for (const part of made) {
          if (!isNow(route)) return;
          await part.show(shown);
        }
    },
  };
}

/** Where somebody can go from an error: to the same machine without what was asked about it, or elsewhere. */
function waysOut(route: Route): Node[] {
  const { from } = route.params;
  const plain = routeText({ view: 'machine', params: from === undefined ? {} : { from } });
  const isPlain = routeText(route) === plain;
  return [
    h('br'),
    ...(isPlain ? [] : [h('a', { href: plain }, 'The machine as it is'), new Text(' or ')]),
    h('a', { href: '#start' }, 'another machine'),
  ];
}

/** Whether `fwspec page` was given a machine. */
function isGiven(): boolean {
  return document.querySelector('meta[name="fwspec-given"]') !== null;
}
