import type { Cell } from './cell.ts';
import type { Access } from './shared.ts';
import type { TaskState } from './task.ts';

/**
 * Report two accesses that nothing but luck kept apart. As in KCSAN: different tasks, at least one
 * write, at least one of the two plain, and no lock, thread start, join or atomic read-modify-write
 * that orders them. Plain accesses to a cell are otherwise taken to be single-copy atomic.
 */
export function checkRace<T>(
  cell: Cell<T>,
  task: TaskState,
  writes: boolean,
  marked: boolean,
): void {
  const access: Access = {
    task,
    time: task.sync[task.index] ?? 0,
    marked,
    functionName: task.functionName(),
  };
  const lastWrite = cell.lastAccess;
  if (lastWrite !== null) compare(cell, lastWrite, true, access, writes);
  if (!writes) {
    const known = cell.readers.findIndex(
      (reader) => reader.task === task && (reader.marked || !marked),
    );
    if (known >= 0) cell.readers[known] = access;
    else cell.readers.push(access);
    return;
  }
  for (const reader of cell.readers) compare(cell, reader, false, access, true);
  cell.readers.length = 0;
  cell.lastAccess = access;
}

function compare<T>(
  cell: Cell<T>,
  first: Access,
  firstWrites: boolean,
  second: Access,
  secondWrites: boolean,
): void {
  const { task } = second;
  if (first.task === task || (first.marked && second.marked)) return;
  if (first.time <= (task.sync[first.task.index] ?? 0)) return;
  const functions = [first.functionName, second.functionName].sort();
  cell.world.fail({
    kind: 'data-race',
    function: functions.join(' / '),
    object: cell.className,
    message:
      `${text(second, secondWrites)} of ${cell.text} by ${task.name} is not ordered with ` +
      `the ${text(first, firstWrites)} by ${first.task.name}`,
    task: task.index,
  });
}

function text(access: Access, writes: boolean): string {
  return `${access.marked ? 'marked' : 'plain'} ${writes ? 'write' : 'read'} in ${access.functionName}()`;
}
