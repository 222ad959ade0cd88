// Going through an execution: lanes, buttons, a slider, and the state beside them.
import { h } from '../app/dom.ts';
import type { ShownExecution } from '../worker/races/execution.ts';
import { type Lanes, lanes } from './lanes.ts';
import { type StatePanel, statePanel } from './state.ts';

export interface PlayerOptions {
  /** The fragment for so many steps. */
  readonly linkTo: (steps: number) => string;
  /** Go there, without an entry in the history. */
  readonly go: (steps: number) => void;
  readonly isEvery: boolean;
  readonly setEvery: (isEvery: boolean) => void;
  /** The step from which on it differs from what it is shown beside. */
  readonly differs?: number | null;
  /** An execution to look at beside it, the same up to where they differ; null for none. */
  readonly beside?: Beside | null;
}

export interface Beside {
  readonly execution: ShownExecution;
  readonly linkTo: (steps: number) => string;
  /** What the two are called: that one, and this one. */
  readonly titles: readonly [string, string];
}

/** One execution, gone through step by step. */
export class Player {
  readonly element: HTMLElement;
  /** Where more buttons can be put. */
  readonly bar: HTMLElement;
  readonly #lanes: Lanes;
  /** The other execution, and how many steps it has. */
  readonly #other: { readonly lanes: Lanes; readonly steps: number } | null;
  readonly #state: StatePanel;
  readonly #options: PlayerOptions;
  readonly #slider: HTMLInputElement;
  readonly #where: HTMLElement;
  readonly #after = h('p', { class: 'after note' });
  readonly #buttons: readonly HTMLButtonElement[];
  #at = 0;

  constructor(execution: ShownExecution, options: PlayerOptions) {
    this.#options = options;
    const { isEvery, differs = null, beside = null } = options;
    this.#lanes = lanes(execution, isEvery, options.linkTo, differs, beside?.titles[1]);
    this.#other =
      beside === null
        ? null
        : {
            lanes: lanes(beside.execution, isEvery, beside.linkTo, differs, beside.titles[0]),
            steps: beside.execution.steps,
          };
    this.#state = statePanel(execution);
    const { stops } = this.#lanes;
    this.#slider = h('input', {
      type: 'range',
      min: 0,
      max: stops.length - 1,
      value: 0,
      'aria-label': 'Step',
      on: { input: () => this.#move(Number(this.#slider.value)) },
    });
    this.#where = h('span', { class: 'where' });
    const button = (text: string, label: string, to: () => number): HTMLButtonElement =>
      h(
        'button',
        {
          type: 'button',
          title: label,
          'aria-label': label,
          on: { click: () => this.#move(to()) },
        },
        text,
      );
    this.#buttons = [
      button('|◀', 'To the start (Home)', () => 0),
      button('◀', 'Back (left arrow)', () => this.#at - 1),
      button('▶', 'Forward (right arrow)', () => this.#at + 1),
      button('▶|', 'To the end (End)', () => stops.length - 1),
    ];
    const every = h('input', {
      type: 'checkbox',
      on: { change: () => options.setEvery(every.checked) },
    });
    every.checked = options.isEvery;
    this.bar = h(
      'div',
      { class: 'row bar' },
      h(
        'div',
        { class: 'row steps', role: 'group', 'aria-label': 'Go through the steps' },
        ...this.#buttons,
      ),
      this.#slider,
      this.#where,
      h('label', { class: 'every' }, every, ' every step'),
    );
    this.element = h(
      'div',
      { class: 'player' },
      this.bar,
      this.#after,
      this.#other === null
        ? h('div', { class: 'beside' }, this.#lanes.element, this.#state.element)
        : h(
            'div',
            {},
            h('div', { class: 'pair' }, this.#other.lanes.element, this.#lanes.element),
            this.#state.element,
          ),
    );
    if (this.#other !== null) aligned(this.#other.lanes, this.#lanes);
  }

  /** Show where so many steps are made; null for the end. */
  show(steps: number | null): void {
    const { stops, told } = this.#lanes;
    const wanted = steps ?? Number.POSITIVE_INFINITY;
    // What is between two stops is shown at the earlier one.
    this.#at = Math.max(
      0,
      stops.findLastIndex((stop) => stop <= wanted),
    );
    const stop = stops[this.#at] ?? 0;
    this.#slider.value = String(this.#at);
    const text = `${this.#at} of ${stops.length - 1}`;
    this.#slider.setAttribute('aria-valuetext', `step ${text}, ${told(stop)}`);
    this.#where.textContent = `step ${text}`;
    const [first, back, forward, last] = this.#buttons;
    for (const button of [first, back]) if (button !== undefined) button.disabled = this.#at === 0;
    for (const button of [forward, last])
      if (button !== undefined) button.disabled = this.#at === stops.length - 1;
    this.#other?.lanes.mark(Math.min(stop, this.#other.steps));
    this.#lanes.mark(stop);
    this.#state.show(stop, stops[this.#at - 1] ?? 0);
    const before = this.#lanes.dependsOn(stop);
    // An empty line stays: nothing below may move from step to step.
    this.#after.textContent =
      before.length === 0 ? '' : `Comes after ${before.join('; and after ')}`;
  }

  /** What the step that was made last does, in words. */
  get told(): string {
    return this.#lanes.told(this.#lanes.stops[this.#at] ?? 0);
  }

  key({ key }: KeyboardEvent): boolean {
    const to = {
      ArrowLeft: this.#at - 1,
      ArrowRight: this.#at + 1,
      Home: 0,
      End: this.#lanes.stops.length - 1,
    }[key];
    if (to === undefined) return false;
    this.#move(to);
    return true;
  }

  #move(to: number): void {
    const stop = this.#lanes.stops[to];
    if (stop !== undefined) this.#options.go(stop);
  }
}

function headOf({ element }: Lanes): HTMLElement[] {
  return [...element.querySelectorAll<HTMLElement>('thead tr')];
}

/** Give rows of the same steps the same place in both, whatever their texts come to. */
function aligned(one: Lanes, other: Lanes): void {
  const pairs = [...one.shared].flatMap(([step, rows]) => {
    const same = other.shared.get(step);
    return same === undefined ? [] : [[rows, same] as const];
  });
  pairs.unshift([headOf(one), headOf(other)]);
  const align = (): void => {
    const all = pairs.flat(2);
    for (const row of all) row.style.removeProperty('height');
    const heights = pairs.map((both) =>
      both.map((rows) => rows.reduce((sum, row) => sum + row.getBoundingClientRect().height, 0)),
    );
    pairs.forEach((both, i) => {
      const most = Math.max(...(heights[i] ?? []));
      both.forEach((rows, side) => {
        const first = rows[0];
        const missing = most - (heights[i]?.[side] ?? most);
        if (first !== undefined && missing > 0)
          first.style.height = `${first.getBoundingClientRect().height + missing}px`;
      });
    });
  };
  let width = 0;
  new ResizeObserver(() => {
    // Heights are what this changes itself.
    if (one.element.clientWidth === width) return;
    width = one.element.clientWidth;
    align();
  }).observe(one.element);
}
