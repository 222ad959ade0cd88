import type { Mini } from './mini.ts';
import { conflict, type Event, MiniMachine } from './mini-machine.ts';

/** What is true of a program, found by trying everything. */
export interface Truth {
  /** The classes of complete executions, by signature, each with its fewest preemptions. */
  readonly classes: ReadonlyMap<string, number>;
  readonly deadlocks: number;
  /** For each fingerprint: in how many classes it happens, and the cheapest way there. */
  readonly failures: ReadonlyMap<string, { classes: number; cost: Cost }>;
}

/** Preemptions, switches, events. */
export type Cost = readonly [number, number, number];

/** One event: the task that makes it, and the way it goes. */
export type Move = readonly [task: number, way: number];

interface Prefix {
  readonly schedule: readonly Move[];
  readonly last: number;
  readonly preemptions: number;
  readonly switches: number;
}

/**
 * Every interleaving of a program, prefixes merged when they order all conflicting events alike.
 * Knows nothing of the search it is compared with: it walks level by level, keeping for each class
 * of prefixes and each task that ran last the cheapest way to get there.
 *
 * @returns null when there are more than `limit` classes of prefixes
 */
export function truthAbout(mini: Mini, limit: number): Truth | null {
  const classes = new Map<string, number>();
  const failures = new Map<string, { classes: number; cost: Cost }>();
  let deadlocks = 0;
  let seen = 0;
  let level = new Map<string, Prefix>([
    ['', { schedule: [], last: -1, preemptions: 0, switches: 0 }],
  ]);
  for (let length = 0; level.size > 0; length++) {
    const nextLevel = new Map<string, Prefix>();
    for (const prefix of level.values()) {
      if (++seen > limit) return null;
      const { last, preemptions, switches } = prefix;
      const machine = rerun(mini, prefix.schedule);
      const enabled = machine.enabled;
      for (const { id, event } of machine.failures)
        if (event === length - 1) keepCheapest(failures, id, [preemptions, switches, length]);
      if (enabled.length === 0) {
        const before = machine.failures.length;
        machine.finish();
        const signature = signatureOf(machine.events);
        for (const { id } of machine.failures.slice(before))
          keepCheapest(failures, id, [preemptions, switches, length]);
        if (!classes.has(signature)) {
          if (machine.failures.some(({ id }) => id.startsWith('deadlock:'))) deadlocks++;
          for (const id of new Set(machine.failures.map((failure) => failure.id))) {
            const failure = failures.get(id);
            if (failure !== undefined) failure.classes++;
          }
        }
        classes.set(
          signature,
          Math.min(classes.get(signature) ?? Number.POSITIVE_INFINITY, preemptions),
        );
        continue;
      }
      const moves = enabled.flatMap((task) =>
        Array.from({ length: machine.ways(task) }, (_, way) => [task, way] as const),
      );
      for (const move of moves) {
        const [task] = move;
        const switched = last >= 0 && last !== task;
        const next: Prefix = {
          schedule: [...prefix.schedule, move],
          last: task,
          preemptions: preemptions + (switched && enabled.includes(last) ? 1 : 0),
          switches: switches + (switched ? 1 : 0),
        };
        const key = `${signatureOf(rerun(mini, next.schedule).events)}#${task}`;
        const known = nextLevel.get(key);
        if (known === undefined || isCheaper(next, known)) nextLevel.set(key, next);
      }
    }
    level = nextLevel;
  }
  return { classes, deadlocks, failures };
}

export function rerun(mini: Mini, schedule: readonly Move[]): MiniMachine {
  const machine = new MiniMachine(mini);
  for (const [task, way] of schedule) machine.step(task, way);
  return machine;
}

function isCheaper(a: Prefix, b: Prefix): boolean {
  return (
    a.preemptions - b.preemptions < 0 ||
    (a.preemptions === b.preemptions && a.switches < b.switches)
  );
}

function keepCheapest(
  failures: Map<string, { classes: number; cost: Cost }>,
  id: string,
  cost: Cost,
): void {
  const known = failures.get(id);
  if (known === undefined) {
    failures.set(id, { classes: 0, cost });
    return;
  }
  const difference = cost.map((value, i) => value - (known.cost[i] ?? 0)).find((d) => d !== 0) ?? 0;
  if (difference < 0) known.cost = cost;
}

/** For each task its events, and for each of these how far it comes after conflicting events of others. */
export function signatureOf(events: readonly Event[]): string {
  const byTask: string[][] = [];
  const ordinals: number[] = [];
  events.forEach((event, i) => {
    byTask[event.task] ??= [];
    const own = byTask[event.task] ?? [];
    ordinals[i] = own.length + 1;
    const after: number[] = [];
    for (let j = 0; j < i; j++) {
      const other = events[j];
      if (other !== undefined && other.task !== event.task && conflict(other, event))
        after[other.task] = ordinals[j] ?? 0;
    }
    own.push(`${event.kind} ${event.what}(${after.map((n, task) => `${task}:${n}`).join()})`);
  });
  return Array.from(byTask, (own) => own?.join('; ') ?? '').join(' | ');
}
