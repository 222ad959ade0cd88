// Why a device gets what it gets: the chain of `explain`, and the bytes that each link rests on.
import type { ExplainStep } from '../../../src/machine/index.ts';
import { escapeText } from '../../../src/util/index.ts';
import type { App } from '../../app/app.ts';
import { h } from '../../app/dom.ts';
import type { Part, Shown } from '../part.ts';
import { bytesPane } from './bytes.ts';
import { chain } from './chain.ts';

export function why(app: App): Part {
  const bytes = bytesPane(app);
  const title = h('h2', { id: 'why' });
  const body = h('div', { class: 'chain' });
  const close = h(
    'button',
    { type: 'button', on: { click: () => app.go({ params: { device: null, at: null } }) } },
    'Close',
  );
  const panel = h(
    'div',
    { class: 'why-panel', hidden: true },
    h('div', { class: 'row spread' }, title, close),
    body,
  );
  const element = h('section', { class: 'why', 'aria-labelledby': 'why' }, panel, bytes.element);
  let last: string | null = null;

  async function tell({ asked, route }: Shown, device: string): Promise<void> {
    const answer = await app.machines.ask.explain(asked, device);
    if (app.route.params.device !== device) return;
    title.textContent = escapeText(device);
    if ('error' in answer) {
      body.replaceChildren(h('p', { class: 'error', role: 'alert' }, answer.error));
      return;
    }
    const { ok } = answer;
    const open = (step: ExplainStep): void => app.go({ params: { at: placeText(step) } });
    const all = [ok, ...(ok.others ?? [])];
    body.replaceChildren(...all.map((of) => chain(of.device, of.steps, open)));
    body.append(
      h(
        'p',
        { class: 'note' },
        `kernel ${ok.kernel}. In a terminal: `,
        h('code', {}, `fwspec explain MACHINE '${escapeText(device)}'`),
      ),
    );
    // The link that failed, or else the first with bytes, is shown before anybody asks.
    const shown = ok.steps.find(({ failed, offset }) => failed && offset !== null);
    if (route.params.at === undefined && shown !== undefined) open(shown);
  }

  return {
    element,
    async show(shown) {
      const { device } = shown.route.params;
      panel.hidden = device === undefined;
      const key = JSON.stringify([shown.open.from, shown.asked, device]);
      if (device !== undefined && key !== last) {
        last = key;
        await tell(shown, device);
      }
      await bytes.show(shown);
    },
  };
}

/** A place as the route has it: `IORT:0x30+4`. */
export function placeText({ table, node, offset, size }: ExplainStep): string {
  const source = table === 'config' ? node : table;
  return `${source}:0x${(offset ?? 0).toString(16)}+${size ?? 1}`;
}
