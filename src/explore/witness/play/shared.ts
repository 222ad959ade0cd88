import type { Execution } from '../../execution/execution.ts';
import type { Run } from '../../execution/run.ts';
import { widthOf } from '../../execution/width.ts';
import { dependent, type Footprint, kindOf } from '../../program/dependence.ts';
import { Names } from '../../program/names.ts';
import { effectOf, READ } from '../../program/op.ts';
import type { Program } from '../../program/program.ts';
import type { TaskState } from '../../program/task.ts';
import { runInOrder } from '../replay/ran.ts';

/** Which tasks touch something, by class, and whether one only reads it. */
type Touched = Map<string, Map<string, { isRead: boolean }>>;

/**
 * What tasks touch that others touch, too, as far as anybody has seen: in executions in which tasks go one
 * after the other, each the first in one of them, and in one that is under way. Of what nobody has
 * touched in any of them nothing is known: it may be shared.
 */
export class Shared {
  readonly #touched: Touched = new Map();
  /** What conflicts although it is called otherwise, as an object that is freed. */
  readonly #conflicting = new Set<string>();

  constructor(program: Program) {
    const width = widthOf(program);
    const names = new Names();
    /** By what was touched and how: by which tasks, and what it is called. */
    const all = new Map<Footprint, { tasks: number; readonly subject: string }>();
    for (let first = 0, tasks = 1; first < tasks; first++) {
      const { run, execution } = runInOrder(program, width, names, { tasks: [first], ways: [] });
      if (first === 0) tasks = execution.start.tasks.length;
      for (let event = 0; event < run.length; event++) {
        const foot = run.foot[event] as Footprint;
        const known = all.get(foot) ?? {
          tasks: 0,
          subject: run.operation[event]?.subject() ?? '',
        };
        known.tasks |= 1 << (run.task[event] as number);
        all.set(foot, known);
      }
      note(this.#touched, run, execution, 0);
      execution.dispose();
    }
    for (const [a, one] of all) {
      for (const [b, other] of all) {
        const both = one.tasks | other.tasks;
        if ((both & (both - 1)) !== 0 && dependent(names, a, b)) this.#conflicting.add(one.subject);
      }
    }
  }

  /** Whether another task touches what a task would touch next, and one of them changes it; or nobody knows. */
  has({ pending, name }: TaskState, met: Met): boolean {
    if (pending === null) return false;
    const subject = pending.subject();
    const seen = [this.#touched.get(subject), met.touched.get(subject)];
    if (this.#conflicting.has(subject) || seen[0] === undefined) return true;
    const isRead = effectOf(pending) === READ;
    return seen.some((tasks) =>
      [...(tasks ?? [])].some(([other, how]) => other !== name && !(isRead && how.isRead)),
    );
  }
}

/** What is touched in an execution that is under way. */
export class Met {
  readonly touched: Touched = new Map();
  #events = 0;

  /** Take note of what has happened since the last time. */
  goOn(run: Run, execution: Execution): this {
    note(this.touched, run, execution, this.#events);
    this.#events = run.length;
    return this;
  }
}

function note(touched: Touched, run: Run, execution: Execution, from: number): void {
  for (let event = from; event < run.length; event++) {
    const subject = run.operation[event]?.subject() ?? '';
    const name = execution.tasks[run.task[event] as number]?.name ?? '';
    const isRead = kindOf(run.foot[event] as Footprint) === READ;
    const tasks = touched.get(subject) ?? new Map<string, { isRead: boolean }>();
    tasks.set(name, { isRead: isRead && tasks.get(name)?.isRead !== false });
    touched.set(subject, tasks);
  }
}
