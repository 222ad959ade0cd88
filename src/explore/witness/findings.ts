import type { Execution } from '../execution/execution.ts';
import type { Run } from '../execution/run.ts';
import type { WorldsKind } from '../execution/worlds.ts';
import { type BugKind, bugKinds, type Failure } from '../program/failure.ts';
import type { Names } from '../program/names.ts';
import type { Program } from '../program/program.ts';
import { cheapestWithFewPreemptions, type Named } from './cheapest/few-preemptions.ts';
import { cheapestOf, mergedVariants, mostVariants, type Variant } from './cheapest/variants.ts';
import {
  asItHappened,
  cannotBeat,
  type Goal,
  type Linearization,
  Linearizer,
} from './cheapest/witness.ts';
import { States } from './cheapest/witness-states.ts';
import { originOf } from './origin.ts';
import type { Outcome } from './outcome.ts';

/** The same bug has the same fingerprint in every execution, and in every version it survives. */
export function fingerprint(failure: Pick<Failure, 'kind' | 'function' | 'object'>): string {
  return `${failure.kind}:${failure.function}:${failure.object}`
    .replaceAll(' / ', '+')
    .replaceAll(' ', '-');
}

/** One bug, and the cheapest way to it so far. */
export interface Found {
  readonly id: string;
  readonly kind: BugKind;
  readonly function: string;
  readonly object: string;
  best: Linearization | null;
  /** The ways for it to come about that were told apart. */
  readonly variants: Variant[];
  /** In how many classes of executions it happens. */
  classes: number;
  /** The last class it was counted in. */
  lastClass: number;
  /** The cheapest way is known, and nothing better needs to be looked for. */
  readonly settled: boolean;
  /** No cheaper way was missed because looking for it would have taken too long. */
  minimal: boolean;
}

/** Findings as plain data. */
export interface SavedFindings {
  readonly classes: number;
  readonly failing: number;
  readonly found: readonly Found[];
  readonly settled: readonly (readonly [name: string, best: Linearization])[];
  readonly outcomes: readonly (readonly [kinds: number, classes: number])[];
  readonly reached: readonly string[];
  readonly histogram: readonly number[];
}

/** Beside the kinds of what went wrong in an execution: that it is of no interest. */
const abandoned = 1 << bugKinds.length;
/** In how many classes witnesses are looked for one by one before all are looked for at once. */
const patience = 100;
/** How many executions that may take. */
const mostExecutions = 2000;

export interface FindingsOptions {
  readonly ignore?: readonly BugKind[] | undefined;
  readonly histogram?: boolean | undefined;
  /** Where other executions are looked at. */
  readonly worlds?: WorldsKind | undefined;
}

/** What a search has found so far: bugs by fingerprint, and how executions ended. */
export class Findings {
  readonly #ignored: ReadonlySet<BugKind>;
  readonly #wantHistogram: boolean;
  readonly #worlds: WorldsKind;
  readonly #byName = new Map<string, Found>();
  readonly #races: Found[] = [];
  readonly #outcomes = new Map<number, number>();
  readonly #reached = new Set<string>();
  /** Classes by the fewest preemptions that any of their members needs. */
  readonly histogram: number[] = [];
  #classes = 0;
  #linearizer: Linearizer | null = null;
  readonly #states = new States();

  readonly #program: Program;
  readonly #width: number;
  /** How many classes something goes wrong in. */
  #failing = 0;
  /** What the numbers of tasks in schedules mean. */
  readonly names: Names;
  /** Bugs by name whose cheapest witness is known from executions with few preemptions. */
  #settled: ReadonlyMap<string, Linearization> = new Map();
  /** How many preemptions the others need at least. */
  #least = 0;

  constructor(
    program: Program,
    width: number,
    names: Names,
    { ignore = [], histogram = false, worlds = 'fresh' }: FindingsOptions = {},
  ) {
    this.#program = program;
    this.#width = width;
    this.names = names;
    this.#ignored = new Set(ignore);
    this.#wantHistogram = histogram;
    this.#worlds = worlds;
  }

