// What a search has found: its verdict, causes with what is known of them, and a link for each bug.
import { escapeText } from '../../src/util/index.ts';
import { h } from '../app/dom.ts';
import type { Found, FoundBug, FoundCause } from '../worker/races/search.ts';
import { counted, raceLink, sentence, statusBadge } from './words.ts';

const preempted = 'How often a task is made to wait although it could go on, at the least';

export function verdictText({
  causes,
  bugs,
  dataRaces,
  executions,
  complete,
  verdict,
}: Found): string {
  const why = causes === null ? '' : ` with ${counted(causes.length, 'cause')}`;
  const all = [
    ...(bugs.length === 0 ? [] : [`${counted(bugs.length, 'bug')}${why}`]),
    ...(dataRaces.length === 0 ? [] : [counted(dataRaces.length, 'data race')]),
  ];
  const what = {
    clean: 'Nothing goes wrong',
    incomplete: 'Nothing has gone wrong so far',
    bug: all.join(', and '),
  }[verdict];
  if (!complete)
    return `${what}, in ${counted(executions, 'execution')}: incomplete, there are more.`;
  const where =
    executions === 1
      ? 'the only execution that there is'
      : `all ${counted(executions, 'execution')}`;
  return `${what}, in ${where}.`;
}

/** @param goOn goes on with a search that was stopped */
export function foundElements(found: Found, goOn: () => void): HTMLElement[] {
  const { title, device, causes, bugs, dataRaces, complete, verdict, start } = found;
  const kind = verdict === 'clean' ? 'good' : verdict === 'bug' ? 'bad' : 'warn';
  return [
    h('h2', {}, `${escapeText(title)}, ${escapeText(device)}`),
    h('p', { class: `${kind} verdict` }, verdictText(found)),
    h(
      'div',
      { class: 'row' },
      h('a', { class: 'button', href: raceLink({ token: start }) }, 'Play it yourself'),
      ...(complete ? [] : [h('button', { type: 'button', on: { click: goOn } }, 'Go on')]),
    ),
    ...(causes === null
      ? [
          h('p', { class: 'note' }, 'What they hang on is found out …'),
          h('ul', { class: 'bugs' }, ...bugs.map(bugItem)),
        ]
      : [h('ol', { class: 'causes' }, ...causes.map(causeElement))]),
    ...(dataRaces.length === 0
      ? []
      : [
          h(
            'details',
            { class: 'data-races' },
            h(
              'summary',
              {},
              `${counted(dataRaces.length, 'data race')}: accesses that nothing orders`,
            ),
            h('ul', {}, ...dataRaces.map(bugItem)),
          ),
        ]),
  ];
}

function causeElement(cause: FoundCause): HTMLElement {
  return h(
    'li',
    {},
    h('p', { class: 'title' }, ...sentence(cause.title)),
    h(
      'p',
      { class: 'badges' },
      h('span', { class: 'badge', title: preempted }, counted(cause.preemptions, 'preemption')),
      ...statusBadge(cause),
    ),
    h('ul', {}, ...cause.bugs.map(bugItem)),
  );
}

function bugItem({ title, token }: FoundBug): HTMLElement {
  return h(
    'li',
    {},
    token === null
      ? h('span', {}, ...sentence(title))
      : h('a', { href: raceLink({ token }) }, ...sentence(title)),
  );
}
