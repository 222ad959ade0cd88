// Looks whether some interleaving of a boot ends the way a real one was seen to end.

import {
  type Bug,
  bugKinds,
  bugOf,
  Explorer,
  fingerprint,
  replay,
  why,
} from '../../explore/index.ts';
import type { Design, Kconfig } from '../../linux/index.ts';
import {
  asCaptured,
  type Capture,
  type CapturedDevice,
  type Disagreement,
  joinedAfterwards,
  type KernelOptions,
  type Machine,
  type Shape,
  shapeKey,
  shapesByDevice,
  type Verification,
  verify,
  wasGivenUp,
} from '../../machine/index.ts';
import { scenarios } from '../all.ts';
import { programOf, type Scenario, unexcused } from '../scenario.ts';
import { encodeToken } from '../token.ts';
import { lacking, unfit } from '../unfit.ts';
import { isGain, type SeenAnswer, seenAnswer, seenAsTraced, seenName, unlike } from './answer.ts';
import {
  isOneOrder,
  loadedAfter,
  notingReturns,
  type OrderRow,
  ordersTogether,
  type Return,
  returnsFit,
  returnsIn,
} from './order.ts';

/** A device whose answer an order of events gives that is not the usual one. */
export interface Raced {
  readonly device: string;
  readonly rows: readonly Disagreement[];
  /** What the order makes go wrong, in a few words. */
  readonly title: string;
  /** What it hangs on. */
  readonly cause: string;
  /**
   * Null where another device raced, and this one only misses it in its group, and where nothing goes
   * wrong: the device has more than is predicted.
   */
  readonly witness: RaceWitness | null;
}

export interface RaceWitness {
  readonly scenario: string;
  readonly preemptions: number;
  readonly token: string;
  readonly bug: Bug;
  /** The order of the witness beside that of the trace; empty where there is no trace. */
  readonly order: readonly OrderRow[];
}

/** A device for which no such order was found. */
export interface NotRaced {
  readonly device: string;
  readonly executions: number;
  /** All orders were looked at. */
  readonly complete: boolean;
}

export interface Races {
  readonly raced: readonly Raced[];
  readonly sought: readonly NotRaced[];
}

/** What was captured, and the kernel that is to behave like it. */
export interface Booted {
  readonly machine: Machine;
  readonly capture: Capture;
  readonly design: Design;
  readonly asked: KernelOptions;
}

/** How many executions of one scenario are looked at, and how many for all devices of a machine. */
const usualExecutions = 1000;
const executionsInAll = 10;

/** Look for an order behind each disagreement that one could bring about. */
export function racesOf(
  { machine, capture, design, asked }: Booted,
  { disagree, givenUp }: Verification,
  maxExecutions: number = usualExecutions,
): Races {
  const rowsOf = new Map<string, Disagreement[]>();
  for (const row of disagree) rowsOf.set(row.device, [...(rowsOf.get(row.device) ?? []), row]);
  if (rowsOf.size === 0) return { raced: [], sought: [] };
  const as = asCaptured(machine, capture, design, asked);
  const shapes = shapesByDevice(as.machine, design, as.config, as.options);
  const search = new RaceSearch(design, as.config, maxExecutions);
  const raced: Raced[] = [];
  const sought: NotRaced[] = [];
  for (const [name, rows] of rowsOf) {
    const device = capture.devices.find((of) => of.name === name);
    const [, shape] = [...shapes].find(([of]) => of.name === name) ?? [];
    if (device === undefined || shape === undefined || typeof shape === 'string') continue;
    const iommus = shape.iommus.map((iommu) => iommu.name);
    const letGo = givenUp.includes(name) && joinedAfterwards(name, capture.log);
    const seen = seenAnswer(device, rows, capture, iommus, letGo);
    if (seen === null) continue;
    const found =
      letGo && rows.every(isGain)
        ? search.inTime(seen, shape, device, rows)
        : search.towards(seen, shape, device, rows, capture);
    if (found === null) continue;
    if ('complete' in found) sought.push(found);
    else raced.push(found);
  }
  const all = [...raced, ...left(rowsOf, raced)];
  all.push(...following({ machine, capture, design, asked }, rowsOf, all));
  return { raced: all, sought: sought.filter(({ device }) => !isAmong(all, device)) };
}

function isAmong(raced: readonly Raced[], name: string): boolean {
  return raced.some(({ device }) => device === name);
}

