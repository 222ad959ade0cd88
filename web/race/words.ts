// Words that several panes use.
import { escapeText } from '../../src/util/index.ts';
import { type Child, h } from '../app/dom.ts';
import { routeText } from '../app/route.ts';
import type { ShownCause } from '../worker/races/witness.ts';

export function counted(count: number, what: string): string {
  return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
}

/** The fragment of a race. */
export function raceLink(params: Readonly<Record<string, string>>): string {
  return routeText({ view: 'race', params });
}

/** What people call a task for short. */
export function shortTask(name: string): string {
  return escapeText(name).split(/ {2}|: /)[0] ?? '';
}

/** Whether Linux is known to have it. */
export function statusBadge({ status, reported }: ShownCause): HTMLElement[] {
  const about = {
    real: 'Linux has this',
    narrow: 'Linux has this, in few places',
    'model-only': 'only the model has this',
  }[status ?? ''];
  return [
    ...(about === undefined ? [] : [h('span', { class: `badge ${status}`, title: about }, about)]),
    ...(status === null
      ? [
          h(
            'span',
            { class: 'badge', title: 'Nobody has looked whether Linux has it' },
            'not judged',
          ),
        ]
      : []),
    ...(reported === ''
      ? status === 'real'
        ? [h('span', { class: 'badge' }, 'not reported')]
        : []
      : [h('span', { class: 'badge' }, reportedText(reported))]),
  ];
}

/** Who has reported it where, or what repairs it; without addresses. */
export function reportedText(reported: string): string {
  const text = escapeText(reported).replace(/,? *<.*/, '');
  return /^(as|by|for|in) /.test(text) ? `reported ${text}` : text;
}

/** Text in which no name of a field is broken after its dash. */
export function unbroken(text: string): Child[] {
  return text
    .split(/(\S*->\S*)/)
    .map((part, i) =>
      i % 2 === 1 && part.length < 40 ? h('span', { class: 'word' }, part) : part,
    );
}

/** The name of a place, which is broken behind an arrow if it must be. */
export function breakable(name: string): Child[] {
  return name
    .split(/(?<=->)/)
    .flatMap((part) => [h('span', { class: 'word' }, part), h('wbr', {})])
    .slice(0, -1);
}

/** A sentence; names of functions and fields in it are shown as code. */
export function sentence(text: string): Child[] {
  return escapeText(text)
    .split(/(\w+\(\)|\w+(?:->\w+)+|\w+_\w+)/)
    .map((part, i) => (i % 2 === 1 ? h('code', {}, part) : part));
}

/** A button that copies some text. */
export function copyButton(
  label: string,
  text: () => string,
  say: (text: string) => void,
): HTMLElement {
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text());
      say('Copied.');
    } catch {
      say(`It cannot be copied here. It is: ${text()}`);
    }
  };
  return h('button', { type: 'button', on: { click: () => void copy() } }, label);
}
