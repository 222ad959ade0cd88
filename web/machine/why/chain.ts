// The links of a chain, top to bottom, with the one at which it ends marked.
import type { ExplainStep, InspectedDevice } from '../../../src/machine/index.ts';
import { escapeText } from '../../../src/util/index.ts';
import { h } from '../../app/dom.ts';

export function chain(
  { outcome, group, domain, assumes = [] }: InspectedDevice,
  steps: readonly ExplainStep[],
  open: (step: ExplainStep) => void,
): HTMLElement {
  const came = group === null ? outcome : `${outcome}, group ${group}, ${domain ?? 'no domain'}`;
  return h(
    'div',
    {},
    h('p', { class: 'verdict' }, came),
    h('ol', { class: 'links' }, ...steps.map((step) => link(step, open))),
    ...assumes.map((text) => h('p', { class: 'note' }, `Assumed: ${escapeText(text)}`)),
  );
}

function link(step: ExplainStep, open: (step: ExplainStep) => void): HTMLElement {
  const { what, text, failed, offset } = step;
  return h(
    'li',
    { class: failed ? 'failed' : null },
    h('b', {}, what),
    h('span', {}, escapeText(text)),
    offset === null
      ? null
      : h(
          'button',
          { type: 'button', class: 'place', on: { click: () => open(step) } },
          placeOf(step),
        ),
    failed ? h('em', {}, 'this is where it ends') : null,
  );
}

/** File, place and bytes. */
function placeOf({ table, file, line, node, property, offset, bytes }: ExplainStep): string {
  const where = file ?? (table === 'config' ? `configuration space of ${node}` : (table ?? ''));
  const at = line === undefined ? ` at 0x${(offset ?? 0).toString(16)}` : `:${line}`;
  const value = bytes === null ? '' : `: ${bytes}`;
  return escapeText(`${where}${at}${property === null ? '' : ` ${property}`}${value}`);
}