/** Devices for which what was seen is what is predicted once those that raced have no IOMMU. */
function following(
  { machine, capture, design, asked }: Booted,
  rowsOf: ReadonlyMap<string, readonly Disagreement[]>,
  raced: readonly Raced[],
): Raced[] {
  const gone = lost(raced);
  const rest = [...rowsOf].filter(([device]) => !isAmong(raced, device));
  if (gone.size === 0 || rest.length === 0) return [];
  const { disagree } = verify(machine, capture, design, asked, gone);
  const still = new Set(disagree.map(({ device }) => device));
  const cause = `it is predicted like this once ${[...gone].join(' and ')} has no IOMMU`;
  return rest
    .filter(([device]) => !still.has(device))
    .map(([device, rows]) => ({
      ...{ device, rows, cause },
      title: 'follows from the race of another device',
      witness: null,
    }));
}

/** Those that are in no group any more. */
function lost(raced: readonly Raced[]): Set<string> {
  const rows = raced.flatMap((of) => of.rows);
  return new Set(
    rows
      .filter(({ field, observed }) => field === 'group' && observed === null)
      .map(({ device }) => device),
  );
}

/** Those that are in a group, and were not to be. */
function gained(raced: readonly Raced[]): Set<string> {
  return new Set(raced.filter(({ rows }) => rows.every(isGain)).map(({ device }) => device));
}

/** Devices of which only the group differs, by those that have lost or gained a place in it. */
function left(
  rowsOf: ReadonlyMap<string, readonly Disagreement[]>,
  raced: readonly Raced[],
): Raced[] {
  const gone = lost(raced);
  const came = gained(raced);
  return [...rowsOf].flatMap(([device, rows]): Raced[] => {
    const [row, ...others] = rows;
    if (isAmong(raced, device) || row === undefined || row.field !== 'group' || others.length > 0)
      return [];
    const { predicted, observed } = row;
    if (!Array.isArray(predicted) || !Array.isArray(observed)) return [];
    const missing = predicted.filter((name) => gone.has(name));
    const more = observed.filter((name) => came.has(name));
    const rest = predicted.filter((name) => !gone.has(name));
    const same = observed.filter((name) => !came.has(name));
    if (missing.length + more.length === 0 || rest.join(' ') !== same.join(' ')) return [];
    const title =
      missing.length > 0 ? 'misses another device in its group' : 'has another device in its group';
    const told = [
      ...(missing.length > 0 ? [`${missing.join(' and ')} would be in its group`] : []),
      ...(more.length > 0 ? [`${more.join(' and ')} would not be in its group`] : []),
    ];
    return [{ device, rows, title, cause: told.join(', '), witness: null }];
  });
}

/** Searches on one kernel. Devices that are alike and ended alike are searched for in vain once. */
class RaceSearch {
  readonly #design: Design;
  readonly #config: Kconfig;
  readonly #most: number;
  #left: number;
  readonly #inVain = new Map<string, Omit<NotRaced, 'device'>>();

  constructor(design: Design, config: Kconfig, most: number) {
    this.#design = design;
    this.#config = config;
    this.#most = most;
    this.#left = most * executionsInAll;
  }

