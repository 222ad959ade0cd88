// What the parts of the view of a machine have in common.
import type { InspectDocument } from '../../src/report/index.ts';
import type { OpenMachine } from '../app/machines.ts';
import type { Route } from '../app/route.ts';
import type { AskedKernel, Compared, Said } from '../worker/machine.ts';
import type { MachineFacts } from './facts.ts';

/** What the parts of this view show: the machine, as a kernel has it, and the device that is chosen. */
export interface Shown {
  readonly open: OpenMachine;
  readonly asked: AskedKernel;
  readonly document: InspectDocument;
  /** The same, with where each device is. */
  readonly facts: MachineFacts;
  /** What the other kernel makes of it, where somebody asks for one. */
  readonly beside: Said<Compared> | null;
  readonly route: Route;
}

/** A part of the view. It shows what it is told, and changes the route when somebody chooses something. */
export interface Part {
  readonly element: HTMLElement;
  readonly show: (shown: Shown) => void | Promise<void>;
}

/** The kernel that a route asks about. */
export function askedIn({ params: { kernel, cmdline, kconfig } }: Route): AskedKernel {
  return { kernel: kernel ?? null, cmdline: cmdline ?? null, kconfig: kconfig ?? null };
}

/** The other kernel that a route compares with; null for none. */
export function besideIn({ params }: Route, asked: AskedKernel): AskedKernel | null {
  const { beside, 'beside-cmdline': cmdline } = params;
  if (beside === undefined && cmdline === undefined) return null;
  return { ...asked, kernel: beside ?? asked.kernel, cmdline: cmdline ?? asked.cmdline };
}
