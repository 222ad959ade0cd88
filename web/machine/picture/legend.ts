// What the shapes, letters and colours of the picture mean, for those that are in it.

import { escapeText } from '../../../src/util/index.ts';
import { h, svg } from '../../app/dom.ts';
import type { MachineFacts } from '../facts.ts';
import { letterOf, outcomes, outcomeWord } from '../words.ts';
import { shapeOf } from './draw.ts';

export function legend({ devices }: MachineFacts): HTMLElement {
  const shown = outcomes
    .map((outcome) => [outcome, devices.filter((of) => of.outcome === outcome).length] as const)
    .filter(([, count]) => count > 0)
    .map(([outcome, count]) => {
      const letter = svg('text', { x: 10, y: 14, class: 'letter' });
      letter.append(letterOf(outcome));
      const shape = svg('path', { d: shapeOf(outcome, 10, 10), class: 'badge' });
      const image = svg('svg', {
        viewBox: '0 0 20 20',
        width: 20,
        height: 20,
        'aria-hidden': 'true',
      });
      image.append(svg('g', { class: outcome }, shape, letter));
      return h('li', {}, image, `${count} ${outcomeWord(outcome)}`);
    });
  const group = h('li', {}, h('span', { class: 'swatch colour-0', 'aria-hidden': 'true' }));
  group.append('a colour: one group of several devices');
  return h(
    'figcaption',
    { class: 'legend' },
    h('ul', {}, ...shown, group),
    h('p', {}, escapeText(keys)),
  );
}

const keys =
  'Drag, wheel or two fingers; keys: arrows, + \u2212 0, Enter chooses, Escape leaves, / searches';