  /** Null where nothing can race. */
  towards(
    seen: SeenAnswer,
    shape: Shape,
    device: CapturedDevice,
    rows: readonly Disagreement[],
    capture: Capture,
  ): Raced | NotRaced | null {
    const { name } = device;
    const calls = rows.filter(({ field }) => field === 'calls').map(({ observed }) => observed);
    const key = JSON.stringify([shapeKey(shape), seen, calls]);
    const before = this.#inVain.get(key);
    if (before !== undefined) return { device: name, ...before };
    const others = capture.iommus === null || capture.iommus.length > shape.iommus.length;
    const fitting = this.#scenariosFor(seen, device, capture).filter(
      (scenario) => unfit(scenario, shape) === null && (others || scenario.besides?.other !== true),
    );
    const build = { design: this.#design, config: this.#config };
    if (fitting.length === 0 || lacking(build, shape) !== null) return null;
    let executions = 0;
    let complete = true;
    for (const scenario of fitting) {
      if (this.#left <= 0) {
        complete = false;
        break;
      }
      const search = this.#explore(scenario, shape, seen, (returns) => {
        const order = ordersTogether(returns, capture.trace, device);
        return returnsFit(returns, rows, device) && isOneOrder(order);
      });
      executions += search.executions;
      complete &&= search.complete;
      const returns = search.bug === null ? [] : returnsIn(search.bug.steps);
      if (search.bug === null || !returnsFit(returns, rows, device)) continue;
      const order =
        capture.trace.length === 0 ? [] : ordersTogether(returns, capture.trace, device);
      const witness = this.#witness(scenario, shape, search.bug, order);
      if (witness === null) continue;
      const { title, cause, ...rest } = witness;
      const after = loadedAfter(device, capture);
      const but =
        after === null
          ? ''
          : ` The times speak against it: its driver was loaded ${after.toFixed(1)} s after the last IOMMU had registered.`;
      return { device: name, rows, title, cause: `${cause}${but}`, witness: rest };
    }
    this.#inVain.set(key, { executions, complete });
    return { device: name, executions, complete };
  }

  /** A device that is predicted to do without its IOMMU: whether that can come before the time-out. */
  inTime(
    seen: SeenAnswer,
    shape: Shape,
    { name }: CapturedDevice,
    rows: readonly Disagreement[],
  ): Raced | null {
    const [scenario] = scenarios.filter(({ leaves }) => leaves === 'given up');
    if (scenario?.wentFirst === undefined || unfit(scenario, shape) !== null) return null;
    const { bug } = this.#explore(scenario, shape, seen, () => true);
    if (bug === null) return null;
    const title = 'its IOMMU came first when the deferral time-out was over';
    const cause = `It happens because those that wait are tried one after the other, and each device that a driver binds to in between begins that again.`;
    return { device: name, rows, title, cause, witness: null };
  }

  /** Those that a boot can come to; the one that the kernel log speaks of before them. */
  #scenariosFor(seen: SeenAnswer, { name }: CapturedDevice, capture: Capture): Scenario[] {
    const givenUp = wasGivenUp(name, capture, this.#config);
    const leaving = (end: Scenario['leaves']): Scenario[] =>
      scenarios.filter(({ leaves }) => leaves === end);
    return [
      ...(givenUp && seen.bound ? leaving('given up') : []),
      ...scenarios.filter(({ atBoot }) => atBoot === true),
      ...(seen.deferred ? leaving('waiting') : []),
    ];
  }

  /**
   * An execution that ends as was seen: one that goes as the trace does, if there is one, of those that
   * were looked at the one of fewest preemptions.
   */
  #explore(
    scenario: Scenario,
    shape: Shape,
    seen: SeenAnswer,
    asTraced: (returns: readonly Return[]) => boolean,
  ): { bug: Bug | null; executions: number; complete: boolean } {
    const notes: Parameters<typeof notingReturns>[1] = new WeakMap();
    const design = notingReturns(this.#design, notes);
    const program = programOf(scenario, design, this.#config, shape, (booted) => {
      const returns: Return[] = [];
      notes.set(booted.k, { of: booted.client, returns });
      return unlike(seen, booted, () => asTraced(returns));
    });
    const explorer = new Explorer(program, {
      ignore: bugKinds.filter((kind) => kind !== 'property'),
      causes: false,
      maxExecutions: Math.min(this.#most, this.#left),
    });
    const found = (name: string): Bug | undefined =>
      explorer.outcome().bugs.find((bug) => bug.function === name);
    let done = false;
    while (!done && found(seenAsTraced) === undefined) done = explorer.run(16);
    if (!done && found(seenAsTraced)?.preemptions !== 0) explorer.run(enough);
    const { executions, complete } = explorer.outcome();
    this.#left -= executions;
    return { bug: found(seenAsTraced) ?? found(seenName) ?? null, executions, complete };
  }

  /** The same execution, for what goes wrong in it by itself: that is what a token can show again. */
  #witness(
    scenario: Scenario,
    shape: Shape,
    { schedule }: Bug,
    order: readonly OrderRow[],
  ): (RaceWitness & Pick<Raced, 'title' | 'cause'>) | null {
    const program = programOf(unexcused(scenario), this.#design, this.#config, shape);
    const again = replay(program, schedule);
    const [failure] = again.failures.toSorted(
      (a, b) => rank.indexOf(a.kind) - rank.indexOf(b.kind),
    );
    const bug = failure === undefined ? null : bugOf(again, fingerprint(failure));
    if (bug === null) return null;
    const what = { kernel: this.#design.name, scenario: scenario.name, config: this.#config };
    const token = encodeToken({ ...what, shape, schedule: bug.schedule, bug: bug.id }, bug.tasks);
    const { preemptions } = bug;
    const { name, wentFirst } = scenario;
    return {
      scenario: name,
      preemptions,
      token,
      bug,
      order,
      title: wentFirst === undefined ? bug.title : `${bug.title}: ${wentFirst} went first`,
      cause:
        wentFirst === undefined
          ? why(program, bug).text
          : `It happens because ${wentFirst} was over when the IOMMU registered.`,
    };
  }
}

/** How many executions are looked at for one of fewer preemptions, once there is one. */
const enough = 256;

/** What was seen at the end is a property that fell, if anything fell. */
const rank = ['property' as const, ...bugKinds.filter((kind) => kind !== 'property')];
