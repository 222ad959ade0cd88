import { ask, checkUnchanged } from '../program/checks/check-program.ts';
import type { Failure } from '../program/failure.ts';
import { Cell, Until } from '../program/objects/cell.ts';
import { Struct } from '../program/objects/heap.ts';
import { type Lock, LockOperation } from '../program/objects/lock.ts';
import { lockOrderFailures } from '../program/objects/lock-order.ts';
import { Spin } from '../program/objects/spin.ts';
import { sometimesOf, titleOfProperty } from '../program/program.ts';
import { Join } from '../program/spawn.ts';
import type { TaskState } from '../program/task.ts';
import { describeValue } from '../program/text.ts';
import type { World } from '../program/world.ts';
import type { Execution } from './execution.ts';
import { leaked } from './leak.ts';

/** Judge the end of an execution, when no task can make a step any more. */
export function judgeEnd(execution: Execution): readonly Failure[] {
  const { world, start, tasks } = execution;
  let crashed = false;
  let blocked = false;
  let isInVain = world.isOver;
  for (const task of tasks) {
    if (task === undefined) continue;
    if (task.status === 'crashed') crashed = true;
    if (task.pending === null) continue;
    blocked = true;
    if (task.pending.isInVain) isInVain = true;
  }
  // A crashed task leaves locks and memory behind: nothing to blame the other tasks for.
  if (!crashed && blocked && !isInVain) reportDeadlock(execution);
  if (!crashed && !blocked) judgeFinalState(execution);
  if (world.lockEdges !== null && world.lockEdges.length > 1)
    world.tell(...lockOrderFailures(world.lockEdges));
  for (const [name, property] of sometimesOf(start))
    if (ask(property, world) === true) world.reach(name);
  return world.failures;
}

/** Whether a task has said so, or waits in vain. */
export function isOfNoInterest({ abandons, pending, status }: TaskState): boolean {
  return pending === null ? status === 'crashed' && abandons : pending.isInVain;
}

function reportDeadlock(execution: Execution): void {
  const waiting = execution.blocked();
  const waits = waiting.map((task) => {
    const { pending } = task;
    if (pending instanceof Join) return `${task.name} waits for ${pending.target.name}`;
    if (pending instanceof Until)
      return `${task.name} waits for ${pending.cell.text}, which is ${describeValue(pending.cell.value)}`;
    if (pending instanceof Spin) return `${task.name} spins on ${pending.of.text}`;
    const lock = lockOf(task);
    return `${task.name} waits for ${lock?.text}, held by ${lock?.holder?.name ?? 'nobody'}`;
  });
  execution.world.fail({
    kind: 'deadlock',
    function: sortedNames(waiting.map((task) => task.functionName())),
    object: sortedNames(waiting.map((task) => waitsFor(task))),
    message: waits.join('; '),
    task: -1,
    event: 'end',
  });
}

/** What a task waits for that waits for the end of another one. */
export const joining = 'join';

/** By class, what a task waits for. */
function waitsFor(task: TaskState): string {
  const { pending } = task;
  return pending instanceof Until || pending instanceof Spin
    ? pending.subject()
    : (lockOf(task)?.className ?? joining);
}

function lockOf({ pending }: TaskState): Lock | null {
  return pending instanceof LockOperation ? pending.lock : null;
}

function judgeFinalState({ world, start }: Execution): void {
  for (const object of leaked(world)) {
    world.fail({
      kind: 'leak',
      function: object.madeBy,
      object: object.className,
      message: `${object.text}, allocated in ${object.madeBy}(), is lost: nothing points to it any more`,
      task: -1,
      event: 'end',
    });
  }
  for (const balance of world.balances) {
    const imbalance = balance();
    if (imbalance !== null) world.fail({ ...imbalance, function: 'end', task: -1, event: 'end' });
  }
  const properties = (start.properties ?? []).filter(({ kind }) => kind === 'end');
  if (properties.length === 0) return;
  const cells = cellsOf(world);
  const before = cells.map(({ value }) => value);
  for (const property of properties) {
    const answer = ask(property, world);
    if (answer === true) continue;
    world.fail({
      kind: 'property',
      function: property.name,
      object: 'end',
      title: titleOfProperty(property),
      message: typeof answer === 'string' ? answer : `does not hold at the end: ${property.name}`,
      task: -1,
      event: 'end',
    });
  }
  cells.forEach((cell, i) => {
    checkUnchanged(cell, before[i]);
  });
}

/** The cells that live as long as the world. */
function cellsOf({ roots }: World): Cell<unknown>[] {
  const cells: Cell<unknown>[] = [];
  for (const root of roots)
    if (root instanceof Cell) cells.push(root);
    else if (root instanceof Struct) for (const cell of root.cells) cells.push(cell);
  return cells;
}

function sortedNames(names: readonly string[]): string {
  return [...new Set(names)].sort().join(' / ');
}
