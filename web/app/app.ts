// What every view has: where somebody is, the machine that is open, and the line that says what happens.
import { escapeText } from '../../src/util/index.ts';
import { Machines } from './machines.ts';
import { type Change, go, type Route, routeNow } from './route.ts';

export interface App {
  /** Where somebody is. */
  readonly route: Route;
  readonly go: (change: Change) => void;
  readonly machines: Machines;
  /** The line at the bottom, which screen readers read out. May quote names from firmware. */
  readonly say: (text: string) => void;
}

/** One view: its element, which is made once, and what a route makes of it. */
export interface View {
  readonly element: HTMLElement;
  readonly show: (route: Route) => void | Promise<void>;
}

export function makeApp(status: HTMLElement): App {
  return {
    get route() {
      return routeNow();
    },
    go,
    machines: new Machines(),
    say: (text) => {
      status.textContent = escapeText(text);
    },
  };
}
