// Who meets whom in which scenario: their names alone say that only to those who know it.
import { escapeText } from '../../src/util/index.ts';
import { h } from '../app/dom.ts';
import type { Lists } from '../worker/race.ts';

/**
 * @param linkTo where a scenario is chosen, for another window
 * @param choose chooses it here, and leaves all else as it is chosen
 */
export function guide(
  { scenarios }: Lists,
  isOpen: boolean,
  linkTo: (scenario: string) => string,
  choose: (scenario: string) => void,
): HTMLElement {
  const link = (name: string): HTMLElement => {
    const click = (event: MouseEvent): void => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      choose(name);
    };
    return h('a', { href: linkTo(name), on: { click } }, name);
  };
  return h(
    'details',
    { class: 'guide', open: isOpen },
    h('summary', {}, 'Who meets whom'),
    h(
      'dl',
      {},
      ...scenarios.flatMap(({ name, about, unfit }) => [
        h('dt', {}, unfit === null ? link(name) : name),
        h('dd', {}, unfit === null ? about : `${about}. Does not fit: ${escapeText(unfit)}`),
      ]),
    ),
  );
}
