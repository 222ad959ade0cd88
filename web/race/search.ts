// Choose who races, let every order be tried, and read what goes wrong.
import { escapeText } from '../../src/util/index.ts';
import type { App } from '../app/app.ts';
import { h } from '../app/dom.ts';
import { readAsIn } from '../app/machines.ts';
import { isNow, type Route, routeText } from '../app/route.ts';
import type { Lists } from '../worker/race.ts';
import type { Found, Progress } from '../worker/races/search.ts';
import type { AskedRace, DeviceShape } from '../worker/races/subject.ts';
import type { Said } from '../worker/said.ts';
import { keepingFocus } from './focus.ts';
import { foundElements, verdictText } from './found.ts';
import { guide } from './guide.ts';
import type { Pane } from './index.ts';
import { freshSearch, races } from './remote.ts';
import { counted } from './words.ts';

/** About how long a slice of a search is, in milliseconds; it says how far it is after each. */
const slice = 80;

export function searchView(app: App): Pane {
  const form = h('form', { class: 'row ask' });
  const about = h('p', { class: 'note about' });
  const scenarios = h('div', {});
  const failure = h('p', { class: 'error', role: 'alert', hidden: true });
  const bar = h('progress', { 'aria-label': 'How far the search is' });
  const sofar = h('p', { class: 'sofar' });
  const stop = h('button', { type: 'button' }, 'Stop');
  const running = h('div', { class: 'running', hidden: true }, bar, sofar, stop);
  const results = h('section', { class: 'results', 'aria-label': 'What was found' });
  const intro = h(
    'p',
    {},
    'Linux finds out which IOMMU a device is behind while drivers bind and IOMMUs register, on several CPUs at once. Choose who meets whom: every order in which their steps can happen is tried, here in your browser.',
  );
  const element = h(
    'div',
    { class: 'search' },
    h('h1', {}, 'Races'),
    intro,
    form,
    about,
    scenarios,
    failure,
    running,
    results,
  );

  let lists: Lists | null = null;
  let device: DeviceShape | null = null;
  let deviceKey: string | null = null;
  /** Which search is shown, under way or over; and how often one has begun. */
  let current = '';
  let runs = 0;
  let isWanted = false;

  /** What the search has said last of what it found, and how to go on with it. */
  let reported: Found | null = null;
  let goOnAgain = (): void => {};

  // The worker may be at something that takes seconds; whoever stops it does not wait for that.
  stop.addEventListener('click', () => {
    isWanted = false;
    if (reported === null) {
      sofar.textContent = 'It ends …';
      return;
    }
    show(reported);
    results.querySelector('button')?.focus();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const data = new FormData(form);
    const value = (name: string): string | null => {
      const found = data.get(name);
      return typeof found === 'string' && found !== '' ? found : null;
    };
    current = '';
    const params = {
      scenario: value('scenario'),
      kernel: value('kernel'),
      driver: value('driver'),
    };
    const before = location.hash;
    app.go({ params: { ...params, run: '1' } });
    // The same once more: nobody is told of a fragment that stays as it is.
    if (location.hash === before) void pane.show(app.route);
  });

  function fill(there: Lists, { params }: Route): void {
    const select = (
      name: string,
      label: string,
      names: readonly (readonly [string, string, boolean])[],
      chosen: string,
    ): HTMLElement => {
      const element = h(
        'select',
        { name },
        ...names.map(([value, text, isOff]) =>
          h('option', { value, disabled: isOff, selected: value === chosen }, text),
        ),
      );
      return h('label', {}, `${label} `, element);
    };
    const fitting = there.scenarios.find(({ unfit }) => unfit === null)?.name ?? '';
    const scenario = params.scenario ?? fitting;
    keepingFocus(form, () =>
      form.replaceChildren(
        select(
          'scenario',
          'Scenario',
          there.scenarios.map(
            ({ name, unfit }) =>
              [name, unfit === null ? name : `${name} (does not fit)`, unfit !== null] as const,
          ),
          scenario,
        ),
        select(
          'kernel',
          'Kernel',
          kernelsWith(there, params.kernel).map((name) => [name, name, false] as const),
          params.kernel ?? there.kernel,
        ),
        ...(device === null
          ? [
              select(
                'driver',
                'IOMMU driver',
                [
                  ['', 'the usual one', false] as const,
                  ...there.drivers.map((name) => [name, name, false] as const),
                ],
                params.driver ?? '',
              ),
            ]
          : []),
        h('button', { type: 'submit' }, 'Explore'),
      ),
    );
    const tell = (): void => {
      const data = new FormData(form);
      const told = [there.scenarios, there.kernels].map((list, i) => {
        const found = list.find(({ name }) => name === data.get(['scenario', 'kernel'][i] ?? ''));
        return found === undefined ? '' : `${found.name}: ${found.about}.`;
      });
      about.textContent = [
        ...(device === null ? [] : [`Of ${escapeText(device.name)}.`]),
        ...told,
      ].join(' ');
    };
    form.onchange = tell;
    tell();
    const choose = (name: string): void => {
      const select = form.querySelector('select');
      if (select === null) return;
      select.value = name;
      tell();
      select.focus();
    };
    const { run: wanted, ...asked } = params;
    const isOpen =
      wanted === undefined && results.childElementCount === 0 && running.hidden === true;
    keepingFocus(scenarios, () =>
      scenarios.replaceChildren(
        guide(
          there,
          isOpen,
          (name) => routeText({ view: 'race', params: { ...asked, scenario: name } }),
          choose,
        ),
      ),
    );
  }

  /** The device that a route asks about: one of a machine, or that of a token; null for a built-in one. */
  async function deviceOf(route: Route): Promise<Said<DeviceShape | null>> {
    const { from, device: name, kernel, like } = route.params;
    if (like !== undefined) return await races().deviceOf(like);
    if (from === undefined || name === undefined) return { ok: null };
    const open = await app.machines.open(from, readAsIn(route));
    return 'error' in open
      ? open
      : await app.machines.ask.shape(name, kernel ?? null, route.params.kconfig ?? null);
  }

  function fail(error: string): void {
    running.hidden = true;
    failure.hidden = false;
    failure.textContent = error;
  }

  async function run(asked: AskedRace): Promise<void> {
    const run = ++runs;
    isWanted = true;
    reported = null;
    failure.hidden = true;
    results.replaceChildren();
    bar.removeAttribute('value');
    sofar.textContent = 'The device is set up …';
    running.hidden = false;
    const search = freshSearch();
    const begun = await search.begin(asked);
    if (run !== runs) return;
    if ('error' in begun) fail(begun.error);
    else await goOn(search, run);
  }

  /** Search until it is done or somebody stops it; show what was found. */
  async function goOn(search: ReturnType<typeof freshSearch>, run: number): Promise<void> {
    running.hidden = false;
    goOnAgain = () => {
      isWanted = true;
      // What is still to be said of the search before is not waited for.
      void goOn(search, ++runs);
    };
    while (isWanted) {
      const said = await search.run(slice);
      if (run !== runs) return;
      if ('error' in said) {
        fail(said.error);
        return;
      }
      const { executions, isDone, found } = said.ok;
      if (found !== null) reported = found;
      else if (reported !== null) reported = { ...reported, executions };
      if (isDone) break;
      if (isWanted) tellProgress(said.ok);
    }
    // What was found is there at once; what it hangs on takes more executions to know.
    for (const withCauses of [false, true]) {
      const found = await search.found(withCauses);
      if (run !== runs) return;
      if ('error' in found) {
        fail(found.error);
        return;
      }
      show(found.ok);
    }
  }

  function show(found: Found): void {
    running.hidden = true;
    keepingFocus(results, () => results.replaceChildren(...foundElements(found, goOnAgain)));
    app.say(verdictText(found));
  }

  function tellProgress({ executions, about: all, bugs, dataRaces }: Progress): void {
    bar.max = Math.max(all, executions, 1);
    bar.value = executions;
    sofar.textContent = `${counted(executions, 'execution')} of about ${all.toLocaleString('en')}: ${counted(bugs, 'bug')}, ${counted(dataRaces, 'data race')} so far`;
  }

  const pane: Pane = {
    element,
    async show(route) {
      const { from, device: name, assume, tree, kconfig, like } = route.params;
      const { scenario, kernel, driver, run: wanted } = route.params;
      const wantedDevice = JSON.stringify([from, name, kernel, assume, tree, kconfig, like]);
      if (lists === null || wantedDevice !== deviceKey) {
        const found = await deviceOf(route);
        if (!isNow(route)) return null;
        if ('error' in found) return found.error;
        const there = await races().lists(found.ok);
        if (!isNow(route)) return null;
        [device, lists, deviceKey] = [found.ok, there, wantedDevice];
      }
      fill(lists, route);
      if (wanted === undefined || scenario === undefined) return null;
      const asked = { scenario, kernel: kernel ?? lists.kernel, driver: driver ?? null, device };
      const key = JSON.stringify([asked, deviceKey]);
      if (key === current) return null;
      current = key;
      void run(asked);
      return null;
    },
  };
  return pane;
}

/** The kernels, and the one that is asked for where it is composed of others. */
function kernelsWith({ kernels }: Lists, asked: string | undefined): string[] {
  const names = kernels.map(({ name }) => name);
  return asked === undefined || names.includes(asked) ? names : [asked, ...names];
}
