// What is wrong with the machine's firmware: errors first, each with the devices that it is about.

import { escapeText, hex } from '../../src/util/index.ts';
import type { App } from '../app/app.ts';
import { h } from '../app/dom.ts';
import { changed, routeText } from '../app/route.ts';
import type { MachineFacts } from './facts.ts';
import { type Marked, Marks } from './marks.ts';
import type { Part } from './part.ts';
import { placeIn } from './why/place.ts';

/** Devices of one finding that are named, and findings that are there at once. */
const mostDevices = 12;
const mostAtOnce = 200;

export function findings(app: App): Part {
  const element = h('section', { class: 'machine-findings', 'aria-label': 'Findings' });
  let last: MachineFacts | null = null;
  const to = (params: Readonly<Record<string, string>>): string =>
    routeText(changed(app.route, { params }));
  return {
    element,
    show({ facts }) {
      if (last === facts) return;
      last = facts;
      element.replaceChildren(...listOf(facts, new Marks(facts), to));
    },
  };
}

/** A link to the same machine, with something else chosen in it. */
type To = (params: Readonly<Record<string, string>>) => string;

function listOf(facts: MachineFacts, { findings }: Marks, to: To): HTMLElement[] {
  const count = (severity: string): number =>
    findings.filter(({ finding }) => finding.severity === severity).length;
  const counts = (['error', 'warning', 'note'] as const)
    .map((severity) => [count(severity), severity] as const)
    .filter(([number]) => number > 0)
    .map(([number, severity]) => `${number} ${severity}${number === 1 ? '' : 's'}`);
  const list = h('ol', { class: 'findings' });
  const add = (from: number): void => {
    const some = findings.slice(from, from + mostAtOnce);
    list.append(...some.map((marked) => item(marked, facts, to)));
    const left = findings.length - from - some.length;
    if (left === 0) return;
    const more = h('button', { type: 'button' }, `${left} more`);
    const last = h('li', { class: 'more' }, more);
    more.addEventListener('click', () => {
      last.remove();
      add(from + mostAtOnce);
    });
    list.append(last);
  };
  add(0);
  const title = `Findings: ${counts.length === 0 ? 'none' : counts.join(', ')}`;
  return [h('h2', {}, title), list];
}

function item({ finding, devices }: Marked, facts: MachineFacts, to: To): HTMLElement {
  const { severity, rule, node, property, offset, message, help } = finding;
  const place = escapeText([node, property ?? ''].filter(Boolean).join(' '));
  const source = node.startsWith('/') ? 'devicetree' : node;
  const at = offset === null ? null : placeIn(source, offset, sizeOf(finding));
  const links = devices
    .slice(0, mostDevices)
    .map((device) => facts.devices[device]?.name ?? '')
    .map((device) => h('a', { href: to({ device }) }, escapeText(device)));
  const more = devices.length - links.length;
  const whom = h('p', { class: 'whom' }, ...links.flatMap((link) => [link, ' ']));
  if (more > 0) whom.append(`and ${more} more`);
  return h(
    'li',
    { class: severity },
    h(
      'p',
      {},
      h('strong', {}, severity),
      ' ',
      h('code', {}, rule),
      ' ',
      at === null ? place : h('a', { href: to({ at }) }, `${place} at ${hex(offset ?? 0)}`),
    ),
    h('p', {}, escapeText(message)),
    ...(help === '' ? [] : [h('p', { class: 'help' }, `help: ${escapeText(help)}`)]),
    ...(links.length === 0 ? [] : [whom]),
  );
}

/** A cell of a property; of all else one byte, which says what it is in. */
function sizeOf({ node, property }: Marked['finding']): number {
  return node.startsWith('/') && property !== null ? 4 : 1;
}
