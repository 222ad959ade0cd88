import { Beginning } from '../program/checks/beginning.ts';
import { checkProgram } from '../program/checks/check-program.ts';
import { Names } from '../program/names.ts';
import type { Program } from '../program/program.ts';
import { Execution, maxTasksLimit } from './execution.ts';

/** Setup is run to count them, once. */
const widths = new WeakMap<Program, number>();

/**
 * How many tasks to make room for.
 *
 * @param beginning takes down what the program begins with, where setup is run to know
 */
export function widthOf(program: Program, beginning: Beginning = new Beginning()): number {
  checkProgram(program);
  if (program.maxTasks !== undefined) return Math.min(program.maxTasks, maxTasksLimit);
  let width = widths.get(program);
  if (width === undefined) {
    const { start } = new Execution(program, new Names(beginning), maxTasksLimit);
    width = Math.min(start.tasks.length + 8, maxTasksLimit);
    widths.set(program, width);
  }
  return width;
}
