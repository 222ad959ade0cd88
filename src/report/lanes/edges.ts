import type { TraceStep } from '../../explore/index.ts';

/** Step `from` of one task comes before step `to` of another, and could not come after it unnoticed. */
export interface Edge {
  readonly from: number;
  readonly to: number;
}

/**
 * What orders the steps of different tasks: two accesses to one place of which at least one writes,
 * locks or frees; the start of a task; its end. Edges that follow from others and from the order
 * within the tasks are left out, so there are as few as there can be.
 *
 * Places are told apart by their names in the trace. Writes to two cells that one property watches
 * are ordered too, but a trace does not say which those are: such edges are missing.
 *
 * @param shown the steps to look at; without it, all. The edges are those among these steps alone.
 */
export function edgesOf(
  steps: readonly TraceStep[],
  tasks: readonly string[],
  shown?: readonly boolean[],
): Edge[] {
  const order = new Order();
  const places = new Places();
  const lives = new Lives(steps, tasks);
  steps.forEach((step, i) => {
    if (step.op === 'call' || step.op === 'return' || shown?.[i] === false) return;
    order.add(step.task, i, [...lives.before(step, i), ...places.before(step, i)]);
  });
  return order.edges;
}

/** For each task, how many of its steps come before a step. */
type Clock = ReadonlyMap<number, number>;

/** The order of the steps so far. */
class Order {
  readonly edges: Edge[] = [];
  readonly #steps = new Map<number, { readonly task: number; readonly clock: Clock }>();
  /** By task: the clock of its last step. */
  readonly #last = new Map<number, Clock>();

  /** Step `i` of `task` comes after those of its task, and after the steps `before`. */
  add(task: number, i: number, before: readonly number[]): void {
    const clock = new Map(this.#last.get(task));
    // The latest first: an earlier one may come before it, but never after.
    for (const from of before.toSorted((a, b) => b - a)) {
      const other = this.#steps.get(from);
      if (other === undefined || other.task === task) continue;
      if ((clock.get(other.task) ?? 0) >= (other.clock.get(other.task) ?? 0)) continue;
      this.edges.push({ from, to: i });
      for (const [key, count] of other.clock) clock.set(key, Math.max(count, clock.get(key) ?? 0));
    }
    clock.set(task, (clock.get(task) ?? 0) + 1);
    this.#steps.set(i, { task, clock });
    this.#last.set(task, clock);
  }
}

/** Who touched what last. */
class Places {
  readonly #lastWrite = new Map<string, number>();
  readonly #freed = new Map<string, number>();
  /** By place, the last read of each task since it was written. */
  readonly #reads = new Map<string, Map<number, number>>();
  /** By object, the last use of it or of a part of it by each task. */
  readonly #uses = new Map<string, Map<number, number>>();

  /** The steps that step `i` depends on by what it touches. */
  before({ op, task, target, value }: TraceStep, i: number): number[] {
    const writes = op === 'write' || op === 'unlock' || (op === 'lock' && value !== 'busy');
    const reads = op === 'read' || op === 'lock';
    if (op === 'free') return this.#free(target, task, i);
    if (!writes && !reads) return [];
    const object = target.split('->')[0] ?? target;
    const before = [this.#lastWrite.get(target), this.#freed.get(object)];
    if (writes) {
      before.push(...(this.#reads.get(target)?.values() ?? []));
      this.#lastWrite.set(target, i);
      this.#reads.delete(target);
    } else {
      remember(this.#reads, target, task, i);
    }
    remember(this.#uses, object, task, i);
    return before.filter((from) => from !== undefined);
  }

  #free(object: string, task: number, i: number): number[] {
    if (object === 'NULL') return [];
    const before = [...(this.#uses.get(object)?.values() ?? [])];
    this.#freed.set(object, i);
    remember(this.#uses, object, task, i);
    return before;
  }
}

function remember(
  times: Map<string, Map<number, number>>,
  key: string,
  task: number,
  i: number,
): void {
  const known = times.get(key);
  if (known === undefined) times.set(key, new Map([[task, i]]));
  else known.set(task, i);
}

/** Tasks that are started and waited for. */
class Lives {
  readonly #tasks: readonly string[];
  /** By step that starts a task: the task. */
  readonly #starts = new Map<number, number>();
  /** By task that was started and has not made a step yet: the step that started it. */
  readonly #fresh = new Map<number, number>();
  readonly #last = new Map<number, number>();

  constructor(steps: readonly TraceStep[], tasks: readonly string[]) {
    this.#tasks = tasks;
    const spawns = new Map<string, number[]>();
    steps.forEach(({ op, target }, i) => {
      if (op === 'spawn') spawns.set(target, [...(spawns.get(target) ?? []), i]);
    });
    for (const [name, where] of spawns) {
      // Tasks are numbered in the order they start: those that nobody started come first.
      this.#called(name)
        .slice(-where.length)
        .forEach((task, nth) => {
          this.#starts.set(where[nth] ?? -1, task);
        });
    }
  }

  /** The tasks of this name: a trace calls the second one `name #2`. */
  #called(name: string): number[] {
    return this.#tasks.flatMap((task, i) => {
      const rest = task.startsWith(name) ? task.slice(name.length) : null;
      return rest === '' || (rest !== null && /^ #\d+$/.test(rest)) ? [i] : [];
    });
  }

  /** The steps that step `i` depends on by the start or the end of a task. */
  before({ task, op, target }: TraceStep, i: number): number[] {
    const before: number[] = [];
    const start = this.#fresh.get(task);
    if (start !== undefined) before.push(start);
    this.#fresh.delete(task);
    const child = this.#starts.get(i);
    if (child !== undefined) this.#fresh.set(child, i);
    if (op === 'join') {
      const [other, ...namesakes] = this.#called(target);
      // Of several tasks with one name, a trace does not say which is waited for.
      const last = other === undefined || namesakes.length > 0 ? null : this.#last.get(other);
      if (typeof last === 'number') before.push(last);
    }
    this.#last.set(task, i);
    return before;
  }
}
