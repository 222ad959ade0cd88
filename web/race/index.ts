// The races: what the explorer finds, and an execution step by step.
import type { App, View } from '../app/app.ts';
import { h } from '../app/dom.ts';

export function create(_app: App): View {
  const element = h('div', { class: 'race' }, h('h1', {}, 'Races'));
  return { element, show: () => {} };
}
