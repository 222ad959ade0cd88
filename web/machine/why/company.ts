// Whether a device can be given to a guest by itself, and who would have to go with it: the answer of `groups`.
import type { Company } from '../../../src/machine/index.ts';
import { escapeText } from '../../../src/util/index.ts';
import { h } from '../../app/dom.ts';

/** Members of a group that are named; of more, how many there are is said. */
const mostNames = 20;

export function company({ answer, members }: Company, open: (device: string) => void): HTMLElement {
  const { device, alone, reasons, changes, remarks, bridges } = answer;
  const others = members.filter(({ name }) => name !== device);
  const said = alone ? ['nothing else that counts is in its group'] : reasons;
  return h(
    'section',
    { class: 'company', 'aria-label': 'Passing through' },
    h(
      'p',
      {},
      'Can it be passed through alone? ',
      h('b', { class: alone ? 'good' : 'bad' }, alone ? 'yes' : 'no'),
    ),
    list(said),
    ...(others.length === 0
      ? []
      : [
          h('h3', {}, 'In its group'),
          h('ul', {}, ...others.slice(0, mostNames).map((member) => memberItem(member))),
          others.length > mostNames
            ? h('p', { class: 'note' }, `and ${others.length - mostNames} more`)
            : null,
        ]),
    ...titled('What would change it', changes),
    ...titled('What else to know', remarks),
  );

  function memberItem({ name, tie, reason }: Company['members'][number]): HTMLElement {
    const rests = bridges.includes(name) ? ' (a bridge, which does not count)' : '';
    return h(
      'li',
      {},
      h(
        'button',
        { type: 'button', class: 'link', on: { click: () => open(name) } },
        escapeText(name),
      ),
      `${rests}${tie === 'new' ? ': the first of it' : `: ${escapeText(reason)}`}`,
    );
  }
}

function titled(title: string, items: readonly string[]): HTMLElement[] {
  return items.length === 0 ? [] : [h('h3', {}, title), list(items)];
}

function list(items: readonly string[]): HTMLElement {
  return h('ul', {}, ...items.map((text) => h('li', {}, escapeText(text))));
}
