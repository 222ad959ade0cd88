import { widthOf } from '../../execution/width.ts';
import { dependent, type Footprint } from '../../program/dependence.ts';
import { Names } from '../../program/names.ts';
import type { Program } from '../../program/program.ts';
import { runInOrder } from '../replay/ran.ts';

/**
 * What several tasks touch, at least one of them to change it, by class; as far as executions show in
 * which tasks go one after the other, each the first in one of them.
 */
export function sharedIn(program: Program): ReadonlySet<string> {
  const width = widthOf(program);
  const names = new Names();
  /** By what was touched and how: by which tasks, and what it is called. */
  const touched = new Map<Footprint, { tasks: number; readonly subject: string }>();
  for (let first = 0, tasks = 1; first < tasks; first++) {
    const { run, execution } = runInOrder(program, width, names, { tasks: [first], ways: [] });
    if (first === 0) tasks = execution.start.tasks.length;
    for (let event = 0; event < run.length; event++) {
      const foot = run.foot[event] as Footprint;
      const known = touched.get(foot) ?? {
        tasks: 0,
        subject: run.operation[event]?.subject() ?? '',
      };
      known.tasks |= 1 << (run.task[event] as number);
      touched.set(foot, known);
    }
    execution.dispose();
  }
  const shared = new Set<string>();
  const all = [...touched];
  for (const [a, one] of all) {
    for (const [b, other] of all) {
      const both = one.tasks | other.tasks;
      if ((both & (both - 1)) !== 0 && dependent(names, a, b)) shared.add(one.subject);
    }
  }
  return shared;
}
