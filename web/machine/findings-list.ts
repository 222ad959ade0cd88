// What is wrong with the machine's firmware: errors first, each with the devices that it is about.

import { escapeText, hex } from '../../src/util/index.ts';
import { h } from '../app/dom.ts';
import type { MachineFacts } from './facts.ts';
import type { Marked, Marks } from './marks.ts';

/** Devices of one finding that are named, and findings that are there at once. */
const mostDevices = 12;
const mostAtOnce = 200;

export function findingsList(
  facts: MachineFacts,
  { findings }: Marks,
  linkOf: (device: number) => string,
): HTMLElement {
  const count = (severity: string): number =>
    findings.filter(({ finding }) => finding.severity === severity).length;
  const counts = (['error', 'warning', 'note'] as const)
    .map((severity) => [count(severity), severity] as const)
    .filter(([number]) => number > 0)
    .map(([number, severity]) => `${number} ${severity}${number === 1 ? '' : 's'}`);
  const list = h('ol', { class: 'findings' });
  const add = (from: number): void => {
    const some = findings.slice(from, from + mostAtOnce);
    list.append(...some.map((marked) => item(marked, facts, linkOf)));
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
  return h('section', { class: 'machine-findings' }, h('h3', {}, title), list);
}

function item(
  { finding, devices }: Marked,
  facts: MachineFacts,
  linkOf: (device: number) => string,
): HTMLElement {
  const { severity, rule, node, property, offset, message, help } = finding;
  const place = [node, property ?? '', offset === null ? '' : `at ${hex(offset)}`];
  const links = devices
    .slice(0, mostDevices)
    .map((device) =>
      h('a', { href: linkOf(device) }, escapeText(facts.devices[device]?.name ?? '')),
    );
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
      escapeText(place.filter(Boolean).join(' ')),
    ),
    h('p', {}, escapeText(message)),
    ...(help === '' ? [] : [h('p', { class: 'help' }, `help: ${escapeText(help)}`)]),
    ...(links.length === 0 ? [] : [whom]),
  );
}
