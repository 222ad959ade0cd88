// A bug, step by step: what goes wrong, why, and how it goes when the two steps that decide are the other way round.
import { escapeText } from '../../src/util/index.ts';
import type { App } from '../app/app.ts';
import { h } from '../app/dom.ts';
import { type Route, routeText } from '../app/route.ts';
import { save } from '../app/save.ts';
import type { ShownWitness } from '../worker/races/witness.ts';
import { keepingFocus } from './focus.ts';
import type { Pane } from './index.ts';
import { Player } from './player.ts';
import { races } from './remote.ts';
import { copyButton, counted, raceLink, sentence, statusBadge } from './words.ts';

/** How a witness can be kept. */
const kinds = [
  { format: 'svg', label: 'Picture (SVG)', extension: 'svg', type: 'image/svg+xml' },
  { format: 'html', label: 'Page (HTML)', extension: 'html', type: 'text/html' },
  { format: 'mail', label: 'Mail (text)', extension: 'txt', type: 'text/plain' },
] as const;

/** Where the twin has room beside the execution that fails. */
const wide = matchMedia('(min-width: 1280px)');

export function witnessView(app: App): Pane {
  const element = h('div', { class: 'witness' });
  /** What is shown, and the token of it. */
  let shown: ShownWitness | null = null;
  let player: Player | null = null;
  /** What the player was made for. */
  let made = '';

  wide.addEventListener('change', () => {
    if (element.isConnected && isTwin(app.route)) void pane.show(app.route);
  });

  const isTwin = ({ params }: Route): boolean => params.twin !== undefined;

  function flip(): void {
    if (shown?.twin == null) return;
    // Both are the same up to there: whoever stands before it stays where they are.
    const step = Number(app.route.params.step ?? Number.POSITIVE_INFINITY);
    const kept = step <= shown.twin.differs ? String(step) : null;
    app.go({ params: { twin: isTwin(app.route) ? null : '1', step: kept } });
  }

  async function keep(kind: (typeof kinds)[number]): Promise<void> {
    if (shown === null) return;
    const document = await races().saved(shown.token, kind.format);
    if ('error' in document) app.say(document.error);
    else save(`${nameFor(shown)}.${kind.extension}`, `${document.ok}\n`, kind.type);
  }

  function head(found: ShownWitness, route: Route): HTMLElement[] {
    const { bug, cause, why, twin, title, device, preemptions } = found;
    const twinNow = twin !== null && isTwin(route);
    // Where no order decides there is nothing that comes first.
    const order = twin === null ? '' : twinNow ? '[2] before [1]. ' : '[1] before [2]. ';
    const failures = twin?.failures.map(({ message }) => message).join('; ') ?? '';
    const outcome = !twinNow
      ? h(
          'p',
          { class: 'bad verdict' },
          found.at === null ? 'Goes wrong at the end: ' : 'Goes wrong: ',
          ...sentence(bug.message),
        )
      : failures === ''
        ? h('p', { class: 'good verdict' }, 'Passes: nothing goes wrong in this order.')
        : h(
            'p',
            { class: 'bad verdict' },
            'Without this bug, but something else goes wrong: ',
            ...sentence(failures),
          );
    return [
      h('p', { class: 'where note' }, `${escapeText(title)}, ${escapeText(device)}`),
      h('h1', {}, ...sentence(bug.title)),
      cause === null
        ? h('p', { class: 'cause' }, 'A data race: nothing orders the two accesses.')
        : h('p', { class: 'cause' }, ...sentence(cause.title), ' ', ...statusBadge(cause)),
      outcome,
      h('p', { class: 'reason' }, h('b', {}, order), ...sentence(why)),
      twinNow
        ? h(
            'p',
            { class: 'note' },
            'The same up to the dashed line; from there on the two that decide come the other way round.',
          )
        : h(
            'p',
            { class: 'note' },
            `It takes ${counted(preemptions, 'preemption')}: places where a task is made to wait although it could go on.`,
          ),
    ];
  }

  function flipButton({ twin }: ShownWitness, route: Route): HTMLElement {
    if (twin === null)
      return h('span', { class: 'note' }, 'Nothing to flip: no order of two steps decides this.');
    return h(
      'button',
      {
        type: 'button',
        class: 'flip',
        'data-key': 'flip',
        'aria-pressed': isTwin(route) ? 'true' : 'false',
        on: { click: flip },
      },
      isTwin(route) ? 'Flip back: as it fails' : 'Flip [1] and [2]: the passing twin',
    );
  }

  function foot(found: ShownWitness, route: Route): HTMLElement {
    const token = isTwin(route) && found.twin !== null ? found.twin.token : found.token;
    const command = `fwspec replay ${token}`;
    return h(
      'section',
      { class: 'keep', 'aria-label': 'Keep it' },
      h('h2', {}, 'Keep it'),
      h(
        'div',
        { class: 'row' },
        ...kinds.map((kind) =>
          h('button', { type: 'button', on: { click: () => void keep(kind) } }, kind.label),
        ),
        copyButton('Copy the command', () => command, app.say),
        copyButton('Copy the link', () => location.href, app.say),
        h(
          'a',
          { class: 'button', href: raceLink({ token: startOf(found.token) }) },
          'Play it yourself',
        ),
        h('a', { class: 'button', href: searchLink(found.token) }, 'Explore the scenario'),
      ),
      h('pre', { tabindex: 0, 'aria-label': 'Command' }, escapeText(command)),
    );
  }

  const pane: Pane = {
    element,
    async show(route) {
      const { token = '', step, every } = route.params;
      if (shown?.token !== token) {
        shown = null;
        made = '';
        const said = await races().witness(token);
        if (app.route.params.token !== token) return null;
        if ('error' in said) {
          element.replaceChildren();
          return said.error;
        }
        shown = said.ok;
      }
      const found = shown;
      const key = JSON.stringify([token, isTwin(route), every, wide.matches]);
      if (made !== key) {
        made = key;
        const execution = isTwin(route) && found.twin !== null ? found.twin : found;
        player = new Player(execution, {
          linkTo: (steps) =>
            routeText({ ...route, params: { ...route.params, step: String(steps) } }),
          go: (steps) => app.go({ params: { step: String(steps) }, replace: true }),
          isEvery: every !== undefined,
          setEvery: (isEvery) => app.go({ params: { every: isEvery ? '1' : null } }),
          differs: execution === found.twin ? found.twin.differs : null,
          beside:
            execution === found.twin && wide.matches
              ? {
                  execution: found,
                  linkTo: (steps) => {
                    const { twin: _, ...params } = route.params;
                    return routeText({ ...route, params: { ...params, step: String(steps) } });
                  },
                  titles: ['As it fails', 'The twin'],
                }
              : null,
        });
        player.bar.append(flipButton(found, route));
        const { element: steps } = player;
        keepingFocus(element, () =>
          element.replaceChildren(...head(found, route), steps, foot(found, route)),
        );
      }
      player?.show(step === undefined ? openedAt(found, isTwin(route)) : Number(step));
      return null;
    },
    key(event) {
      if (event.key === 'f' && shown?.twin != null) {
        flip();
        return true;
      }
      return player?.key(event) === true;
    },
  };
  return pane;
}

/** Where a link without a step opens: where it goes wrong, and the twin where the two that decide are made. */
function openedAt({ twin }: ShownWitness, isTwin: boolean): number | null {
  return isTwin && twin !== null && twin.pair !== null ? Math.max(...twin.pair) + 1 : null;
}

function nameFor({ title, bug }: ShownWitness): string {
  return `${title} ${bug.id}`.replace(/[^\w.-]+/g, '-').slice(0, 80);
}

/** The token of the execution that has not begun. */
function startOf(token: string): string {
  return [...token.split('/').slice(0, 5), '', '-'].join('/');
}

/** Where the scenario of a token is explored, for its device. */
function searchLink(token: string): string {
  const [, kernel = '', scenario = ''] = token.split('/').map(decodeURIComponent);
  return raceLink({ scenario, kernel, like: startOf(token) });
}
