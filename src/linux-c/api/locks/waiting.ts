import type { Task } from '../../../explore/index.ts';
import { Pointer, type Scalar, type Thread, type Variable } from '../../../llvm/index.ts';
import { type ByName, returning } from '../../by-hand.ts';
import type { Structs } from '../../structs.ts';

/** How many tasks may sleep: those of a scenario, and the work that they queue. */
const mostTasks = 16;

const TASK_RUNNING = 0;

/**
 * Who runs, and sleeping until somebody wakes. Nobody waits on a wait queue: doing so is an error, since
 * waking is nothing.
 */
export function waiting(structs: Structs): ByName {
  const tasks: Variable[] = [];
  for (let i = 0; i < mostTasks; i++)
    tasks.push(structs.make(`task ${i}`, 'task_struct', { 'usage.refs.counter': 1 }));
  const { offset, size } = structs.field('task_struct', '__state');
  const current = ({ memory, world }: Thread): Variable =>
    tasks[world.running?.index ?? 0] ?? memory.fail(`more than ${mostTasks} tasks`);

  /** The loop around it looks again whenever it goes on. */
  function* schedule(thread: Thread): Task<Scalar> {
    yield* thread.memory.wait(current(thread).at(offset), size, (state) => state === TASK_RUNNING);
    return 0;
  }

  /** Returns whether it slept. */
  function* wake(thread: Thread, task: Scalar): Task<Scalar> {
    const at = task instanceof Pointer ? task.memory.at(task.offset + offset) : task;
    const before = yield* thread.memory.update(at, size, TASK_RUNNING, (_before, next) => next);
    return before === TASK_RUNNING ? 0 : 1;
  }

  return {
    *get_current(thread) {
      return current(thread).at(0);
    },
    schedule,
    wake_up_process: wake,
    __wake_up: returning(0),
  };
}
