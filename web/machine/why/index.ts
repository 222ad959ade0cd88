// Why a device gets what it gets: the chain of `explain`, and the bytes that each link rests on.
import type { ExplainStep } from '../../../src/machine/index.ts';
import { escapeText } from '../../../src/util/index.ts';
import type { App } from '../../app/app.ts';
import { h, must } from '../../app/dom.ts';
import { type Route, routeText } from '../../app/route.ts';
import type { Part, Shown } from '../part.ts';
import { bytesPane } from './bytes.ts';
import { chain } from './chain.ts';
import { company } from './company.ts';

export function why(app: App): Part {
  const bytes = bytesPane(app);
  const title = h('h2', { id: 'why' });
  const body = h('div', { class: 'chain' });
  const close = h('button', { type: 'button', on: { click: () => leave() } }, 'Close');
  const panel = h(
    'div',
    { class: 'why-panel', hidden: true },
    h('div', { class: 'row spread' }, title, close),
    body,
  );
  const element = h('section', { class: 'why', 'aria-labelledby': 'why' }, panel, bytes.element);
  // The button goes with what it closes: the focus is not to be lost.
  const leave = (): void => {
    app.go({ params: { device: null, at: null } });
    must('#main', HTMLElement).focus({ preventScroll: true });
  };
  let last: { readonly open: Shown['open']; readonly key: string } | null = null;
  let lastAt: string | undefined;

  /** `isNext`: another device was shown before, and the bytes are still its. */
  async function tell({ asked, route }: Shown, device: string, isNext: boolean): Promise<void> {
    const [answer, shared] = await Promise.all([
      app.machines.ask.explain(asked, device),
      app.machines.ask.companies(asked, device),
    ]);
    if (app.route.params.device !== device) {
      last = null;
      return;
    }
    title.textContent = escapeText(device);
    if ('error' in answer) {
      body.replaceChildren(h('p', { class: 'error', role: 'alert' }, answer.error));
      return;
    }
    const { ok } = answer;
    const open = (step: ExplainStep): void => app.go({ params: { at: placeText(step) } });
    const all = [ok, ...(ok.others ?? [])];
    body.replaceChildren(...all.map((of) => chain(of.device, of.steps, open)));
    const goTo = (device: string): void => app.go({ params: { device } });
    if ('ok' in shared) body.append(...shared.ok.map((of) => company(of, goTo)));
    body.append(h('p', {}, h('a', { href: racesOf(device, ok.kernel, route) }, 'Its races')));
    // A name that a shell would take for something else is not one to copy.
    if (/^[\w:.@,+-]+$/.test(device))
      body.append(
        h(
          'p',
          { class: 'note' },
          'In a terminal: ',
          h('code', {}, `fwspec explain MACHINE ${device} --kernel ${ok.kernel}`),
        ),
      );
    const shown = decisive(ok.steps);
    if (shown !== null && (isNext || route.params.at === undefined))
      app.go({ params: { at: placeText(shown) }, replace: true });
  }

  return {
    element,
    async show(shown) {
      const { route } = shown;
      const { device } = route.params;
      panel.hidden = device === undefined;
      const { open } = shown;
      const key = JSON.stringify([shown.asked, device]);
      if (device !== undefined && (last?.open !== open || last.key !== key)) {
        const isNext = last !== null && route.params.at === lastAt;
        last = { open, key };
        await tell(shown, device, isNext);
      }
      lastAt = route.params.at;
      // It has been chosen meanwhile which bytes are shown.
      if (app.route.params.at !== lastAt) return;
      await bytes.show(shown);
    },
  };
}

/** Where the races about a device are explored. */
function racesOf(device: string, kernel: string, { params }: Route): string {
  const kept = ['assume', 'tree', 'kconfig'].flatMap((name) => {
    const value = params[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const from = params.from ?? 'given';
  return routeText({
    view: 'race',
    params: { from, device, kernel, ...Object.fromEntries(kept) },
  });
}

/** The link whose bytes are shown before anybody asks: the one that failed, else the one that maps the IDs. */
function decisive(steps: readonly ExplainStep[]): ExplainStep | null {
  const written = steps.filter(({ offset }) => offset !== null);
  const failed = written.find((step) => step.failed);
  const mapping = ['map', 'description', 'iommu', 'device'] as const;
  const found = mapping.map((what) => written.find((step) => step.what === what));
  return failed ?? found.find((step) => step !== undefined) ?? null;
}

/** A place as the route has it: `IORT:0x30+4`. */
export function placeText({ table, node, offset, size }: ExplainStep): string {
  const source = table === 'config' ? node : table;
  return `${source}:0x${(offset ?? 0).toString(16)}+${size ?? 1}`;
}
