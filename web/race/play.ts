// You are the scheduler: choose which task goes on, and see where it leads.
import type { PlayTask, Stretch } from '../../src/explore/index.ts';
import { escapeText } from '../../src/util/index.ts';
import type { App } from '../app/app.ts';
import { h } from '../app/dom.ts';
import { routeText } from '../app/route.ts';
import type { MetBug, Move, ShownPlay } from '../worker/races/played.ts';
import { keepingFocus } from './focus.ts';
import type { Pane } from './index.ts';
import { Player } from './player.ts';
import { races } from './remote.ts';
import { copyButton, counted, raceLink, sentence, shortTask, statusBadge } from './words.ts';

/** How far a choice goes. */
const stretches: readonly { readonly stretch: Stretch; readonly label: string }[] = [
  { stretch: 'step', label: 'one step' },
  { stretch: 'shared', label: 'to what others were seen to touch' },
  { stretch: 'blocked', label: 'until it must wait' },
  { stretch: 'end', label: 'to its end' },
];

export function playView(app: App): Pane {
  const element = h('div', { class: 'play' });
  let shown: ShownPlay | null = null;
  let player: Player | null = null;
  let made = '';
  let isBusy = false;

  /** Choose, or take back: where that leads is the next route, so that the browser's own back goes back, too. */
  async function move(wanted: Move): Promise<void> {
    if (shown === null || isBusy) return;
    isBusy = true;
    const said = await races().play(shown.token, wanted);
    isBusy = false;
    if ('error' in said) {
      app.say(said.error);
      return;
    }
    // It is shown by the route, which asks once more unless it finds the answer here.
    if (said.ok.token === shown.token) return;
    shown = said.ok;
    app.go({ params: { token: said.ok.token, step: null } });
  }

  function taskCard(task: PlayTask, column: number, found: ShownPlay): HTMLElement {
    const { name, status, next, waitsFor } = task;
    const short = shortTask(name);
    const rest = escapeText(name)
      .slice(short.length)
      .replace(/^[: ]+/, '');
    const does =
      next === null
        ? ''
        : `${next.op} ${escapeText(next.target)} in ${escapeText(next.function)}()`;
    const holder = waitsFor?.held == null ? '' : `, which ${shortName(found, waitsFor.held)} has`;
    const text =
      status === 'can go on'
        ? `next: ${does}${next?.isShared === true ? ' (shared)' : ''}`
        : status === 'waits'
          ? `waits for ${escapeText(waitsFor?.what ?? '')}${holder}`
          : status;
    const choice = (label: string, stretch: Stretch, way: number): HTMLElement =>
      h(
        'button',
        {
          type: 'button',
          'aria-label': `${short}: ${label}`,
          on: { click: () => void move({ task: column, stretch, way }) },
        },
        label,
      );
    const ways = next?.ways ?? 1;
    const choices =
      status !== 'can go on'
        ? []
        : ways > 1
          ? Array.from({ length: ways }, (_, way) =>
              choice(
                next?.op === 'alloc' ? (way === 0 ? 'it succeeds' : 'it fails') : `way ${way}`,
                'step',
                way,
              ),
            )
          : stretches.map(({ stretch, label }) => choice(label, stretch, 0));
    return h(
      'li',
      { class: status === 'can go on' ? 'task able' : 'task' },
      h('h2', {}, `${column + 1}  ${short}`, h('span', { class: 'note' }, ` ${rest}`)),
      h('p', {}, ...sentence(text)),
      h('div', { class: 'row' }, ...choices),
    );
  }

  function bugElement({ title, cause, token }: MetBug): HTMLElement {
    return h(
      'div',
      { class: 'met', role: 'alert' },
      h('p', {}, h('b', {}, 'You have come to a bug: '), ...sentence(title)),
      cause === null ? null : h('p', {}, ...sentence(cause.title), ' ', ...statusBadge(cause)),
      h('p', {}, h('a', { href: raceLink({ token }) }, 'Why it happens, and how it passes')),
    );
  }

  function head(found: ShownPlay): HTMLElement[] {
    const { title, device, bugs, isOver, hints, preemptions } = found;
    return [
      h('p', { class: 'where note' }, `${escapeText(title)}, ${escapeText(device)}`),
      h('h1', {}, 'Play it yourself'),
      ...bugs.map(bugElement),
      ...(isOver && bugs.length === 0
        ? [h('p', { class: 'good verdict' }, 'It is over, and nothing has gone wrong.')]
        : []),
      h(
        'ul',
        { class: 'tasks', 'aria-label': 'Tasks' },
        ...found.at_hand.map((task, column) => taskCard(task, column, found)),
      ),
      h(
        'div',
        { class: 'row' },
        h(
          'button',
          { type: 'button', disabled: found.steps === 0, on: { click: () => void move('undo') } },
          'Undo (u)',
        ),
        h('a', { class: 'button', href: raceLink({ token: startOf(found.token) }) }, 'Start again'),
        copyButton('Copy the command', () => `fwspec replay ${found.token}`, app.say),
        copyButton('Copy the link', () => location.href, app.say),
      ),
      h(
        'p',
        { class: 'note' },
        `${counted(preemptions, 'preemption')} so far. Keys: the number of a task for one step of it, with Shift to what others were seen to touch, in this play or where tasks go one after the other, or what nobody was; u to undo. `,
        hints === 0
          ? ''
          : `${counted(hints, 'hint')} that another order could go wrong: data races, or locks taken in contradicting orders.`,
      ),
    ];
  }

  return {
    element,
    async show(route) {
      const { token = '', step, every = '1' } = route.params;
      if (shown?.token !== token) {
        const said = await races().play(token, null);
        if (app.route.params.token !== token) return null;
        if ('error' in said) {
          element.replaceChildren();
          shown = null;
          made = '';
          return said.error;
        }
        shown = said.ok;
      }
      const found = shown;
      const key = JSON.stringify([token, every]);
      if (made !== key) {
        made = key;
        player = new Player(found, {
          linkTo: (steps) =>
            routeText({ ...route, params: { ...route.params, step: String(steps) } }),
          go: (steps) => app.go({ params: { step: String(steps) }, replace: true }),
          isEvery: every === '1',
          setEvery: (isEvery) => app.go({ params: { every: isEvery ? null : '0' } }),
        });
        const { element: steps } = player;
        keepingFocus(element, () => element.replaceChildren(...head(found), steps));
      }
      player?.show(step === undefined ? null : Number(step));
      const failed = found.bugs.map(({ title }) => title).join('; ');
      app.say(failed === '' ? (player?.told ?? '') : `A bug: ${failed}`);
      return null;
    },
    key(event) {
      const [, digit] = /^Digit([1-9])$/.exec(event.code) ?? [];
      if (digit !== undefined) {
        const task = Number(digit) - 1;
        if (shown?.at_hand[task]?.status !== 'can go on') return false;
        void move({ task, stretch: event.shiftKey ? 'shared' : 'step', way: 0 });
        return true;
      }
      if (event.key === 'u' || event.key === 'Backspace') {
        void move('undo');
        return true;
      }
      return player?.key(event) === true;
    },
  };
}

function shortName({ at_hand }: ShownPlay, task: number): string {
  return shortTask(at_hand[task]?.name ?? '');
}

function startOf(token: string): string {
  return [...token.split('/').slice(0, 5), '', '-'].join('/');
}
