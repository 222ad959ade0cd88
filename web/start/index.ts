// The first screen: what this is, something to open, and examples.
import type { App, View } from '../app/app.ts';
import { h } from '../app/dom.ts';
import { shipped } from '../examples/shipped.ts';
import { dropZone } from './drop.ts';

export function create(app: App): View {
  const opened = (name: string): void => {
    app.say(`${name} was opened`);
    app.go({ view: 'machine', params: { from: 'dropped' }, anew: true });
  };
  const element = h(
    'div',
    { class: 'start' },
    h('h1', {}, 'What will Linux do with this machine’s IOMMUs, and can it go wrong?'),
    dropZone(app, opened),
    h(
      'section',
      { 'aria-labelledby': 'examples' },
      h('h2', { id: 'examples' }, 'Or look at an example'),
      h(
        'ul',
        { class: 'cards' },
        ...shipped.map(({ name, title, about }) => card(name, title, about)),
      ),
    ),
    h(
      'section',
      { 'aria-labelledby': 'races' },
      h('h2', { id: 'races' }, 'Or at a race'),
      h(
        'p',
        {},
        'Every interleaving of the probe path, explored here in the browser: ',
        h(
          'a',
          { href: '#race?scenario=cover-letter&kernel=v6.7-rc1' },
          'the race of the cover letter',
        ),
        ', or ',
        h('a', { href: '#race' }, 'any other'),
        '.',
      ),
    ),
  );
  return { element, show: () => {} };
}

function card(name: string, title: string, about: string): HTMLElement {
  const href = `#machine?from=${encodeURIComponent(`example/${name}`)}`;
  return h('li', {}, h('a', { href }, h('strong', {}, title), h('span', {}, about)));
}