  get bugs(): Found[] {
    return [...this.#byName.values()];
  }

  /** Names of the `sometimes` properties that held at the end of some execution. */
  get reached(): ReadonlySet<string> {
    return this.#reached;
  }

  /** How many classes showed which kinds of bugs; no kinds at all is a clean one. */
  get outcomes(): Outcome['outcomes'] {
    return [...this.#outcomes]
      .sort(([a], [b]) => a - b)
      .map(([mask, classes]) => ({
        kinds: bugKinds.filter((_, i) => (mask & (1 << i)) !== 0),
        ...((mask & abandoned) !== 0 && { abandoned: true as const }),
        classes,
      }));
  }

  /** Whether any of these failures has not been seen before. */
  areNew(failures: readonly Failure[]): boolean {
    return failures.some(
      ({ kind, function: name, object }) =>
        !this.#ignored.has(kind) && !this.#byName.has(nameOf(kind, name, object)),
    );
  }

  /** Take note of one execution. Its failures are those of all executions of its class. */
  add(run: Run, execution: Execution, failures: readonly Failure[]): void {
    this.#classes++;
    this.#linearizer = null;
    const races = run.dataRaces.count > 0 && !this.#ignored.has('data-race');
    if (races || failures.some(({ kind }) => !this.#ignored.has(kind))) this.#countFailing(1);
    if (execution.world.reached.size > 0)
      for (const name of execution.world.reached) this.#reached.add(name);
    let kinds = execution.isAbandoned ? abandoned : 0;
    for (const failure of failures) {
      if (this.#ignored.has(failure.kind)) continue;
      kinds |= 1 << bugKinds.indexOf(failure.kind);
      this.#addFailure(run, execution, failure);
    }
    if (races) {
      kinds |= 1 << bugKinds.indexOf('data-race');
      this.#addRaces(run, execution);
    }
    this.#outcomes.set(kinds, (this.#outcomes.get(kinds) ?? 0) + 1);
    if (this.#wantHistogram) this.#addToHistogram(run, execution);
    this.#linearizer = null;
  }

  #addFailure(run: Run, execution: Execution, failure: Failure): void {
    const { event, after } = failure;
    const found = this.#find(failure);
    this.#count(found);
    if (event === -1) {
      found.best = { cost: { preemptions: 0, switches: 0, steps: 0 }, schedule: [], ways: [] };
      return;
    }
    const way = this.#variantOf(found, originOf(run, failure));
    const cost = way.best?.cost;
    if (event !== 'end' && cost !== undefined)
      if (cannotBeat(cost, run.tasksBefore(event), run.eventsBefore(event), this.#least)) return;
    this.#improve(run, execution, found, event === 'end' ? 'end' : (after ?? [event]), way);
  }

  /** The way in which a bug has come about here; the bug itself where nothing can be told. */
  #variantOf(found: Found, origin: string): Found | Variant {
    if (origin === '') return found;
    const { variants } = found;
    const known = variants.find((variant) => variant.origin === origin);
    if (known !== undefined) return known;
    // Bounded: what comes later is not told apart any more.
    if (variants.length === mostVariants) return variants.at(-1) as Variant;
    const best = this.#settled.get(variantName(found, origin)) ?? null;
    const variant = { origin, best, settled: best !== null };
    variants.push(variant);
    return variant;
  }

  #addRaces(run: Run, execution: Execution): void {
    const { dataRaces } = run;
    for (let i = 0; i < dataRaces.count; i++) {
      const found = this.#race(run, dataRaces.classOf[i] as number);
      this.#count(found);
      const cost = found.best?.cost;
      if (cost !== undefined)
        if (
          cannotBeat(cost, dataRaces.tasks[i] as number, dataRaces.events[i] as number, this.#least)
        )
          continue;
      this.#improve(run, execution, found, [dataRaces.second[i] as number]);
    }
  }

  #improve(
    run: Run,
    execution: Execution,
    found: Found,
    goal: Goal,
    way: Found | Variant = found,
  ): void {
    if (way.settled) return;
    this.#linearizer ??= new Linearizer(run, execution, this.#states);
    const better = this.#linearizer.cheapest(goal, way.best?.cost ?? null);
    if (better !== null) way.best = better;
    else way.best ??= asItHappened(run, goal);
    if (way !== found && !found.settled) found.best = cheapestOf(found.best, way);
    if (this.#linearizer.gaveUp) found.minimal = false;
  }

  #countFailing(classes: number): void {
    const before = this.#failing;
    this.#failing += classes;
    if (before <= patience && this.#failing > patience && this.#settled.size === 0) this.#settle();
  }

  /** Look at all executions with at most one preemption, once. */
  #settle(): void {
    const name = (run: Run, failure: Named): string[] => {
      const bug = nameOf(failure.kind, failure.function, failure.object);
      const origin = originOf(run, failure);
      return origin === '' ? [bug] : [bug, variantName(failure, origin)];
    };
    const few = this.#few(1, name) ?? this.#few(0, name);
    if (few === null) return;
    this.#least = few.most + 1;
    this.#take(few.settled);
  }

  /** Witnesses that are known from executions with few preemptions are those of all that was found. */
  #take(settled: ReadonlyMap<string, Linearization>): void {
    this.#settled = settled;
    for (const [key, found] of this.#byName) {
      const variants = found.variants.map((variant) => {
        const best = this.#settled.get(variantName(found, variant.origin));
        return best === undefined ? variant : { ...variant, best, settled: true };
      });
      const best = this.#settled.get(key);
      const settled = best === undefined ? {} : { best, settled: true };
      this.#byName.set(key, { ...found, variants, ...settled });
    }
    this.#races.length = 0;
  }

  #few(
    most: 0 | 1,
    name: (run: Run, failure: Named) => string[],
  ): { readonly most: number; readonly settled: ReadonlyMap<string, Linearization> } | null {
    const settled = cheapestWithFewPreemptions(
      this.#program,
      this.names,
      { limit: mostExecutions, most, width: this.#width, worlds: this.#worlds },
      name,
    );
    return settled === null ? null : { most, settled };
  }

  #addToHistogram(run: Run, execution: Execution): void {
    this.#linearizer ??= new Linearizer(run, execution, this.#states);
    const least = this.#linearizer.cheapest('end', null)?.cost.preemptions ?? 0;
    while (this.histogram.length <= least) this.histogram.push(0);
    this.histogram[least] = (this.histogram[least] as number) + 1;
  }

  #count(found: Found): void {
    if (found.lastClass === this.#classes) return;
    found.lastClass = this.#classes;
    found.classes++;
  }

  /** What is known, to begin with somewhere else: the bugs, but not how often they happened. */
  fork(): SavedFindings {
    const found = this.bugs.map((bug) => ({ ...copyOf(bug), classes: 0, lastClass: -1 }));
    return {
      ...this.save(),
      classes: 0,
      failing: 0,
      found,
      outcomes: [],
      reached: [],
      histogram: [],
    };
  }

  /** Add what was found elsewhere, after a {@link fork}. Of witnesses as cheap ours stay. */
  merge(other: SavedFindings): void {
    this.#classes += other.classes;
    for (const theirs of other.found) {
      const name = nameOf(theirs.kind, theirs.function, theirs.object);
      const ours = this.#byName.get(name);
      this.#byName.set(name, {
        ...theirs,
        lastClass: -1,
        best: ours?.settled === true ? ours.best : cheapestOf(ours?.best ?? null, theirs),
        variants: mergedVariants(ours?.variants ?? [], theirs.variants),
        classes: (ours?.classes ?? 0) + theirs.classes,
        settled: theirs.settled || ours?.settled === true,
        minimal: theirs.minimal && ours?.minimal !== false,
      });
    }
    // Whoever of the two came to that point first, the other one has found bugs without it.
    const settled = this.#settled.size > 0 ? this.#settled : new Map(other.settled);
    if (settled.size > 0) this.#take(settled);
    this.#races.length = 0;
    this.#countFailing(other.failing);
    for (const [kinds, classes] of other.outcomes)
      this.#outcomes.set(kinds, (this.#outcomes.get(kinds) ?? 0) + classes);
    for (const name of other.reached) this.#reached.add(name);
    other.histogram.forEach((classes, preemptions) => {
      this.histogram[preemptions] = (this.histogram[preemptions] ?? 0) + classes;
    });
  }

  save(): SavedFindings {
    return {
      classes: this.#classes,
      failing: this.#failing,
      found: this.bugs.map(copyOf),
      settled: [...this.#settled],
      outcomes: [...this.#outcomes],
      reached: [...this.#reached],
      histogram: [...this.histogram],
    };
  }

  restore(saved: SavedFindings): void {
    this.#classes = saved.classes;
    this.#failing = saved.failing;
    this.#settled = new Map(saved.settled);
    for (const found of saved.found)
      this.#byName.set(nameOf(found.kind, found.function, found.object), copyOf(found));
    for (const [kinds, classes] of saved.outcomes) this.#outcomes.set(kinds, classes);
    for (const name of saved.reached) this.#reached.add(name);
    this.histogram.push(...saved.histogram);
  }

  #find({ kind, function: name, object }: Pick<Failure, 'kind' | 'function' | 'object'>): Found {
    const key = nameOf(kind, name, object);
    let found = this.#byName.get(key);
    if (found === undefined) {
      const id = fingerprint({ kind, function: name, object });
      const settled = this.#settled.get(key) ?? null;
      found = {
        id,
        kind,
        function: name,
        object,
        best: settled,
        variants: [],
        settled: settled !== null,
        classes: 0,
        lastClass: -1,
        minimal: true,
      };
      this.#byName.set(key, found);
    }
    return found;
  }

  /** The bug that is data races of one kind. */
  #race(run: Run, number: number): Found {
    let found = this.#races[number];
    if (found === undefined) {
      const names = run.dataRaces.classes[number] as { function: string; object: string };
      found = this.#find({ kind: 'data-race', ...names });
      this.#races[number] = found;
    }
    return found;
  }
}

/** A copy that can be changed by itself. */
function copyOf(found: Found): Found {
  return { ...found, variants: found.variants.map((variant) => ({ ...variant })) };
}

function nameOf(kind: BugKind, name: string, object: string): string {
  return `${kind}:${name}:${object}`;
}

function variantName(
  { kind, function: name, object }: Pick<Found, 'kind' | 'function' | 'object'>,
  origin: string,
): string {
  return `${nameOf(kind, name, object)}\n${origin}`;
}
